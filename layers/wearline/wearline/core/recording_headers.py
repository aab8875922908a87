"""What the first kilobytes of a recording say of it, before anything is read or run.

    header = recording_header(lambda start, length: content[start : start + length], len(content))

A recording is known by its content, never by its name: Axivity .cwa (AX3, AX6), GENEActiv .bin
and ActiGraph .gt3x, whose header lies inside of a zip archive. At most `MOST_BYTES` are asked
for, in a few ranges. Of a device's fields only its model, serial number, firmware and start are
taken; names, birth dates and notes of a header stay where they are. What a header claims of its
size is ignored where the size itself tells. Tables (csv) and arrays (npz) name no device: `rows`
tells how many samples they hold. Standard library alone; no content makes it raise.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import xor
from typing import Literal, NamedTuple

MOST_BYTES = 65536
HEAD_BYTES = 8192

Range = Callable[[int, int], bytes]
"""The bytes of a file from a place on, of a length: fewer where it ends."""


HeaderFormat = Literal["axivity", "geneactiv", "gt3x"]


@dataclass(frozen=True, slots=True)
class RecordingHeader:
    """What a recording's header says, in the words of the quality record.

    `samples` are those that a reader will hold at most, or nearly so, by the size of the file;
    None where neither header nor size tells. Sampling rate in Hz. `start` is the first sample's
    time on the device's own clock, ISO 8601 to the nearest second, as the reader has it: a device
    that starts at midnight may put its first sample some hundredths before, on another day.
    """

    format: HeaderFormat
    device: str | None = None
    serial_number: str | None = None
    firmware: str | None = None
    hz: float | None = None
    has_gyro: bool = False
    samples: int | None = None
    start: str | None = None

    @property
    def duration_s(self) -> float | None:
        return self.samples / self.hz if self.hz and self.samples is not None else None


def recording_header(read: Range, size: int) -> RecordingHeader | None:
    """The header of a file of `size` bytes; None where the content is of no device known here.

    What `read` raises is passed on, but for errors of the operating system within an archive,
    where they cannot be told from content.
    """
    head = read(0, min(HEAD_BYTES, size)) if size else b""
    if head.startswith(b"PK"):
        return _actigraph(_RangeFile(read, size, head))
    if head.startswith(_AXIVITY) or head.startswith(_AXIVITY_BLOCK, _FIRST_BLOCK):
        return _axivity(head, size)
    if head.startswith(b"Device Identity"):
        return _geneactiv(head, size)
    return None


def _clock(begin: datetime, seconds: float = 0.0) -> str | None:
    """The nearest second; None where no calendar has it."""
    try:
        return (begin + timedelta(seconds=seconds + 0.5)).isoformat(timespec="seconds")
    except OverflowError:
        return None


def rows(read: Range, size: int, format_type: str) -> int | None:
    """How many samples a table (`csv`) or arrays (`npz`) of `size` bytes hold, or nearly so; None
    where that cannot be told, as for every other format.

    What `read` raises is passed on, as of `recording_header`.
    """
    if format_type == "csv":
        return _table_rows(read, size)
    if format_type == "npz":
        return _array_rows(_RangeFile(read, size, b""), size)
    return None


# ---- Axivity: cwa.h of the OpenMovement project

_AXIVITY, _AXIVITY_BLOCK = b"MD\xfc\x03", b"AX\xfc\x01"
_SECTOR, _FIRST_BLOCK = 512, 1024
_HARDWARE = {0x00: "AX3", 0x17: "AX3", 0xFF: "AX3", 0x64: "AX6"}
_PACKED_SAMPLES = 120
_SLOWEST = 6  # the rate code of 6.25 Hz


def _axivity(head: bytes, size: int) -> RecordingHeader:
    rate, packing, count = _first_block(head)
    known = RecordingHeader(
        format="axivity",
        has_gyro=packing >> 4 >= 6,
        hz=_axivity_hz(rate),
        samples=max(size - _FIRST_BLOCK, 0) // _SECTOR * count,
        start=_first_sample(head),
    )
    if not head.startswith(_AXIVITY) or len(head) < 64:
        return known
    hardware, device, upper = head[4], *struct.unpack_from("<H4xH", head, 5)
    return replace(
        known,
        device=_HARDWARE.get(hardware, "Axivity"),
        serial_number=str((0 if upper == 0xFFFF else upper) << 16 | device),
        firmware=str(head[41]),
        hz=_axivity_hz(head[36]),
        start=known.start or _clock_of(_packed_time(head, 13)),
    )


def _axivity_hz(rate: int | None) -> float | None:
    return None if rate is None else _rate(rate)


def _rate(code: int) -> float:
    return 3200 / (1 << (15 - (code & 0x0F)))


def _first_sample(head: bytes) -> str | None:
    """By the first whole block, which stamps one of its samples and says which."""
    for at in range(_FIRST_BLOCK, len(head) - _SECTOR + 1, _SECTOR):
        block = head[at : at + _SECTOR]
        if not block.startswith(_AXIVITY_BLOCK) or sum(struct.unpack("<256H", block)) & 0xFFFF:
            continue
        (rate, stamped), time = struct.unpack_from("<Bxh", block, 24), _packed_time(block, 14)
        if time is not None and rate & 0x0F >= _SLOWEST:
            return _clock(time, -stamped / _rate(rate))
    return None


def _packed_time(data: bytes, at: int) -> datetime | None:
    (stamp,) = struct.unpack_from("<I", data, at)
    day = (2000 + (stamp >> 26), stamp >> 22 & 0x0F, stamp >> 17 & 0x1F)
    try:
        return datetime(*day, stamp >> 12 & 0x1F, stamp >> 6 & 0x3F, stamp & 0x3F)  # noqa: DTZ001
    except ValueError:
        return None


def _clock_of(begin: datetime | None) -> str | None:
    return None if begin is None else _clock(begin)


def _first_block(head: bytes) -> tuple[int | None, int, int]:
    """Rate code, packing and samples of the first block; the most that a block holds without."""
    if not head.startswith(_AXIVITY_BLOCK, _FIRST_BLOCK) or len(head) < _FIRST_BLOCK + 30:
        return None, 0x30, _PACKED_SAMPLES
    rate, packing = struct.unpack_from("<BB", head, _FIRST_BLOCK + 24)
    axes = max(packing >> 4, 3)
    return rate, packing, _PACKED_SAMPLES if packing & 0x0F == 0 else 240 // axes


# ---- GENEActiv: "Decoding .bin files", GENEActiv instruction manual

_PAGE_SAMPLES, _SMALLEST_PAGE, _USUAL_PAGE = 300, 3600, 3820
_RATE = b"Measurement Frequency"


def _geneactiv(head: bytes, size: int) -> RecordingHeader:
    marks = [found.start() for found in re.finditer(rb"(?m)^Recorded Data", head)]
    about, first_page = (head[: marks[0]], head[marks[0] :]) if marks else (head, b"")
    page = max(marks[1] - marks[0] if len(marks) > 1 else _USUAL_PAGE, _SMALLEST_PAGE)
    rate = _line(first_page, _RATE) or _line(about, _RATE) or b""
    hz = re.match(rb"\d{1,4}(\.\d{1,9})?", rate)
    models = (_line(about, b"Device Type"), _line(about, b"Device Model"))
    return RecordingHeader(
        format="geneactiv",
        device=_text(b" ".join(filter(None, models))),
        serial_number=_text(_line(about, b"Device Unique Serial Code")),
        firmware=_text(_line(about, b"Device Firmware Version")),
        hz=(float(hz[0]) or None) if hz else None,
        samples=-(-max(size - len(about), 0) // page) * _PAGE_SAMPLES,
        start=_page_time(first_page, b"Page Time") or _page_time(about, b"Start Time"),
    )


def _page_time(text: bytes, name: bytes) -> str | None:
    written = (_line(text, name) or b"").decode("ascii", "replace")
    try:
        begin = datetime.strptime(written, "%Y-%m-%d %H:%M:%S:%f")  # noqa: DTZ007
    except ValueError:
        return None
    return _clock(begin)


def _line(text: bytes, name: bytes) -> bytes | None:
    """The value of a line `name: value`."""
    found = re.search(rb"(?m)^" + name + rb": *([^\r\n]{0,100})", text)
    return found[1].strip() if found else None


def _text(value: bytes | None) -> str | None:
    return value.decode("utf-8", "replace") if value else None


# ---- ActiGraph: github.com/actigraph/GT3X-File-Format

_INFO_BYTES, _LOG_BYTES = 8192, 8192
_ACTIVITY, _ACTIVITY2 = 0, 26
_OVERHEAD = 9
_MOST_IDLE_S = 45 * 86400
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
_TICKS_AT_EPOCH, _TICKS = 621_355_968_000_000_000, 10_000_000  # .NET's, since the year 1
# What zipfile and zlib raise over content.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, ArithmeticError, EOFError, LookupError,
    NotImplementedError, OSError, RuntimeError, ValueError,
)  # fmt: skip


def _actigraph(file: _RangeFile) -> RecordingHeader | None:
    try:
        with zipfile.ZipFile(file) as archive:
            info = archive.open("info.txt").read(_INFO_BYTES)
            size = archive.getinfo("log.bin").file_size
            log = archive.open("log.bin").read(_LOG_BYTES)
    except _BROKEN:
        return None
    hz = _number(info, b"Sample Rate")
    return RecordingHeader(
        format="gt3x",
        device=_text(_line(info, b"Device Type")),
        serial_number=_text(_line(info, b"Serial Number")),
        firmware=_text(_line(info, b"Firmware")),
        hz=hz,
        samples=_logged(log, size, info, hz) if hz else None,
        start=_actigraph_start(log, info),
    )


def _logged(log: bytes, size: int, info: bytes, hz: float) -> int:
    """Samples by the size of the log, and those of idle seconds, which a reader fills in."""
    first_record = next(_activity(log), None)
    record = first_record.size if first_record else int(hz * 4.5)
    samples = first_record.samples if first_record else int(hz)
    logged = size // (record + _OVERHEAD) * samples
    first, last = _number(info, b"Start Date"), _number(info, b"Last Sample Time")
    worn_s = (last - first) / 1e7 if first and last else 0
    idle = worn_s * hz - logged
    return logged + int(min(max(idle, 0), _MOST_IDLE_S * hz))


class _Activity(NamedTuple):
    """A record that holds samples: a second of the wall clock, its payload's bytes, how many
    samples that are, and whether its checksum holds."""

    second: int
    size: int
    samples: int
    whole: bool


def _activity(log: bytes) -> Iterator[_Activity]:
    """The records of activity that a log begins with, as far as they follow each other."""
    at = 0
    while at + _OVERHEAD <= len(log):
        separator, kind, second, size = struct.unpack_from("<BBIH", log, at)
        if separator != 0x1E:
            return
        record = log[at : at + size + _OVERHEAD]
        if kind in (_ACTIVITY, _ACTIVITY2) and size >= 6:
            samples = size // 6 if kind == _ACTIVITY2 else size * 8 // 36
            whole = len(record) == size + _OVERHEAD and reduce(xor, record) == 0xFF
            yield _Activity(second, size, samples, whole)
        at += len(record)


def _actigraph_start(log: bytes, info: bytes) -> str | None:
    """The second of the first samples; else when the device was told to begin."""
    second = next((record.second for record in _activity(log) if record.whole), None)
    if second is not None:
        return _clock(_EPOCH, second)
    ticks = _number(info, b"Start Date")
    return _clock(_EPOCH, (ticks - _TICKS_AT_EPOCH) / _TICKS) if ticks else None


def _number(text: bytes, name: bytes) -> float | None:
    found = re.fullmatch(rb"\d{1,19}(\.\d{1,9})?", _line(text, name) or b"")
    return float(found[0]) if found else None


# ---- Tables and arrays

_LINES, _SHORTEST_LINE = 100, len(b"0,0,0\n")
# Arrays that would unpack to more are refused by their reader.
_MOST_TIMES = 100


def _table_rows(read: Range, size: int) -> int | None:
    """By the shortest mean line of its beginning, its middle and its end."""
    places = {0, max(size - HEAD_BYTES, 0) // 2, max(size - HEAD_BYTES, 0)}
    pieces = (read(at, min(HEAD_BYTES, size)) for at in sorted(places)) if size else ()
    lengths = [length for piece in pieces if (length := _mean_line(piece))]
    return int(size / max(min(lengths), _SHORTEST_LINE)) + 1 if lengths else None


def _mean_line(piece: bytes) -> float | None:
    """The mean length of the last whole lines, their ends included: further down than names."""
    lines = piece.split(b"\n")[1:-1][-_LINES:]
    return sum(len(line) + 1 for line in lines) / len(lines) if lines else None


def _array_rows(file: _RangeFile, size: int) -> int | None:
    """By the shape of `accel.npy` (numpy.lib.format)."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open("accel.npy") as stream:
            shape = re.search(rb"'shape': \((\d{1,15}), ", stream.read(256))
    except _BROKEN:
        return None
    return min(int(shape[1]), _MOST_TIMES * size) if shape else None


class _RangeFile(io.RawIOBase):
    """A file whose bytes are fetched where they are read, `MOST_BYTES` of them at most.

    An archive's directory stands at its end, so that the first look there brings it whole.
    Raises OSError past the bound.
    """

    def __init__(self, read: Range, size: int, head: bytes) -> None:
        super().__init__()
        self._read, self._size, self._at = read, size, 0
        self._held = {0: head}
        self._left = MOST_BYTES - len(head)

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning of the file")
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._at + size, self._size)
        content = self._bytes(self._at, end)
        self._at += len(content)
        return content

    def _bytes(self, start: int, end: int) -> bytes:
        if end <= start:
            return b""
        for at, held in self._held.items():
            if at <= start and end <= at + len(held):
                return held[start - at : end - at]
        begin = max(min(start, self._size - HEAD_BYTES), 0) if self._is_tail(start) else start
        wanted = max(end - begin, min(HEAD_BYTES, self._size - begin))
        if wanted > self._left:
            raise OSError(f"more than {MOST_BYTES} bytes of a header")
        self._left -= wanted
        self._held[begin] = self._read(begin, wanted)
        return self._held[begin][start - begin : end - begin]

    def _is_tail(self, start: int) -> bool:
        return self._size - start < HEAD_BYTES
