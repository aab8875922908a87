"""The records of an ActiGraph .gt3x file: finding them, and decoding those of activity.

Layout after github.com/actigraph/GT3X-File-Format. log.bin is a row of records: 0x1E, a type, the
second of the wall clock, the size of the payload, the payload, and a checksum that makes the
exclusive-or of all bytes 0xFF. A second of samples is one record, of 12 bits a number in the order
y, x, z (ACTIVITY) or 16 bits in the order x, y, z (ACTIVITY2). Records of one size that follow each
other are taken at once.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

ACTIVITY, EVENT, FIFO_ERROR, PARAMETERS, ACTIVITY2 = 0, 3, 19, 21, 26
FELL_ASLEEP, WOKE = 8, 9
_SEPARATOR, _OVERHEAD, _HEAD = 0x1E, 9, 8
_READ = 1 << 20
_MOST_DAMAGED = 10_000
Bytes = NDArray[np.uint8]
Axis = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one type and size that stand next to each other.

    second (M,), payload (M, size), whole (M,) whether the checksum holds.
    """

    kind: int
    second: NDArray[np.int64]
    payload: Bytes
    whole: NDArray[np.bool_]


@dataclass(slots=True)
class Tail:
    """What a pass over the records learns besides them."""

    damaged: int = 0
    cut_bytes: int = 0


def records(stream: IO[bytes], tail: Tail) -> Iterator[Records]:
    """All records in file order; `tail` counts what is none."""
    buffer = b""
    while True:
        data = stream.read(_READ)
        buffer += data
        at = yield from _in_buffer(buffer, tail, at_end=not data)
        if not data:
            tail.cut_bytes = len(buffer) - at
            return
        buffer = buffer[at:]


def decode(kind: int, payload: Bytes, samples: int) -> list[Axis]:
    """x, y, z of (M, size) payloads with this many samples, each (M * samples,)."""
    if kind == ACTIVITY2:
        size = samples * 6
        values = np.ascontiguousarray(payload[:, :size]).view("<i2").reshape(-1, 3)
        return [np.ascontiguousarray(values[:, axis]) for axis in range(3)]
    numbers = _twelve_bits(payload)[:, : samples * 3].reshape(-1, 3)
    return [np.ascontiguousarray(numbers[:, axis]) for axis in (1, 0, 2)]


def samples_in(kind: int, size: int) -> int:
    """How many samples a payload of this size holds; 0 for none (the device was connected)."""
    return size // 6 if kind == ACTIVITY2 else size * 8 // 36


def _twelve_bits(payload: Bytes) -> Axis:
    """Two signed numbers in every three bytes, (M, n)."""
    spare = -payload.shape[1] % 3
    padded = np.pad(payload, ((0, 0), (0, spare))) if spare else payload
    triple = padded.reshape(len(padded), -1, 3).astype(np.int16)
    pairs = np.empty((*triple.shape[:2], 2), dtype=np.int16)
    # Shifted into the upper twelve bits first, so that the sign comes along when shifted back.
    pairs[:, :, 0] = ((triple[:, :, 0] << 8) | triple[:, :, 1]) >> 4
    pairs[:, :, 1] = ((triple[:, :, 1] << 12) | (triple[:, :, 2] << 4)) >> 4
    return pairs.reshape(len(padded), -1)


def _in_buffer(buffer: bytes, tail: Tail, *, at_end: bool) -> Generator[Records, None, int]:
    """The whole records of a buffer; returns where they end.

    Raises ValueError for a log that is damaged all over.
    """
    view, at = np.frombuffer(buffer, np.uint8), 0
    while at + _OVERHEAD <= len(buffer):
        if tail.damaged > _MOST_DAMAGED:
            raise ValueError("damaged all over")
        separator, kind, _, size = struct.unpack_from("<BBIH", buffer, at)
        stride = size + _OVERHEAD
        if separator == _SEPARATOR and at + stride > len(buffer):
            if not at_end or not _resumes(view, at + 1):
                return at  # more of it follows, or the file was cut here
            separator = 0  # its size is damaged, since whole records follow
        if separator != _SEPARATOR:
            after = _next(buffer, at + 1)
            tail.damaged += any(buffer[at:after])  # zeros between records are known and harmless
            at = after
            continue
        found = _alike(view[at:], kind, size, stride)
        if not found.whole.any() and not _follows(buffer, at + stride):
            tail.damaged += 1
            at = _next(buffer, at + 1)
            continue
        yield found
        at += stride * found.second.size
    return at


def _resumes(view: Bytes, at: int) -> bool:
    """Whether a whole record of activity begins at a place or after it."""
    for place in (at + np.flatnonzero(view[at:-_OVERHEAD] == _SEPARATOR)).tolist():
        stride = int(view[place + 6]) + 256 * int(view[place + 7]) + _OVERHEAD
        record = view[place : place + stride]
        is_activity = record[1] in (ACTIVITY, ACTIVITY2) and record.size == stride
        if is_activity and np.bitwise_xor.reduce(record) == 0xFF:
            return True
    return False


def _alike(view: Bytes, kind: int, size: int, stride: int) -> Records:
    """The run of records of this type and size that a view begins with: at least one."""
    run = view[: view.size // stride * stride].reshape(-1, stride)
    head = np.array([_SEPARATOR, kind, size & 0xFF, size >> 8], dtype=np.uint8)
    same = (run[:, [0, 1, 6, 7]] == head).all(axis=1)
    run = run[: len(run) if same.all() else int(same.argmin())]
    second = np.ascontiguousarray(run[:, 2:6]).view("<u4")[:, 0].astype(np.int64)
    whole = np.bitwise_xor.reduce(run, axis=1) == 0xFF
    return Records(kind, second, run[:, _HEAD:-1], whole)


def _follows(buffer: bytes, at: int) -> bool:
    """Whether a record, or the end, stands at a place."""
    return at >= len(buffer) or buffer[at] == _SEPARATOR


def _next(buffer: bytes, at: int) -> int:
    """The next place that looks like a record's beginning."""
    found = buffer.find(_SEPARATOR, at)
    return found if found >= 0 else len(buffer)
