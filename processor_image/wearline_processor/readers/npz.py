"""Arrays that numpy saved (.npz), by SKDH's names: time, accel and, where present, gyro (rad/s),
temperature and fs.

Values equal those of SKDH 0.17.18's ReadNumpyFile; nothing is unpickled, and no size that the file
claims is believed before it is compared with what the archive holds.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality.catalogue import finding, unreadable
from wearline_processor.readers import arrays
from wearline_processor.readers.archive import BROKEN, check_size
from wearline_processor.readers.instants import utc_offset
from wearline_processor.recording import Floats, Quality, Reading, Recording

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_COLUMNS = {"time": 1, "accel": 2, "gyro": 2, "temperature": 1, "fs": 0}


def read(path: Path, options: Mapping[str, Any], time_zone: str, *, raw: bool = True) -> Reading:
    """Read an .npz file. Raises RecordingUnreadable."""
    quality = Quality(format="npz", file_bytes=path.stat().st_size)
    held = _arrays(path)
    for name in ("time", "accel"):
        if name not in held:
            columns = ", ".join(sorted(held)) or "none"
            raise unreadable("column_missing", column=repr(name), columns=columns)
    time, whole = held["time"], _whole(held)
    if not whole.all():
        quality.findings.append(finding("values_missing", count=int((~whole).sum())))
        held = {name: each if each.ndim == 0 else each[whole] for name, each in held.items()}
        time = held["time"]
    if time.size < 2:
        raise unreadable("samples_missing", format="npz")
    if options.get("clock", "local") == "local":
        offset, doubts = utc_offset(float(time[0]), time_zone)
        time, quality.findings = time + offset, [*quality.findings, *doubts]
    fs = _rate(held.get("fs"), time, quality)
    recording = Recording(time, held["accel"], fs, held.get("gyro"), held.get("temperature"))
    return arrays.reading(recording, quality, time_zone, raw=raw)


def _rate(given: Floats | None, time: Floats, quality: Quality) -> float:
    if given is None:
        return arrays.estimated_rate(time, quality)
    if not (np.isfinite(given) and 0 < given < 1e5):
        raise unreadable("content_damaged", format="npz", problem="fs is no sampling rate")
    return float(given)


def _whole(held: dict[str, Floats]) -> NDArray[np.bool_]:
    rows = held["time"].size
    whole = np.ones(rows, dtype=bool)
    for name in ("time", "accel", "gyro", "temperature"):
        if name in held:
            whole &= np.isfinite(held[name].reshape(rows, -1)).all(axis=1)
    return whole


def _arrays(path: Path) -> dict[str, Floats]:
    """The arrays of the names that are known, checked to fit each other."""
    try:
        with zipfile.ZipFile(path) as archive:
            present = set(archive.namelist())
            names = [name for name in _COLUMNS if f"{name}.npy" in present]
            held = {name: _array(archive, name, path.stat().st_size) for name in names}
    except BROKEN as error:
        problem = f"{type(error).__name__} in the archive"
        raise unreadable("content_damaged", format="npz", problem=problem) from error
    rows = held["time"].shape if "time" in held else None
    for name, values in held.items():
        if values.ndim != _COLUMNS[name] or (values.ndim and values.shape[:1] != rows):
            raise unreadable("content_damaged", format="npz", problem=f"{name} has a wrong shape")
        if values.ndim == 2 and values.shape[1] != 3:
            raise unreadable("content_damaged", format="npz", problem=f"{name} has no three axes")
    return held


def _array(archive: zipfile.ZipFile, name: str, file_bytes: int) -> Floats:
    entry = archive.getinfo(f"{name}.npy")
    with archive.open(entry) as stream:
        shape, fortran, dtype = _HEADERS[np.lib.format.read_magic(stream)](stream)
        size = math.prod(shape) * dtype.itemsize
        if dtype.kind not in "fiu" or min(shape, default=0) < 0:
            raise ValueError(name)
        check_size(size, file_bytes)
        values = np.frombuffer(stream.read(size), dtype)
        if stream.read(1):  # only at its end is a member's checksum compared
            raise ValueError(name)
    shaped = values.reshape(shape, order="F" if fortran else "C")
    # A copy, since the bytes that were read cannot be written, and calibration works in place.
    return np.array(shaped, dtype=np.float64, order="C").reshape(shape)
