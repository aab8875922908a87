"""APDM Opal recordings (.h5 of Mobility Lab): one of the sensors of a session.

Values equal those of SKDH 0.17.18's ReadApdmH5: acceleration in m/s² divided by 9.81, microseconds
divided by 1e6, angular velocity in rad/s. Times are instants already.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from wearline_processor.quality.catalogue import unreadable
from wearline_processor.readers import arrays
from wearline_processor.readers.archive import BROKEN, check_size
from wearline_processor.readers.instants import offset_findings
from wearline_processor.recording import Floats, Quality, Reading, Recording

_FORMAT = "APDM"
_G = 9.81


def read(path: Path, options: Mapping[str, Any], time_zone: str, *, raw: bool = True) -> Reading:
    """Read the sensor of one location from an .h5 file. Raises RecordingUnreadable."""
    size = path.stat().st_size
    try:
        with h5py.File(path, "r") as file:
            sensor = _sensor(file, str(options["sensor_location"]))
            about = sensor["Configuration"].attrs
            time = _column(sensor, "Time", 1, size) / 1e6
            recording = Recording(
                time=time,
                accel=_column(sensor, "Accelerometer", 3, size) / _G,
                fs=0.0,
                gyro=_column(sensor, "Gyroscope", 3, size),
                temperature=_column(sensor, "Temperature", 1, size),
            )
            offset_s = _number(about, "Timezone Offset", 3600.0)
            rate = _number(about, "Sample Rate", 1.0)
            quality = Quality(
                format="apdm",
                device="APDM Opal",
                serial_number=_text(sensor.name.rpartition("/")[2]),
                firmware=_text(about.get("Firmware Version")),
                file_bytes=size,
            )
    except BROKEN as error:
        problem = f"{type(error).__name__} while decoding"
        raise unreadable("content_damaged", format=_FORMAT, problem=problem) from error
    if time.size < 2:
        raise unreadable("samples_missing", format=_FORMAT)
    recording.fs = rate if rate and rate > 0 else arrays.estimated_rate(time, quality)
    quality.findings += offset_findings(offset_s, float(time[0]), time_zone)
    return arrays.reading(recording, quality, time_zone, raw=raw)


def _sensor(file: h5py.File, location: str) -> h5py.Group:
    """The sensor with this label."""
    if "Sensors" not in file:
        raise unreadable("format_not_recognised", what="an HDF5 file that is not from APDM")
    labels = {}
    for name, sensor in file["Sensors"].items():
        try:
            labels[_text(sensor["Configuration"].attrs["Label 0"]) or ""] = name
        except (RuntimeError, KeyError, AttributeError):
            continue  # a sensor with issues does not keep the others from being read
    if location not in labels:
        sensors = ", ".join(sorted(labels)) or "none"
        raise unreadable("sensor_not_found", sensor=repr(location), sensors=sensors)
    return file["Sensors"][labels[location]]


def _column(sensor: h5py.Group, name: str, axes: int, file_bytes: int) -> Floats:
    """An array of numbers with this many axes, finite, and of the same length as the times."""
    data = sensor[name]
    check_size(int(np.prod(data.shape, dtype=np.float64)) * 8, file_bytes)
    wanted = sensor["Time"].shape + ((axes,) if axes > 1 else ())
    values = np.asarray(data[()], dtype=np.float64)
    if values.shape != wanted or not np.isfinite(values).all():
        raise ValueError(name)
    return values


def _number(about: Mapping[str, Any], name: str, scale: float) -> float | None:
    try:
        value = float(about[name]) * scale
    except BROKEN:
        return None
    return value if np.isfinite(value) else None


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value)[:100] if value else None
