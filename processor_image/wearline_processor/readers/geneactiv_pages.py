"""The pages of a GENEActiv file: finding them, and decoding what they hold.

A .bin file is text: a header of `Name:value` lines, then pages of nine such lines and one line of
3600 hexadecimal digits, 300 samples of x, y, z (12 bits each) and light with a button bit.
Layout after Activinsights' "Decoding .bin files" (GENEActiv instruction manual).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality.catalogue import unreadable
from wearline_processor.recording import Floats

SAMPLES = 300
DIGITS = 3600
LOW, HIGH = -2048, 2047
_TIME_LENGTH = 23
_READ = 1 << 17  # larger buffers come from the system anew each time, page by page
_HEADER_LIMIT = 1 << 16
_MARK = b"Recorded Data"
_LONGEST_PAGE = 8192  # a page is about 3840 bytes
_PAGE = re.compile(
    rb"Recorded Data *\r?\n"
    rb"Device Unique Serial Code:[^\n]{0,80}\n"
    rb"Sequence Number:(\d{1,9}) *\r?\n"
    rb"Page Time:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}) *\r?\n"
    rb"Unassigned:[^\n]{0,80}\n"
    rb"Temperature:(-?\d{1,4}(?:\.\d{0,9})?) *\r?\n"
    rb"Battery voltage:[^\n]{0,80}\n"
    rb"Device Status:[^\n]{0,80}\n"
    rb"Measurement Frequency:(\d{1,4}(?:\.\d{0,9})?) *\r?\n"
)
_END = re.compile(rb"\r?\n|\Z")
Axis = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Header:
    """The allow-listed fields of a file's header."""

    device: str | None
    serial_number: str | None
    firmware: str | None
    hz: float
    range_g: float
    gain: tuple[float, float, float]
    offset: tuple[float, float, float]
    pages: int | None
    zone_offset_s: float | None


@dataclass(frozen=True, slots=True)
class Index:
    """The whole pages of a file in file order, (K,) each: where the page and its digits begin, the
    sequence number, the naive unix seconds of the first sample, Celsius, and Hz."""

    page: NDArray[np.int64]
    digits: NDArray[np.int64]
    sequence: NDArray[np.int64]
    start: Floats
    temperature: Floats
    hz: Floats
    damaged: int
    tail_bytes: int
    trailing_bytes: int
    file_bytes: int


@dataclass(slots=True)
class _Found:
    """Pages of one stretch of the file, as text."""

    rows: list[tuple[int, int, int, float, float]] = field(default_factory=list)
    times: list[bytes] = field(default_factory=list)
    damaged: int = 0


def read_header(file: BinaryIO) -> Header:
    """Raises RecordingUnreadable(header_damaged)."""
    file.seek(0)
    text = file.read(_HEADER_LIMIT)
    first = _PAGE.search(text)
    text = text[: first.start()] if first else text
    before, mark, calibration = text.rpartition(b"Calibration Data")
    if not mark:
        raise unreadable("header_damaged", format="GENEActiv", problem="no calibration data")
    return Header(
        device=_joined(_text(before, b"Device Type"), _text(before, b"Device Model")),
        serial_number=_text(before, b"Device Unique Serial Code"),
        firmware=_text(before, b"Device Firmware Version"),
        hz=float(_whole(before, b"Measurement Frequency") or 0),
        range_g=_range(before),
        gain=_axes(calibration, b"gain"),
        offset=_axes(calibration, b"offset"),
        pages=_whole(calibration, b"Number of Pages"),
        zone_offset_s=_zone_offset(before),
    )


def scan(file: BinaryIO) -> Index:
    """Index a file in bounded memory: 48 bytes a page. Raises RecordingUnreadable."""
    parts, damaged, end, trailing = [], 0, 0, False
    for found, end, trailing in _stretches(file):  # noqa: B007 - the last ones are wanted
        damaged += found.damaged
        if found.rows:
            parts.append(_arrays(found))
    if not parts:
        raise unreadable("samples_missing", format="GENEActiv")
    page, digits, sequence, start, temperature, hz, sane = (
        np.concatenate(each) for each in zip(*parts, strict=True)
    )
    file_bytes = file.seek(0, 2)
    rest = file_bytes - end
    return Index(
        page=page[sane],
        digits=digits[sane],
        sequence=sequence[sane],
        start=start[sane],
        temperature=temperature[sane],
        hz=hz[sane],
        damaged=damaged + int((~sane).sum()),
        tail_bytes=0 if trailing else rest,
        trailing_bytes=rest if trailing else 0,
        file_bytes=file_bytes,
    )


def decode(file: BinaryIO, digits: NDArray[np.int64]) -> tuple[list[Axis], NDArray[np.bool_]]:
    """The x, y, z of pages in device units, and which of the pages are good: (K,).

    digits (K,) are the places of the pages' hexadecimal digits; the axes hold 300 samples of each
    good page.
    """
    lines = _lines(file, digits)
    try:
        return _axes_of(binascii.unhexlify(b"".join(lines))), np.ones(len(lines), dtype=bool)
    except binascii.Error:
        pages = [_bytes_of(line) for line in lines]
        good = np.array([page is not None for page in pages])
        return _axes_of(b"".join(page for page in pages if page is not None)), good


def _lines(file: BinaryIO, digits: NDArray[np.int64]) -> list[memoryview]:
    low, high = int(digits.min()), int(digits.max())
    if high - low <= _LONGEST_PAGE * digits.size:
        file.seek(low)
        span = memoryview(file.read(high - low + DIGITS))
        return [span[at : at + DIGITS] for at in (digits - low).tolist()]
    return [_lines(file, digits[k : k + 1])[0] for k in range(digits.size)]


def _bytes_of(line: memoryview) -> bytes | None:
    try:
        return binascii.unhexlify(line)
    except binascii.Error:
        return None


def _axes_of(data: bytes) -> list[Axis]:
    """Three signed numbers of 12 bits in the first 36 bits of every 6 bytes."""
    count = len(data) // 6
    if not count:
        return [np.empty(0, np.int16) for _ in range(3)]
    x, y, z = (np.ndarray((count,), ">i2", data, at, (6,)).astype(np.int16) for at in (0, 1, 3))
    return [x >> 4, (y << 4) >> 4, z >> 4]


def _stretches(file: BinaryIO) -> Iterator[tuple[_Found, int, bool]]:
    """Pages found so far in the file, where the last one ended, and whether all that follows it is
    something else than the beginning of a page."""
    file.seek(0)
    buffer, base, end = b"", 0, 0
    while True:
        data = file.read(_READ)
        buffer += data
        found, used, end_in_buffer = _pages(buffer, base, at_end=not data)
        end = base + end_in_buffer if end_in_buffer is not None else end
        trailing = _MARK not in buffer[used:]
        yield found, end, trailing
        if not data:
            return
        buffer, base = buffer[used:], base + used


def _pages(buffer: bytes, base: int, *, at_end: bool) -> tuple[_Found, int, int | None]:
    """The pages of a buffer; how much of it is done with; where the last good page ended."""
    found, end = _Found(), None
    at = buffer.find(_MARK)
    while at >= 0 and (at_end or at + _LONGEST_PAGE <= len(buffer)):
        head = _PAGE.match(buffer, at)
        close = _END.match(buffer, head.end() + DIGITS) if head else None
        if head is None or close is None or head.end() + DIGITS > len(buffer):
            after = buffer.find(_MARK, at + len(_MARK))
            if after < 0 and at_end:
                return found, at, end  # the tail, whole or not
            found.damaged += 1
            at = after
            continue
        sequence, time, celsius, hz = head.groups()
        place = base + at, base + head.end()
        found.rows.append((*place, int(sequence), float(celsius), float(hz)))
        found.times.append(time)
        end = close.end()
        at = end if buffer.startswith(_MARK, end) else buffer.find(_MARK, end)
    used = at if at >= 0 else max(len(buffer) - len(_MARK), end or 0, 0)
    return found, used, end


def _arrays(found: _Found) -> tuple[NDArray[np.generic], ...]:
    page, digits, sequence, celsius, hz = zip(*found.rows, strict=True)
    text = np.frombuffer(b"".join(found.times), np.uint8).reshape(-1, _TIME_LENGTH)
    start, sane = _naive_seconds(text)
    rates = np.array(hz)
    return (
        *(np.array(column, dtype=np.int64) for column in (page, digits, sequence)),
        start,
        np.array(celsius),
        rates,
        sane & (rates >= 1) & (rates <= 1000),
    )


def _naive_seconds(text: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.bool_]]:
    """Seconds of `2012-05-23 16:47:50:000` lines of digits, (K, 23); and whether they can be."""
    digit = text.astype(np.int64) - ord("0")

    def number(begin: int, end: int) -> NDArray[np.int64]:
        powers = 10 ** np.arange(end - begin - 1, -1, -1)
        return np.asarray(digit[:, begin:end] @ powers)

    month, day, hour, minute = number(5, 7), number(8, 10), number(11, 13), number(14, 16)
    second, millisecond = number(17, 19), number(20, 23)
    sane = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    sane &= (hour < 24) & (minute < 60) & (second < 60)
    months = ((number(0, 4) - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    seconds = days * 86400 + hour * 3600 + minute * 60 + second
    return seconds.astype(np.float64) + millisecond / 1000.0, sane


def _value(text: bytes, name: bytes) -> bytes | None:
    found = re.search(rb"(?m)^" + re.escape(name) + rb":([^\r\n]{0,200})", text)
    return found[1].strip() if found else None


def _text(text: bytes, name: bytes) -> str | None:
    value = _value(text, name)
    return value.decode("ascii", "replace") if value else None


def _joined(*words: str | None) -> str | None:
    return " ".join(word for word in words if word) or None


def _whole(text: bytes, name: bytes) -> int | None:
    """The leading whole number of a value, as C's strtol takes it."""
    found = re.match(rb"[+-]?\d{1,15}", _value(text, name) or b"")
    return int(found[0]) if found else None


def _axes(text: bytes, name: bytes) -> tuple[float, float, float]:
    values = [_whole(text, axis + b" " + name) for axis in (b"x", b"y", b"z")]
    if None in values or (name == b"gain" and 0 in values):
        problem = f"the {name.decode()} of an axis is missing"
        raise unreadable("header_damaged", format="GENEActiv", problem=problem)
    x, y, z = (float(value or 0) for value in values)
    return x, y, z


def _range(text: bytes) -> float:
    found = re.search(rb"to *(\d{1,2})", _value(text, b"Accelerometer Range") or b"")
    return float(found[1]) if found else 8.0


def _zone_offset(text: bytes) -> float | None:
    found = re.match(rb"GMT *([+-])(\d\d):?(\d\d)?", _value(text, b"Time Zone") or b"")
    if not found:
        return None
    seconds = int(found[2]) * 3600 + int(found[3] or 0) * 60
    return float(-seconds if found[1] == b"-" else seconds)
