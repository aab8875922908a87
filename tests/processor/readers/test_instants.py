"""The same wall clock gives the same instants, whichever device wrote it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import avro.schema
import h5py
import numpy as np
import pytest
from avro.datafile import DataFileWriter
from avro.io import DatumWriter
from hypothesis import given
from hypothesis import strategies as st

from wearline_processor.quality.catalogue import failing
from wearline_processor.readers import read
from wearline_processor.readers.instants import offset_findings, utc_offset
from wearline_processor.recording import RecordingUnreadable

Made = Callable[..., Path]
NEW_YORK = "America/New_York"
CSV = {"type": "csv", "time": "timestamp", "accel": ["x", "y", "z"], "clock": "local"}
# In 2024 clocks in New York skipped 02:00 on 10 March and came to 01:00 twice on 3 November.
SPRING = datetime(2024, 3, 10, 1, 50)  # noqa: DTZ001 - wall clocks
AUTUMN = datetime(2024, 11, 3, 0, 50)  # noqa: DTZ001
FORMATS: dict[str, dict[str, Any]] = {
    "cwa": {"type": "axivity"},
    "cwa-ax6": {"type": "axivity"},
    "bin": {"type": "geneactiv"},
    "gt3x": {"type": "gt3x"},
    "csv": CSV,
}


def seconds(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("start", [SPRING, AUTUMN, datetime(2024, 7, 1, 9)])  # noqa: DTZ001
@pytest.mark.parametrize("time_zone", [NEW_YORK, "Europe/London", "Asia/Kolkata"])
def test_all_readers_give_the_same_instants(made: Made, start: datetime, time_zone: str) -> None:
    instants = {
        kind: read(made(kind, minutes=40, hz=50, start=start), options, time_zone).recording.time
        for kind, options in FORMATS.items()
    }
    first = start.replace(tzinfo=ZoneInfo(time_zone)).timestamp()
    for kind, time in instants.items():
        rows = min(time.size, instants["cwa"].size)
        assert time[0] == first, kind
        np.testing.assert_allclose(time[:rows], instants["cwa"][:rows], rtol=0, atol=0.021)


def test_arrays_of_local_seconds_follow_the_same_rule(made: Made, tmp_path: Path) -> None:
    recording = read(made("bin", minutes=40, start=SPRING), FORMATS["bin"], "UTC").recording
    path = tmp_path / "arrays.npz"
    np.savez(path, time=recording.time, accel=recording.accel, fs=50.0)
    local = read(path, {"type": "npz", "clock": "local"}, NEW_YORK).recording
    np.testing.assert_array_equal(local.time, recording.time + 5 * 3600)
    utc = read(path, {"type": "npz", "clock": "utc"}, NEW_YORK).recording
    np.testing.assert_array_equal(utc.time, recording.time)


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
def test_devices_that_store_instants_agree_with_those_that_store_a_wall_clock(
    made: Made, tmp_path: Path, start: datetime
) -> None:
    wall = read(made("cwa", minutes=40, hz=50, start=start), FORMATS["cwa"], NEW_YORK).recording
    first = start.replace(tzinfo=ZoneInfo(NEW_YORK)).timestamp()
    opal, empatica = tmp_path / "opal.h5", tmp_path / "session.avro"
    _write_opal(opal, first, wall.rows)
    _write_empatica(empatica, first, wall.rows)
    for path, options in (
        (opal, {"type": "apdm", "sensor_location": "Lumbar"}),
        (empatica, {"type": "empatica"}),
    ):
        time = read(path, options, NEW_YORK).recording.time
        np.testing.assert_allclose(time, wall.time, rtol=0, atol=0.021, err_msg=path.name)


def _write_opal(path: Path, first: float, rows: int) -> None:
    with h5py.File(path, "w") as file:
        sensor = file.create_group("Sensors/1234")
        about = sensor.create_group("Configuration").attrs
        about["Label 0"], about["Timezone Offset"] = np.bytes_("Lumbar"), -5
        about["Sample Rate"] = 50
        sensor["Accelerometer"] = np.tile([0.0, 0.0, 9.81], (rows, 1))
        sensor["Gyroscope"] = np.zeros((rows, 3))
        sensor["Temperature"] = np.full(rows, 30.5)
        sensor["Time"] = ((first + np.arange(rows) / 50) * 1e6).astype(np.uint64)


def _write_empatica(path: Path, first: float, rows: int) -> None:
    limits = {"physicalMin": -8, "physicalMax": 8, "digitalMin": -32768, "digitalMax": 32767}
    accelerometer = {
        **{axis: [4096 * (axis == "z")] * rows for axis in "xyz"},
        "samplingFrequency": 50.0,
        "timestampStart": round(first * 1e6),
        "imuParams": limits,
    }
    session = {
        "deviceModel": "Empatica EmbracePlus",
        "timezone": -18000,
        "rawData": {"accelerometer": accelerometer},
    }
    schema = avro.schema.parse(json.dumps(_schema("session", session)))
    with DataFileWriter(path.open("wb"), DatumWriter(), schema) as writer:
        writer.append(session)


def _schema(name: str, value: Any) -> Any:
    """The Avro type of a plain value."""
    if isinstance(value, dict):
        fields = [{"name": key, "type": _schema(key, each)} for key, each in value.items()]
        return {"type": "record", "name": f"{name}_record", "fields": fields}
    if isinstance(value, list):
        return {"type": "array", "items": _schema(name, value[0])}
    return {str: "string", float: "double", int: "long"}[type(value)]


def test_change_of_clocks_leaves_time_even_and_is_said(made: Made) -> None:
    reading = read(made("bin", minutes=40, start=SPRING), FORMATS["bin"], NEW_YORK)
    assert reading.quality.gaps == 0
    assert "clock_change" in reading.quality.codes()
    assert np.diff(reading.recording.time).max() < 0.021


@given(st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_offset_is_that_of_the_first_wall_clock_time(wall: Any) -> None:
    naive = (wall - datetime(1970, 1, 1)) / timedelta(seconds=1)  # noqa: DTZ001
    offset, doubts = utc_offset(naive, NEW_YORK)
    assert offset in (4 * 3600, 5 * 3600)
    if not doubts:
        local = datetime.fromtimestamp(naive + offset, ZoneInfo(NEW_YORK))
        assert abs(local.replace(tzinfo=None) - wall) < timedelta(milliseconds=1)


def test_start_in_the_hour_that_comes_twice_takes_the_earlier_and_fails() -> None:
    offset, doubts = utc_offset(seconds(2024, 11, 3, 1, 30), NEW_YORK)
    assert offset == 4 * 3600
    assert [finding.code for finding in failing(doubts)] == ["start_ambiguous"]
    assert "2024-11-03 01:30:00" in doubts[0].sentence


def test_start_in_the_hour_that_clocks_skip_fails() -> None:
    _, doubts = utc_offset(seconds(2024, 3, 10, 2, 30), NEW_YORK)
    assert [finding.code for finding in failing(doubts)] == ["start_nonexistent"]


@pytest.mark.parametrize("wall", [0.0, seconds(2000, 1, 1), seconds(2150, 1, 1), np.nan, 1e300])
def test_clock_that_was_never_set_fails(wall: Any) -> None:
    _, doubts = utc_offset(wall, NEW_YORK)
    assert [finding.code for finding in failing(doubts)] == ["clock_implausible"]


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime"])
def test_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(RecordingUnreadable) as refused:
        utc_offset(seconds(2024, 1, 1), name)
    assert refused.value.code == "time_zone_unknown"


@pytest.mark.parametrize(("hours", "conflict"), [(-5, False), (-4, False), (-6, True), (1, True)])
def test_offset_of_another_zone_is_a_warning(hours: int, conflict: bool) -> None:
    found = offset_findings(hours * 3600.0, seconds(2024, 7, 1), NEW_YORK)
    assert [finding.code for finding in found] == ["offset_conflict"] * conflict


def test_quality_record_is_plain_json(made: Made) -> None:
    quality = read(made("cwa"), FORMATS["cwa"], NEW_YORK, raw=False).quality
    record = json.loads(json.dumps(quality.to_dict(), allow_nan=False))
    assert record["start"] == "2024-03-09T23:00:00.000Z"
    assert record["calibration"]["possible"] is False
    assert len(gzip.compress(json.dumps(record).encode())) < 4096


def test_geneactiv_header_of_another_zone_is_said(made: Made) -> None:
    """The generated device was set up five hours west of UTC."""
    for time_zone, said in ((NEW_YORK, False), ("Asia/Kolkata", True)):
        quality = read(made("bin"), FORMATS["bin"], time_zone, raw=False).quality
        assert ("offset_conflict" in quality.codes()) == said
