"""Axivity .cwa: a header of 1,024 bytes, then blocks of 512 bytes, all little-endian.

Layout after the Open Movement project: Docs/ax3/cwa.h and Docs/ax3/ax3-technical.md in
github.com/openmovementproject/openmovement. The clock is the wall clock, without a zone. Each block
carries one instant: whole seconds, a fraction in 1/32768 s, and the index of the sample that was
taken then, less the samples in that fraction. Here that is the sample on the next whole second, so
that readers with and without fractions see the same instants; and the first sample of the block
where the clock drifts or no sample falls on a second.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wearline_recordings.errors import MissingGyroError, RateError
from wearline_recordings.signal import Chunk, Floats, Signal

HEADER_BYTES = 1024
RATE_CODES = {12.5: 7, 25.0: 8, 50.0: 9, 100.0: 10, 200.0: 11, 400.0: 12}
RANGE_8_G = 1 << 6  # the range is 16 >> (rate >> 6) g
GYRO_2000_DPS = 2  # the range is 8000 / 2 ** code degrees a second
NO_GYRO = 0
FIRMWARE = 44

BLOCK = np.dtype(
    [
        ("magic", "S2"),
        ("length", "<u2"),
        ("fraction", "<u2"),
        ("session", "<u4"),
        ("sequence", "<u4"),
        ("clock", "<u4"),
        ("light", "<u2"),
        ("temperature", "<u2"),
        ("events", "u1"),
        ("battery", "u1"),
        ("rate", "u1"),
        ("axes", "u1"),
        ("index", "<i2"),
        ("count", "<u2"),
        ("samples", "u1", (480,)),
        ("checksum", "<u2"),
    ]
)


@dataclass(frozen=True)
class Layout:
    """How a device packs its samples.

    hardware: byte 4 of the header. axes: byte 25 of a block. count: samples of a block.
    scale: counts for one g. limit: counts at 8 g. scales: top bits of the light field.
    """

    name: str
    hardware: int
    axes: int
    count: int
    scale: int
    limit: int
    scales: int
    packed: bool = False
    gyro: bool = False


AX3_PACKED = Layout("AX3 packed", 0x00, 0x30, 120, 256, 2048, 0, packed=True)
AX3 = Layout("AX3", 0x00, 0x32, 80, 256, 2048, 0)
AX6 = Layout("AX6", 0x64, 0x62, 40, 4096, 32768, (4 << 13) | (GYRO_2000_DPS << 10), gyro=True)


def write(
    path: str | Path,
    signal: Signal,
    *,
    layout: Layout = AX3_PACKED,
    nominal_hz: float | None = None,
    device_id: int = 12345,
    session_id: int = 1,
    annotation: str = "",
) -> int:
    """Write `signal` as a .cwa and return how many samples it holds: whole blocks only.

    nominal_hz: the rate that the device believes in; by default the true one.
    device_id: up to 32 bits. annotation: up to 448 ASCII characters.
    Raises RateError for a rate that the device does not have, MissingGyroError for an AX6 whose
    signal has no gyroscope.
    """
    nominal = signal.hz if nominal_hz is None else nominal_hz
    if nominal not in RATE_CODES:
        raise RateError("Axivity", nominal, tuple(RATE_CODES))
    written = 0
    with Path(path).open("wb") as file:
        file.write(_header(signal, layout, nominal, device_id, session_id, annotation))
        for chunk in signal.blocks(layout.count):
            blocks = _blocks(chunk, written, signal, layout, nominal, session_id)
            file.write(blocks.data)
            written += len(chunk.accel)
    return written


def stored(accel: Floats, layout: Layout = AX3_PACKED) -> NDArray[np.float64]:
    """(n, 3) in g as a reader gets it back: rounded to counts, cut at 8 g, and, where packed,
    with the low bits lost that the shared exponent of a sample shifts out."""
    counts = _counts(accel, layout)
    if layout.packed:
        shift = _exponents(counts)[:, None]
        counts = (counts >> shift) << shift
    return counts / layout.scale


def stored_gyro(gyro: Floats) -> NDArray[np.float64]:
    """(n, 3) in degrees a second as a reader of an AX6 gets it back."""
    return _gyro_counts(gyro).astype(np.float64) * (2000.0 / 32768)


def _header(
    signal: Signal, layout: Layout, nominal: float, device: int, session: int, annotation: str
) -> bytes:
    fixed = struct.pack(
        "<2sHBHIHIIIBB8sBBIBh20s",
        *(b"MD", HEADER_BYTES - 4, layout.hardware, device & 0xFFFF, session, device >> 16),
        *(_packed(signal.start), 0xFFFFFFFF, 0, 0xFF, 0, b"\xff" * 8),
        *(GYRO_2000_DPS if layout.gyro else NO_GYRO, RATE_CODES[nominal] | RANGE_8_G),
        *(_packed(signal.start), FIRMWARE, -1, b"\xff" * 20),
    )
    return fixed + annotation.encode("ascii").ljust(448) + b"\xff" * 512


def _packed(clock: datetime) -> int:
    return int(packed_clocks(np.array([clock], dtype="M8[s]"))[0])


def packed_clocks(clock: NDArray[np.datetime64]) -> NDArray[np.uint32]:
    """Wall clocks as the device packs them: yyyyyymm mmdddddh hhhhmmmm mmssssss, from 2000."""
    month = clock.astype("M8[M]")
    day = clock.astype("M8[D]")
    months = month.astype(np.int64) + (1970 - 2000) * 12
    second = (clock - day).astype(np.int64)
    days = (day - month.astype("M8[D]")).astype(np.int64) + 1
    date = (months // 12) << 26 | (months % 12 + 1) << 22 | days << 17
    time = (second // 3600) << 12 | (second // 60 % 60) << 6 | second % 60
    packed: NDArray[np.uint32] = (date | time).astype(np.uint32)
    return packed


def unpacked_clocks(packed: NDArray[np.uint32]) -> NDArray[np.datetime64]:
    """The reverse of `packed_clocks`."""
    number = packed.astype(np.int64)
    months = ((number >> 26) + 2000 - 1970) * 12 + (number >> 22 & 0xF) - 1
    days = months.astype("M8[M]").astype("M8[D]") + ((number >> 17 & 0x1F) - 1).astype("m8[D]")
    seconds = (number >> 12 & 0x1F) * 3600 + (number >> 6 & 0x3F) * 60 + (number & 0x3F)
    clock: NDArray[np.datetime64] = days.astype("M8[s]") + seconds.astype("m8[s]")
    return clock


def seal(blocks: NDArray[np.void]) -> None:
    """Set the checksum of each block in place: the sum of all its 16-bit words becomes 0."""
    blocks["checksum"] = 0
    words = blocks.view("<u2").reshape(len(blocks), -1)
    blocks["checksum"] = -words.sum(axis=1, dtype=np.uint16)


def _blocks(
    chunk: Chunk, written: int, signal: Signal, layout: Layout, nominal: float, session: int
) -> NDArray[np.void]:
    count = len(chunk.accel) // layout.count
    first = written + np.arange(count) * layout.count
    blocks = np.zeros(count, dtype=BLOCK)
    blocks["magic"], blocks["length"] = b"AX", BLOCK.itemsize - 4
    blocks["session"] = session
    blocks["sequence"] = first // layout.count
    blocks["rate"] = RATE_CODES[nominal] | RANGE_8_G
    blocks["axes"], blocks["count"] = layout.axes, layout.count
    blocks["clock"], blocks["index"], blocks["fraction"] = _instants(signal, first, nominal)
    blocks["light"] = layout.scales | _light_counts(chunk.light[:: layout.count])
    blocks["temperature"] = np.rint((chunk.temperature[:: layout.count] + 50) * 256 / 75)
    blocks["battery"] = np.maximum(200 - first / signal.hz / 3600 / 8, 150)
    blocks["samples"] = _samples(chunk, layout).reshape(count, -1).view(np.uint8)
    seal(blocks)
    return blocks


def _instants(
    signal: Signal, first: NDArray[np.int64], nominal: float
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Whole second, sample index and fraction with its flag, for blocks that begin at `first`."""
    whole = np.datetime64(signal.start.replace(microsecond=0), "s")
    since = first / signal.hz + signal.start.microsecond / 1e6
    ahead = (np.ceil(since.round(6)) - since) * signal.hz
    aligned = (np.abs(ahead - np.rint(ahead)) < 1e-3) & (signal.hz == nominal)
    second = np.where(aligned, np.ceil(since.round(6)), np.floor(since))
    ticks = np.where(aligned, 0, (since - second) * 32768).astype(np.int64)
    index = np.where(aligned, np.rint(ahead), -(ticks * nominal // 32768)).astype(np.int64)
    return packed_clocks(whole + second.astype("m8[s]")), index, ticks | 0x8000


def _light_counts(lux: Floats) -> NDArray[np.uint16]:
    """The logarithmic sensor: lux = 10 ** ((counts + 512) * 6 / 1024)."""
    counts = np.rint(np.log10(np.maximum(lux, 1.0)) * 1024 / 6 - 512)
    cut: NDArray[np.uint16] = np.clip(counts, 0, 1023).astype(np.uint16)
    return cut


def _counts(accel: Floats, layout: Layout) -> NDArray[np.int32]:
    counts = np.rint(accel * np.float32(layout.scale))
    cut: NDArray[np.int32] = np.clip(counts, -layout.limit, layout.limit - 1).astype(np.int32)
    return cut


def _gyro_counts(gyro: Floats) -> NDArray[np.int16]:
    counts = np.rint(gyro * np.float32(32768 / 2000))
    cut: NDArray[np.int16] = np.clip(counts, -32768, 32767).astype(np.int16)
    return cut


def _exponents(counts: NDArray[np.int32]) -> NDArray[np.int32]:
    """The bits to shift out of each sample so that its three axes fit 10 bits."""
    widest = np.maximum(counts, ~counts).max(axis=1)
    shifts: NDArray[np.int32] = (widest > 511).astype(np.int32) + (widest > 1023)
    return shifts


def _samples(chunk: Chunk, layout: Layout) -> NDArray[np.uint32] | NDArray[np.int16]:
    counts = _counts(chunk.accel, layout)
    if layout.packed:
        shift = _exponents(counts)
        x, y, z = ((counts >> shift[:, None]) & 0x3FF).astype(np.uint32).T
        words: NDArray[np.uint32] = x | y << 10 | z << 20 | shift.astype(np.uint32) << 30
        return words
    if not layout.gyro:
        return counts.astype("<i2")
    if chunk.gyro is None:
        raise MissingGyroError(layout.name)
    return np.column_stack((_gyro_counts(chunk.gyro), counts.astype(np.int16)))
