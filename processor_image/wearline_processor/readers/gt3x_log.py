"""The log of an ActiGraph .gt3x file as an index: which second holds how many samples, and where.

Nothing but sizes and seconds is kept, so that the index of a week is some megabytes.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality.catalogue import unreadable
from wearline_processor.readers import gt3x_records as log
from wearline_processor.readers.archive import check_size
from wearline_processor.readers.cut_archive import CutArchive

_INFO_BYTES = 1 << 16
_FIRMWARE, _ACCEL_SCALE, _SAMPLE_RATE = (0, 13), (0, 55), (1, 10)
TURNED_FIRMWARE = "1.6.0"  # turned the axes of devices whose serial number begins with MOS
_SCALES = {"NEO": 341.0, "CLE": 341.0}  # counts in one g by the beginning of the serial number
_SCALE = 256.0
Ints = NDArray[np.int64]
Archive = zipfile.ZipFile | CutArchive


@dataclass(frozen=True, slots=True)
class Info:
    """The allow-listed fields of info.txt, or what the log itself says where that was cut off."""

    device: str | None
    serial_number: str | None
    firmware: str | None
    hz: float
    scale: float | None
    zone_offset_s: float | None
    range_g: float


@dataclass(frozen=True, slots=True)
class Index:
    """Whole records of activity in file order, (K,) each: the second and how many samples.

    `record` numbers them among all records of activity, good or not. slept holds the seconds
    (from, to) of idle sleep mode.
    """

    info: Info
    scale: float
    record: Ints
    second: Ints
    count: Ints
    slept: list[tuple[int, int]]
    damaged: int
    cut_bytes: int
    fifo_errors: int
    is_cut: bool


@dataclass(slots=True)
class _Scan:
    """What is gathered in one pass."""

    second: list[Ints] = field(default_factory=list)
    count: list[Ints] = field(default_factory=list)
    whole: list[NDArray[np.bool_]] = field(default_factory=list)
    slept: list[tuple[int, int]] = field(default_factory=list)
    asleep_since: int | None = None
    scale: float | None = None
    fifo_errors: int = 0


def opened(path: Path) -> Archive:
    """The archive, or what is left of it, with a log that is no bomb.

    Raises RecordingUnreadable, or one of `archive.BROKEN`.
    """
    archive = _archive(path)
    if "log.bin" not in archive.namelist():
        if isinstance(archive, CutArchive):
            raise unreadable("archive_damaged")
        what = "the older activity.bin of firmware 2.5 and before"
        raise unreadable("content_unsupported", format="ActiGraph .gt3x", what=what)
    if isinstance(archive, zipfile.ZipFile):
        check_size(archive.getinfo("log.bin").file_size, path.stat().st_size)
    return archive


def _archive(path: Path) -> Archive:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        return CutArchive(path)


def scan(archive: Archive) -> Index:
    """Index the log. Raises RecordingUnreadable, or one of `archive.BROKEN`."""
    info = _info(archive)
    tail, gathered = log.Tail(), _Scan()
    with archive.open("log.bin") as stream:
        _gather(stream, tail, gathered, int(info.hz))
    if not gathered.second:
        raise unreadable("samples_missing", format="ActiGraph .gt3x")
    second, count = np.concatenate(gathered.second), np.concatenate(gathered.count)
    whole = np.concatenate(gathered.whole)
    if not whole.any():
        raise unreadable("samples_missing", format="ActiGraph .gt3x")
    by_serial = _SCALES.get((info.serial_number or "")[:3], _SCALE)
    return Index(
        info=info,
        scale=gathered.scale or info.scale or by_serial,
        record=np.flatnonzero(whole),
        second=second[whole],
        count=count[whole],
        slept=gathered.slept,
        damaged=tail.damaged + int((~whole).sum()),
        cut_bytes=tail.cut_bytes,
        fifo_errors=gathered.fifo_errors,
        is_cut=isinstance(archive, CutArchive),
    )


def activity(stream: IO[bytes]) -> Iterator[log.Records]:
    """The records of activity that hold samples, in file order."""
    for run in log.records(stream, log.Tail()):
        if _is_activity(run):
            yield run


def _is_activity(run: log.Records) -> bool:
    kinds = (log.ACTIVITY, log.ACTIVITY2)
    return run.kind in kinds and log.samples_in(run.kind, run.payload.shape[1]) > 0


def _gather(stream: IO[bytes], tail: log.Tail, found: _Scan, hz: int) -> None:
    for run in log.records(stream, tail):
        if _is_activity(run):
            samples = log.samples_in(run.kind, run.payload.shape[1])
            found.second.append(run.second)
            found.count.append(np.full(run.second.size, samples))
            found.whole.append(run.whole & (samples <= hz))
        elif run.kind == log.EVENT:
            _take_events(run, found)
        elif run.kind == log.FIFO_ERROR:
            found.fifo_errors += int(run.whole.sum())
        elif run.kind == log.PARAMETERS and run.whole.all():
            found.scale = _accel_scale(_parameters(run.payload[0].tobytes())) or found.scale


def _take_events(run: log.Records, found: _Scan) -> None:
    """Falling asleep and waking up, by the first byte of each event's payload."""
    for second, payload, whole in zip(run.second, run.payload, run.whole, strict=True):
        if not whole or not payload.size:
            continue
        if payload[0] == log.FELL_ASLEEP:
            found.asleep_since = int(second)
        elif payload[0] == log.WOKE and found.asleep_since is not None:
            found.slept.append((found.asleep_since, int(second)))
            found.asleep_since = None


def _parameters(payload: bytes) -> dict[tuple[int, int], int]:
    """The values of a PARAMETERS record by address space and identifier."""
    pairs = struct.iter_unpack("<HHI", payload[: len(payload) // 8 * 8])
    return {(space, identifier): value for space, identifier, value in pairs}


def _accel_scale(parameters: dict[tuple[int, int], int]) -> float | None:
    """ACCEL_SCALE: 24 bits of signed fraction, 8 of signed exponent."""
    value = parameters.get(_ACCEL_SCALE, 0)
    exponent = (value >> 24) - (256 if value >> 31 else 0)
    scale = float(np.ldexp((value & 0x7FFFFF) / 2**23, exponent))
    return scale if 16 <= scale <= 65536 else None


def _info(archive: Archive) -> Info:
    if isinstance(archive, CutArchive) and not archive.is_whole("info.txt"):
        return _info_of_log(archive)
    with archive.open("info.txt") as stream:
        text = stream.read(_INFO_BYTES).decode("utf-8", "replace")
    hz = _number(text, "Sample Rate")
    if hz is None or not 1 <= hz <= 1000:
        raise unreadable("header_damaged", format="ActiGraph .gt3x", problem="no sample rate")
    scale = _number(text, "Acceleration Scale")
    return Info(
        device=_value(text, "Device Type"),
        serial_number=_value(text, "Serial Number"),
        firmware=_value(text, "Firmware"),
        hz=hz,
        scale=scale if scale and 16 <= scale <= 65536 else None,
        zone_offset_s=_zone_offset(_value(text, "TimeZone")),
        range_g=_number(text, "Acceleration Max") or 8.0,
    )


def _info_of_log(archive: CutArchive) -> Info:
    """Rate, scale and firmware from the PARAMETERS record at the log's beginning.

    Raises RecordingUnreadable where they are not there, and for the firmware that turned the axes
    of some devices: which ones, only their serial number tells.
    """
    with archive.open("log.bin") as stream:
        found = next((r for r in log.records(stream, log.Tail()) if r.kind == log.PARAMETERS), None)
    parameters = _parameters(found.payload[0].tobytes()) if found and found.whole.all() else {}
    hz, scale = parameters.get(_SAMPLE_RATE, 0), _accel_scale(parameters)
    firmware = _firmware(parameters.get(_FIRMWARE, 0))
    if not 1 <= hz <= 1000 or scale is None or firmware in (None, TURNED_FIRMWARE):
        problem = "its info.txt is not whole, and the log alone does not tell how to read it"
        raise unreadable("header_damaged", format="ActiGraph .gt3x", problem=problem)
    return Info(None, None, firmware, float(hz), scale, None, 8.0)


def _firmware(value: int) -> str | None:
    """`(major << 24) | (minor << 16) | build` as info.txt writes it."""
    return f"{value >> 24}.{value >> 16 & 0xFF}.{value & 0xFFFF}" if value else None


def _value(text: str, name: str) -> str | None:
    found = re.search(rf"(?m)^{name}: *([^\r\n]{{1,100}}?) *\r?$", text)
    return found[1] if found else None


def _number(text: str, name: str) -> float | None:
    value = _value(text, name) or ""
    return float(value) if re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", value) else None


def _zone_offset(value: str | None) -> float | None:
    found = re.fullmatch(r"(-?)(\d\d):(\d\d):\d\d", value or "")
    if not found:
        return None
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return float(-seconds if found[1] else seconds)
