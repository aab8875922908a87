"""ActiGraph .gt3x: a zip of info.txt and log.bin, the latter a row of records.

Layout after github.com/actigraph/GT3X-File-Format (README.md, info.txt.md, LogRecords/*.md). A
record is 0x1E, its type, the time in seconds since 1970, the size of its payload, the payload, and
the complement of the exclusive-or of all that. A second of samples is one record: ACTIVITY (12 bits
an axis, in the order y, x, z) or ACTIVITY2 (16 bits, x, y, z). In idle sleep mode the device writes
none: an EVENT record with payload 8 says that it fell asleep, one with 9 that it woke. Seconds are
those of the wall clock.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wearline_recordings.errors import RateError
from wearline_recordings.signal import Chunk, Floats, Signal

RATES = tuple(float(rate) for rate in range(30, 101, 10))
SCALE = 256  # counts for one g
LIMIT = 2048  # counts at 8 g
FIRMWARE = (1, 7, 2)
SEPARATOR = 0x1E
EPOCH = datetime.fromisoformat("1970-01-01")  # of the wall clock
TICKS_AT_EPOCH = 621_355_968_000_000_000  # 100 ns since the year 1
IDLE_AFTER_S = 10
IDLE_BAND_G = 0.04
FELL_ASLEEP, WOKE = b"\x08", b"\x09"


class Record(IntEnum):
    """Types of records."""

    ACTIVITY = 0
    BATTERY = 2
    EVENT = 3
    METADATA = 6
    PARAMETERS = 21
    ACTIVITY2 = 26


def write(
    path: str | Path,
    signal: Signal,
    *,
    activity: Record = Record.ACTIVITY2,
    idle_sleep: bool = False,
    serial: str = "TAS1H52220588",
    subject: str = "",
) -> int:
    """Write `signal` as a .gt3x and return how many samples it spans: whole seconds only.

    activity: Record.ACTIVITY or Record.ACTIVITY2. idle_sleep: leave out the seconds from the
    eleventh in which no axis moved by 40 mg; see `recorded`.
    Raises RateError for a rate that the device does not have.
    """
    if signal.hz not in RATES:
        raise RateError("ActiGraph", signal.hz, RATES)
    seconds = signal.samples // int(signal.hz)
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open(entry("log.bin"), "w", force_zip64=True) as log:
            log.write(_opening(signal, serial, subject))
            for records in _log(signal, activity, idle_sleep):
                log.write(records)
        archive.writestr(entry("info.txt"), _info(signal, seconds, serial, subject))
    return seconds * int(signal.hz)


def stored(accel: Floats) -> NDArray[np.float64]:
    """(n, 3) in g as a reader gets it back."""
    return _counts(accel) / SCALE


def recorded(signal: Signal, *, idle_sleep: bool = False) -> NDArray[np.bool_]:
    """For each whole second, whether the file holds its samples."""
    kept = [keep for keep, _ in _seconds(signal, idle_sleep)]
    return np.concatenate(kept) if kept else np.zeros(0, dtype=np.bool_)


def entry(name: str) -> zipfile.ZipInfo:
    """An entry without the time of day, so that the same signal gives the same bytes."""
    return zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))


def _counts(accel: Floats) -> NDArray[np.int16]:
    counts = np.rint(accel * np.float32(SCALE))
    cut: NDArray[np.int16] = np.clip(counts, -LIMIT, LIMIT - 1).astype(np.int16)
    return cut


def _seconds(signal: Signal, idle_sleep: bool) -> Iterator[tuple[NDArray[np.bool_], Chunk]]:
    """Chunks of whole seconds, and which of them the device records."""
    still = 0
    for chunk in signal.blocks(int(signal.hz)):
        moved = np.ptp(chunk.accel.reshape(-1, int(signal.hz), 3), axis=1).max(axis=1) > IDLE_BAND_G
        asleep = np.zeros(len(moved), dtype=np.bool_)
        for index in range(len(moved)) if idle_sleep else ():
            still = 0 if moved[index] else still + 1
            asleep[index] = still > IDLE_AFTER_S
        yield ~asleep, chunk


def _log(signal: Signal, activity: Record, idle_sleep: bool) -> Iterator[bytes]:
    """The records of each stretch of seconds, and of what lies between them."""
    second = _unix(signal.start)
    awake = True
    for keep, chunk in _seconds(signal, idle_sleep):
        samples = _counts(chunk.accel).reshape(len(keep), -1, 3)
        edges = np.flatnonzero(np.diff(keep, prepend=awake))
        for begin, end in zip([0, *edges], [*edges, len(keep)], strict=True):
            if begin < end and keep[begin] != awake:
                awake = bool(keep[begin])
                yield record(Record.EVENT, second + int(begin), WOKE if awake else FELL_ASLEEP)
            if begin < end and awake:
                yield _battery(second + int(begin))
                yield _activity(activity, second + int(begin), samples[begin:end])
        second += len(keep)


def _activity(kind: Record, second: int, samples: NDArray[np.int16]) -> bytes:
    """Records for consecutive seconds of counts (seconds, hz, 3)."""
    payload = _twelve_bits(samples) if kind is Record.ACTIVITY else _sixteen_bits(samples)
    count, size = payload.shape
    records = np.empty((count, size + 9), dtype=np.uint8)
    records[:, 0], records[:, 1] = SEPARATOR, kind
    clock = np.arange(second, second + count, dtype="<u4")
    records[:, 2:6] = clock.view(np.uint8).reshape(count, 4)
    records[:, 6:8] = np.array([size], dtype="<u2").view(np.uint8)
    records[:, 8:-1] = payload
    records[:, -1] = ~np.bitwise_xor.reduce(records[:, :-1], axis=1)
    return records.tobytes()


def _sixteen_bits(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(samples, dtype="<i2").reshape(len(samples), -1).view(np.uint8)


def _twelve_bits(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """y, x, z of each sample, two numbers in three bytes; an odd last one leaves half a byte."""
    numbers = samples[:, :, [1, 0, 2]].reshape(len(samples), -1).astype(np.uint16) & 0xFFF
    if numbers.shape[1] % 2:
        numbers = np.pad(numbers, ((0, 0), (0, 1)))
    high, low = numbers[:, 0::2], numbers[:, 1::2]
    three = np.stack((high >> 4, (high << 4) | (low >> 8), low), axis=2).astype(np.uint8)
    size = (samples.shape[1] * 36 + 7) // 8
    return three.reshape(len(samples), -1)[:, :size]


def record(kind: Record, second: int, payload: bytes) -> bytes:
    """One record, with its checksum."""
    head = struct.pack("<BBIH", SEPARATOR, kind, second, len(payload)) + payload
    check = 0
    for byte in head:
        check ^= byte
    return head + bytes([~check & 0xFF])


def _battery(second: int) -> bytes:
    return record(Record.BATTERY, second, struct.pack("<H", 4100))


def _unix(clock: datetime) -> int:
    return (clock.replace(microsecond=0) - EPOCH) // timedelta(seconds=1)


def _opening(signal: Signal, serial: str, subject: str) -> bytes:
    """The records that initialisation leaves: about the subject, and about the device."""
    second = _unix(signal.start)
    about = {"MetadataType": "Bio", "SubjectName": subject, "Parsed": False, "JSON": None}
    text = json.dumps(about, separators=(",", ":")).encode()
    parameters = {
        (0, 13): FIRMWARE[0] << 24 | FIRMWARE[1] << 16 | FIRMWARE[2],
        (0, 55): _scaled_float(float(SCALE)),
        (1, 1): int.from_bytes(serial[-4:].encode(), "little"),
        (1, 10): int(signal.hz),
        (1, 12): second,
    }
    pairs = b"".join(struct.pack("<HHI", *key, value) for key, value in parameters.items())
    return record(Record.METADATA, second, text) + record(Record.PARAMETERS, second, pairs)


def _scaled_float(value: float) -> int:
    """The device's floating point (PARAMETERS.md): 24 bits of fraction, 8 of exponent."""
    fraction, exponent = np.frexp(value)
    return (int(exponent) & 0xFF) << 24 | (int(fraction * 2**23) & 0xFFFFFF)


def _info(signal: Signal, seconds: int, serial: str, subject: str) -> str:
    start = TICKS_AT_EPOCH + _unix(signal.start) * 10_000_000
    stop = start + seconds * 10_000_000
    lines = {
        "Serial Number": serial,
        "Device Type": "Link",
        "Firmware": ".".join(map(str, FIRMWARE)),
        "Battery Voltage": "4.19",
        "Sample Rate": f"{signal.hz:.0f}",
        "Start Date": start,
        "Stop Date": stop,
        "Last Sample Time": stop,
        "TimeZone": "-05:00:00",
        "Download Date": stop + 36_000_000_000,
        "Board Revision": 8,
        "Unexpected Resets": 0,
        "Acceleration Scale": f"{SCALE:.1f}",
        "Acceleration Min": -8.0,
        "Acceleration Max": 8.0,
        "Limb": "Wrist",
        "Subject Name": subject,
    }
    return "".join(f"{key}: {value}\r\n" for key, value in lines.items())
