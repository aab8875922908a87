"""The sectors of an Axivity file: finding the good ones, and decoding what they hold.

After the OpenMovement project's description of the .cwa format (cwa.h, BSD). Every number is
checked before use: a sector that fails is counted as damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality.catalogue import unreadable
from wearline_processor.recording import Floats

SECTOR = 512
_DATA_SECTOR = 2  # the two before hold the header
_SECTORS_AT_ONCE = 4096
_ERASED = (b"\xff\xff", b"\x00\x00")
# SKDH writes these two constants in single precision.
_TEMPERATURE_ZERO, _TEMPERATURE_SCALE = float(np.float32(171.0)), float(np.float32(3.142))

_HARDWARE = {0x00: "AX3", 0x17: "AX3", 0xFF: "AX3", 0x64: "AX6"}
_FILE_HEADER = np.dtype(
    {
        "names": ["hardware", "device", "upper_device", "rate", "firmware"],
        "formats": ["u1", "<u2", "<u2", "u1", "u1"],
        "offsets": [4, 5, 11, 36, 41],
        "itemsize": 64,
    }
)
_BLOCK_HEADER = np.dtype(
    [
        ("magic", "S2"),
        ("length", "<u2"),
        ("fraction", "<u2"),
        ("session", "<u4"),
        ("sequence", "<u4"),
        ("timestamp", "<u4"),
        ("light", "<u2"),
        ("temperature", "<u2"),
        ("events", "u1"),
        ("battery", "u1"),
        ("rate", "u1"),
        ("packing", "u1"),
        ("offset", "<i2"),
        ("count", "<u2"),
    ]
)
Sectors = NDArray[np.uint8]
Headers = NDArray[Any]  # of _BLOCK_HEADER
Axis = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Layout:
    """How blocks hold their samples: 3 axes (accel) or more (gyro, accel), and how many of each."""

    axes: int
    packed: bool
    samples: int


@dataclass(frozen=True, slots=True)
class Index:
    """The good blocks of a file in file order: (K,) sector numbers, headers and checksums."""

    device: str | None
    serial_number: str | None
    firmware: str | None
    hz: float
    range_g: float
    layout: Layout
    sector: NDArray[np.int64]
    header: Headers
    checksum: NDArray[np.uint16]
    damaged: int
    padding: int
    tail_bytes: int
    file_bytes: int


def scan(file: BinaryIO) -> Index:
    """Index a file in bounded memory: 32 bytes a block. Raises RecordingUnreadable."""
    parts = [_inspected(begin, sectors) for begin, sectors in _sectors(file)]
    if not parts:
        raise unreadable("samples_missing", format="Axivity")
    numbers, headers, checksums, whole = (np.concatenate(each) for each in zip(*parts, strict=True))
    layout = _layout(headers[whole])
    good = whole & _fits(headers, layout)
    last = int(np.flatnonzero(good)[-1])
    erased = np.isin(headers["magic"], _ERASED)
    padding = int(erased[last + 1 :].sum())
    file_bytes = file.seek(0, 2)
    return Index(
        **_file_header(file, headers[good]),
        layout=layout,
        sector=numbers[good],
        header=headers[good],
        checksum=checksums[good],
        damaged=int(good.size - good.sum()) - padding,
        padding=padding,
        tail_bytes=file_bytes % SECTOR,
        file_bytes=file_bytes,
    )


def read_sectors(file: BinaryIO, numbers: NDArray[np.int64]) -> Sectors:
    """The sectors of these numbers, (B, 512), in their order."""
    low, high = int(numbers.min()), int(numbers.max())
    if high - low < 2 * numbers.size + 16:
        file.seek(low * SECTOR)
        span = np.frombuffer(file.read((high - low + 1) * SECTOR), np.uint8).reshape(-1, SECTOR)
        return span[numbers - low]
    pieces = [read_sectors(file, numbers[k : k + 1]) for k in range(numbers.size)]
    return np.concatenate(pieces)


def starts(headers: Headers) -> Floats:
    """The naive unix seconds of each block's first sample, as SKDH's get_time computes them."""
    stamp = headers["timestamp"].astype(np.int64)
    months = ((stamp >> 26) & 0x3F) * 12 + ((stamp >> 22) & 0x0F) - 1 + 30 * 12
    first_of_month = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = first_of_month + ((stamp >> 17) & 0x1F) - 1
    clock = ((stamp >> 12) & 0x1F) * 3600 + ((stamp >> 6) & 0x3F) * 60 + (stamp & 0x3F)
    seconds = (days * 86400 + clock).astype(np.float64)
    return np.asarray(seconds - headers["offset"] / rates(headers["rate"]))


def rates(code: NDArray[np.uint8]) -> Floats:
    """Samples a second of a rate code."""
    return 3200.0 / (1 << (15 - (code & 0x0F).astype(np.int64)))


def accel_per_g(headers: Headers) -> Floats:
    """Device units in one g, of each block."""
    return np.asarray(np.ldexp(256.0, headers["light"] >> 13), dtype=np.float64)


def gyro_per_degree(headers: Headers) -> Floats:
    """Device units in one degree a second, of each block."""
    return 32768.0 / (8000 >> ((headers["light"] >> 10) & 0x07).astype(np.int64))


def celsius(headers: Headers) -> Floats:
    """The temperature of each block."""
    return np.asarray(((headers["temperature"] & 0x3FF) - _TEMPERATURE_ZERO) / _TEMPERATURE_SCALE)


def decode(sectors: Sectors, layout: Layout) -> list[Axis]:
    """The axes of (B, 512) sectors in device units, (B, samples) each: [gyro xyz,] accel xyz."""
    if layout.packed:
        return _unpacked(np.ascontiguousarray(sectors[:, 30:510]).view("<u4"))
    data = np.ascontiguousarray(sectors[:, 30 : 30 + 2 * layout.axes * layout.samples])
    values = data.view("<i2").reshape(len(data), layout.samples, layout.axes)
    return [np.ascontiguousarray(values[:, :, axis]) for axis in range(min(layout.axes, 6))]


def _unpacked(words: NDArray[np.uint32]) -> list[Axis]:
    """Three signed numbers of 10 bits and a shared exponent of 2 bits in each word."""
    shift = (6 - (words >> 30)).astype(np.int16)
    axes = [(words << 6), (words >> 4), (words >> 14)]
    return [((axis.astype(np.uint16) & 0xFFC0).view(np.int16) >> shift) for axis in axes]


def _sectors(file: BinaryIO) -> Iterator[tuple[int, Sectors]]:
    """Whole data sectors in runs, with the number of the first of each run."""
    begin = _DATA_SECTOR
    file.seek(begin * SECTOR)
    while len(data := file.read(_SECTORS_AT_ONCE * SECTOR)) >= SECTOR:
        whole = len(data) // SECTOR
        yield begin, np.frombuffer(data, np.uint8, whole * SECTOR).reshape(whole, SECTOR)
        begin += whole


def _inspected(
    begin: int, sectors: Sectors
) -> tuple[NDArray[np.int64], Headers, NDArray[np.uint16], NDArray[np.bool_]]:
    """Sector numbers, headers, checksum words, and whether each is a whole block of data."""
    words = sectors.view("<u2")
    headers = np.ascontiguousarray(sectors[:, : _BLOCK_HEADER.itemsize]).view(_BLOCK_HEADER)[:, 0]
    whole = words.sum(axis=1, dtype=np.uint16) == 0
    whole &= (headers["magic"] == b"AX") & (headers["length"] == SECTOR - 4)
    whole &= _plausible(headers)
    numbers = np.arange(begin, begin + len(sectors))
    return numbers, headers, words[:, -1].copy(), whole


def _plausible(headers: Headers) -> NDArray[np.bool_]:
    """Whether rate, packing, count and time stamp can be."""
    stamp = headers["timestamp"]
    month, day = (stamp >> 22) & 0x0F, (stamp >> 17) & 0x1F
    clock = (((stamp >> 12) & 0x1F) < 24) & (((stamp >> 6) & 0x3F) < 60) & ((stamp & 0x3F) < 60)
    axes, packing = headers["packing"] >> 4, headers["packing"] & 0x0F
    packed = (axes == 3) & (packing == 0)
    wide = np.isin(axes, (3, 6, 9)) & (packing == 2)
    capacity = np.where(packed, 120, 240 // np.maximum(axes, 3))
    fits = (packed | wide) & (headers["count"] > 0) & (headers["count"] <= capacity)
    fast = (headers["rate"] & 0x0F) >= 6  # 6.25 Hz, the slowest that the device offers
    return np.asarray(fits & fast & clock & (month >= 1) & (month <= 12) & (day >= 1))


def _layout(headers: Headers) -> Layout:
    """The layout of most blocks. Raises RecordingUnreadable where there is none."""
    if not headers.size:
        raise unreadable("samples_missing", format="Axivity")
    packings, counts = np.unique(headers["packing"], return_counts=True)
    packing = int(packings[counts.argmax()])
    samples = int(headers["count"][headers["packing"] == packing].max())
    return Layout(axes=packing >> 4, packed=packing & 0x0F == 0, samples=samples)


def _fits(headers: Headers, layout: Layout) -> NDArray[np.bool_]:
    packing = (layout.axes << 4) | (0 if layout.packed else 2)
    return np.asarray(headers["packing"] == packing)


def _file_header(file: BinaryIO, headers: Headers) -> dict[str, Any]:
    """The allow-listed fields of the header, or what the blocks themselves say of them."""
    file.seek(0)
    data = file.read(_FILE_HEADER.itemsize)
    if data[:2] != b"MD":
        code = int(headers["rate"][0])
        return _identity(None, None, None, code)
    head = np.frombuffer(data, _FILE_HEADER)[0]
    upper = 0 if head["upper_device"] == 0xFFFF else int(head["upper_device"])
    serial = str((upper << 16) | int(head["device"]))
    device = _HARDWARE.get(int(head["hardware"]), "Axivity")
    return _identity(device, serial, str(int(head["firmware"])), int(head["rate"]))


def _identity(
    device: str | None, serial: str | None, firmware: str | None, rate_code: int
) -> dict[str, Any]:
    return {
        "device": device,
        "serial_number": serial,
        "firmware": firmware,
        "hz": float(3200 / (1 << (15 - (rate_code & 0x0F)))),
        "range_g": float(16 >> (rate_code >> 6)),
    }
