"""For valid files our readers give what SKDH's own give, bit for bit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skdh.io import ReadApdmH5, ReadBin, ReadCSV, ReadCwa, ReadEmpaticaAvro, ReadNumpyFile

from wearline_processor.readers import read

Made = Callable[..., Path]
Reads = Callable[..., dict[str, Any]]
Compares = Callable[[Any, dict[str, Any]], None]
NEW_YORK = "America/New_York"
CWA = (
    "GGIRread-ax3_testfile.cwa",
    "actfast-axivity_ax6.cwa",
    "openmovement-example-610-steps.cwa",
    "paradigma-test_data.CWA",
    "scikit-digital-health-ax3_sample.cwa",
    "scikit-digital-health-ax6_sample.cwa",
)
BIN = ("actfast-geneactiv.bin", "scikit-digital-health-gnactv_sample.bin")
NPZ = (
    "scikit-digital-health-gait_input.npz",
    "scikit-digital-health-gait_input2.npz",
    "scikit-digital-health-s2s_input_data.npz",
)


@pytest.mark.parametrize("name", CWA)
@pytest.mark.parametrize("time_zone", [NEW_YORK, "Asia/Kolkata"])
def test_real_axivity_recordings_equal(
    shared_data: Path, skdh_reads: Reads, assert_bit_for_bit: Compares, name: str, time_zone: str
) -> None:
    theirs = skdh_reads(ReadCwa(), shared_data / name, time_zone)
    ours = read(shared_data / name, {"type": "axivity"}, time_zone).recording
    assert_bit_for_bit(ours, theirs)
    if "gyro" in theirs:
        np.testing.assert_array_equal(ours.gyro, np.deg2rad(theirs["gyro"]))


@pytest.mark.parametrize("name", BIN)
def test_real_geneactiv_recordings_equal(
    shared_data: Path, skdh_reads: Reads, assert_bit_for_bit: Compares, name: str
) -> None:
    theirs = skdh_reads(ReadBin(), shared_data / name)
    assert_bit_for_bit(read(shared_data / name, {"type": "geneactiv"}, NEW_YORK).recording, theirs)


def test_whole_pages_of_the_truncated_real_recording_equal(
    shared_data: Path, tmp_path: Path, skdh_reads: Reads, assert_bit_for_bit: Compares
) -> None:
    truncated = shared_data / "GGIRread-GENEActiv_testfile.bin"
    pages = truncated.read_bytes().split(b"Recorded Data")
    whole = tmp_path / "whole.bin"
    header = re.sub(rb"Number of Pages:\d+", b"Number of Pages:16", pages[0])
    whole.write_bytes(b"Recorded Data".join([header, *pages[1:17]]))
    ours = read(truncated, {"type": "geneactiv"}, NEW_YORK).recording
    assert ours.fs == 85.7
    assert_bit_for_bit(ours, skdh_reads(ReadBin(), whole))


@pytest.mark.parametrize("name", NPZ)
def test_real_arrays_equal(
    shared_data: Path, skdh_reads: Reads, assert_bit_for_bit: Compares, name: str
) -> None:
    theirs = skdh_reads(ReadNumpyFile(), shared_data / name)
    ours = read(shared_data / name, {"type": "npz"}, NEW_YORK).recording
    assert_bit_for_bit(ours, theirs)
    assert ("gyro" in theirs) == (ours.gyro is not None)


def test_real_empatica_recording_equals(
    shared_data: Path, skdh_reads: Reads, assert_bit_for_bit: Compares
) -> None:
    path = shared_data / "paradigma-test_data.avro"
    theirs = skdh_reads(ReadEmpaticaAvro(), path, "Europe/Amsterdam")
    assert_bit_for_bit(read(path, {"type": "empatica"}, "Europe/Amsterdam").recording, theirs)


def test_real_table_of_unix_times_equals(
    shared_data: Path, skdh_reads: Reads, assert_bit_for_bit: Compares
) -> None:
    path = shared_data / "scikit-digital-health-example_data_2min.csv"
    reader = ReadCSV(
        "1",
        {"accel": ["2", "3", "4"]},
        to_datetime_kwargs={"unit": "s"},
        read_csv_kwargs={"header": None, "names": list("1234567")},
        fill_gaps=False,
        gaps_error="ignore",
    )
    options = {"type": "csv", "time": "1", "accel": ["2", "3", "4"], "clock": "utc"}
    assert_bit_for_bit(read(path, options, NEW_YORK).recording, skdh_reads(reader, path))


def test_real_geneactiv_export_equals_once_its_header_is_skipped(
    shared_data: Path, skdh_reads: Reads
) -> None:
    path = shared_data / "pygeneactiv-right_wrist.csv"
    names = ["time", "x", "y", "z", "lux", "button", "temperature"]
    reader = ReadCSV(
        "time",
        {"accel": ["x", "y", "z"], "temperature": "temperature"},
        to_datetime_kwargs={"format": "%Y-%m-%d %H:%M:%S:%f"},
        read_csv_kwargs={"header": None, "skiprows": 100, "names": names},
        fill_gaps=False,
        gaps_error="ignore",
    )
    theirs = skdh_reads(reader, path, "Europe/London")
    options = {"type": "csv", "time": "time", "accel": ["x", "y", "z"], "clock": "utc"}
    ours = read(path, options | {"temperature": "temperature"}, "Europe/London").recording
    np.testing.assert_array_equal(ours.time, theirs["time"])
    np.testing.assert_array_equal(ours.accel, theirs["accel"])
    np.testing.assert_array_equal(ours.temperature, theirs["temperature"])
    assert ours.fs == 100  # by the header; SKDH takes 100.000095 from the times


@pytest.mark.parametrize("kind", ["cwa", "cwa-unpacked", "cwa-ax6"])
@pytest.mark.parametrize("hz", [25, 50, 100])
def test_generated_axivity_recordings_equal(
    made: Made, skdh_reads: Reads, assert_bit_for_bit: Compares, kind: str, hz: float
) -> None:
    path = made(kind, minutes=3, hz=hz)
    ours = read(path, {"type": "axivity"}, NEW_YORK).recording
    assert_bit_for_bit(ours, skdh_reads(ReadCwa(), path))


@pytest.mark.parametrize("hz", [20, 50, 75, 100])
def test_generated_geneactiv_recordings_equal(
    made: Made, skdh_reads: Reads, assert_bit_for_bit: Compares, hz: float
) -> None:
    path = made("bin", minutes=3, hz=hz)
    ours = read(path, {"type": "geneactiv"}, NEW_YORK).recording
    assert_bit_for_bit(ours, skdh_reads(ReadBin(), path))


def test_day_of_samples_over_a_change_of_clocks_equals(
    made: Made, skdh_reads: Reads, assert_bit_for_bit: Compares
) -> None:
    saturday_evening = datetime(2024, 3, 9, 18)  # noqa: DTZ001 - a wall clock
    for kind, name, reader in (("cwa", "axivity", ReadCwa()), ("bin", "geneactiv", ReadBin())):
        path = made(kind, minutes=24 * 60, hz=20 if kind == "bin" else 25, start=saturday_evening)
        ours = read(path, {"type": name}, NEW_YORK).recording
        assert_bit_for_bit(ours, skdh_reads(reader, path))


def test_times_down_to_the_second_equal(
    tmp_path: Path, skdh_reads: Reads, assert_bit_for_bit: Compares
) -> None:
    path = tmp_path / "seconds.csv"
    rows = [
        f"2024-01-01 00:00:{second:02},{k / 30},0.1,{1 - k / 100}\n"
        for second in range(50)
        for k in range(30)
    ]
    path.write_text("t,x,y,z\n" + "".join(rows))
    reader = ReadCSV("t", {"accel": ["x", "y", "z"]}, fill_gaps=False)
    options = {"type": "csv", "time": "t", "accel": ["x", "y", "z"], "clock": "utc"}
    assert_bit_for_bit(read(path, options, NEW_YORK).recording, skdh_reads(reader, path))


def test_apdm_sensor_equals(opal: Path, skdh_reads: Reads, assert_bit_for_bit: Compares) -> None:
    theirs = skdh_reads(ReadApdmH5("Lumbar"), opal)
    options = {"type": "apdm", "sensor_location": "Lumbar"}
    ours = read(opal, options, NEW_YORK).recording
    assert_bit_for_bit(ours, theirs)
    np.testing.assert_array_equal(ours.gyro, theirs["gyro"])
