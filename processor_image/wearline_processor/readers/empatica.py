"""Empatica recordings (.avro of EmbracePlus and its kin).

Acceleration, times and rate equal those of SKDH 0.17.18's ReadEmpaticaAvro bit for bit, and so
does temperature where SKDH gives it (it stops with the last temperature, here the last one holds
to the end). Times are instants already; the file's own offset is only compared with the time zone.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wearline_processor.quality.catalogue import unreadable
from wearline_processor.readers import arrays
from wearline_processor.readers.archive import BROKEN
from wearline_processor.readers.instants import offset_findings
from wearline_processor.recording import Floats, Quality, Reading, Recording

_FORMAT = "Empatica"


def read(
    path: Path,
    _options: Mapping[str, Any],
    time_zone: str,
    *,
    raw: bool = True,
) -> Reading:
    """Read an .avro file. Raises RecordingUnreadable."""
    session = _session(path)
    try:
        accel = session["rawData"]["accelerometer"]
        fs = float(accel["samplingFrequency"])
        values = _scaled(accel)
        if len(values) < 2:
            raise unreadable("samples_missing", format=_FORMAT)
        time = _times(accel["timestampStart"], fs, len(values))
        temperature = _on(time, session["rawData"].get("temperature"))
        quality = _quality(path, session)
        zone_offset_s = float(session["timezone"])
    except BROKEN as error:
        raise _damaged(error) from error
    quality.findings += offset_findings(zone_offset_s, float(time[0]), time_zone)
    recording = Recording(time, values, fs, temperature=temperature)
    range_g = float(accel["imuParams"]["physicalMax"])
    return arrays.reading(recording, quality, time_zone, raw=raw, range_g=range_g)


def _session(path: Path) -> dict[str, Any]:
    """The one record of the file. It is read from memory, where no claimed length is believed."""
    from avro.datafile import DataFileReader
    from avro.errors import AvroException
    from avro.io import DatumReader

    try:
        with DataFileReader(io.BytesIO(path.read_bytes()), DatumReader()) as reader:
            sessions = list(reader)
    except (AvroException, AssertionError, MemoryError, *BROKEN) as error:
        raise _damaged(error) from error
    if len(sessions) != 1 or not isinstance(sessions[0], dict):
        what = f"{len(sessions)} sessions instead of one"
        raise unreadable("content_unsupported", format=_FORMAT, what=what)
    return sessions[0]


def _damaged(error: Exception) -> Exception:
    problem = f"{type(error).__name__} while decoding"
    return unreadable("content_damaged", format=_FORMAT, problem=problem)


def _scaled(accel: Mapping[str, Any]) -> Floats:
    """(N, 3) in g, by the expression of SKDH."""
    digital = np.ascontiguousarray(np.vstack([accel[axis] for axis in "xyz"]).T)
    limits = accel["imuParams"]
    low, high = limits["physicalMin"], limits["physicalMax"]
    span = limits["digitalMax"] - limits["digitalMin"]
    scaled = (digital - limits["digitalMin"]) / span * (high - low) + low
    if not np.isfinite(scaled).all():
        raise ValueError("the scale of the accelerometer")
    return np.asarray(scaled, dtype=np.float64)


def _times(start_us: int, fs: float, count: int) -> Floats:
    """The instants of evenly spaced samples, rounded as numpy's arange in SKDH rounds them."""
    start = start_us / 1e6
    if not (0.01 <= fs <= 10_000 and 0 <= start < 1e10):
        raise ValueError("the start or the rate of a sensor")
    time = np.arange(start, start + count / fs, 1 / fs)[:count]
    if time.size != count:
        raise ValueError("the times of a sensor")
    return time


def _on(time: Floats, sensor: Mapping[str, Any] | None) -> Floats | None:
    """A slower sensor at these times, by linear interpolation as SKDH does it."""
    if not sensor or not sensor["values"]:
        return None
    values = np.ascontiguousarray(sensor["values"], dtype=np.float64)
    fs = float(np.round(sensor["samplingFrequency"], decimals=3))
    return np.interp(time, _times(sensor["timestampStart"], fs, values.size), values)


def _quality(path: Path, session: Mapping[str, Any]) -> Quality:
    version = session.get("fwVersion") or {}
    numbers = [version.get(part) for part in ("major", "minor", "patch")]
    return Quality(
        format="empatica",
        device=session.get("deviceModel") or None,
        serial_number=session.get("deviceSn") or None,
        firmware=None if None in numbers else ".".join(str(number) for number in numbers),
        file_bytes=path.stat().st_size,
    )
