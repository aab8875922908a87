"""Faults of a .gt3x: what its log holds. Records of samples count from 0."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Sequence

from wearline_recordings.gt3x import SEPARATOR, Record, entry, record

SAMPLES = (Record.ACTIVITY, Record.ACTIVITY2)
HEAD = struct.Struct("<BBIH")


def bad_checksums(recording: bytes, at: Sequence[int] = (1, 3, 4)) -> bytes:
    """One bit of the payload of each record of samples in `at` is flipped."""
    log = bytearray(_log(recording))
    for start in (list(_samples(bytes(log)))[index] for index in at):
        log[start + HEAD.size + 10] ^= 0x10
    return _with_log(recording, bytes(log))


def clock_goes_back(recording: bytes, at: int | None = None, seconds: int = 600) -> bytes:
    """From record `at`, by default half-way, the clock shows `seconds` less."""
    return gap(recording, at, -seconds)


def gap(recording: bytes, at: int | None = None, seconds: int = 7200) -> bytes:
    """From record `at`, by default half-way, the clock shows `seconds` more, without idle sleep."""
    log = _log(recording)
    starts = list(_samples(log))
    first = starts[len(starts) // 2 if at is None else at]
    later = (_shifted(log, start, seconds) for start in _records(log) if start >= first)
    return _with_log(recording, log[:first] + b"".join(later))


def zeros_between_records(recording: bytes, at: int = 2, count: int = 5) -> bytes:
    """`count` zero bytes before record `at`, which the format says may happen and mean nothing."""
    log = _log(recording)
    start = list(_samples(log))[at]
    return _with_log(recording, log[:start] + bytes(count) + log[start:])


def docked(recording: bytes) -> bytes:
    """Put on USB at the end: a record of samples with a payload of one byte, which holds none."""
    log = _log(recording)
    *_, last = _samples(log)
    _, kind, second, _ = HEAD.unpack_from(log, last)
    return _with_log(recording, log + record(Record(kind), second + 1, b"\x01"))


def _records(log: bytes) -> Iterator[int]:
    """Where each record begins."""
    start = 0
    while start < len(log):
        separator, _, _, size = HEAD.unpack_from(log, start)
        if separator != SEPARATOR:
            raise ValueError(f"no record at byte {start} of log.bin")
        yield start
        start += HEAD.size + size + 1


def _samples(log: bytes) -> Iterator[int]:
    return (start for start in _records(log) if log[start + 1] in SAMPLES)


def _shifted(log: bytes, start: int, seconds: int) -> bytes:
    _, kind, second, size = HEAD.unpack_from(log, start)
    payload = log[start + HEAD.size : start + HEAD.size + size]
    return record(Record(kind), second + seconds, payload)


def _log(recording: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(recording)) as archive:
        return archive.read("log.bin")


def _with_log(recording: bytes, log: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(recording)) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            after.writestr(entry(name), log if name == "log.bin" else before.read(name))
    return changed.getvalue()
