"""Each real recording: what is in it, and what a data manager hears about those that are broken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wearline_processor.quality.catalogue import failing
from wearline_processor.readers import read, recognise
from wearline_processor.recording import RecordingUnreadable

LONDON = "Europe/London"
FORMATS = {
    "GGIRread-ActiGraph13_timestamps_headers.csv": "csv",
    "GGIRread-GENEActiv_testfile.bin": "geneactiv",
    "GGIRread-ax3_testfile.cwa": "axivity",
    "actfast-axivity_ax6.cwa": "axivity",
    "actfast-geneactiv.bin": "geneactiv",
    "agcounts-example.gt3x": "gt3x",
    "mobgap-HA_001-TimeMeasure1_Test11_Trial1.csv": "csv",
    "openmovement-example-610-steps.cwa": "axivity",
    "paradigma-test_data.CWA": "axivity",
    "paradigma-test_data.avro": "empatica",
    "pygeneactiv-right_wrist.csv": "csv",
    "scikit-digital-health-ax3_sample.cwa": "axivity",
    "scikit-digital-health-example_data_2min.csv": "csv",
    "scikit-digital-health-gait_input.npz": "npz",
}


@pytest.mark.parametrize(("name", "expected"), FORMATS.items())
def test_format_is_recognised_by_content_whatever_the_name(
    shared_data: Path, tmp_path: Path, name: str, expected: str
) -> None:
    renamed = tmp_path / "recording.dat"
    renamed.write_bytes((shared_data / name).read_bytes())
    assert recognise(renamed).format == expected


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("GGIRread-genea_testfile.bin", "GENEA"),
        ("GGIRread-mtx_25Hz_acc_HR.BIN", "Parmay Matrix"),
    ],
)
def test_foreign_bin_files_are_refused_by_the_name_of_what_they_are(
    shared_data: Path, name: str, named: str
) -> None:
    with pytest.raises(RecordingUnreadable, match=named) as refused:
        read(shared_data / name, {"type": "geneactiv"}, LONDON)
    assert refused.value.code == "format_not_recognised"


def test_recording_of_another_device_is_refused_with_both_named(shared_data: Path) -> None:
    with pytest.raises(RecordingUnreadable, match=r"geneactiv.*Axivity") as refused:
        read(shared_data / "paradigma-test_data.CWA", {"type": "geneactiv"}, LONDON)
    assert refused.value.code == "format_unexpected"


def test_truncated_geneactiv_recording_keeps_every_whole_page(shared_data: Path) -> None:
    reading = read(shared_data / "GGIRread-GENEActiv_testfile.bin", {"type": "geneactiv"}, LONDON)
    assert reading.recording.rows == 16 * 300
    assert {"truncated_tail", "pages_differ"} <= reading.quality.codes()
    assert not failing(reading.quality.findings)


def test_corrupt_axivity_blocks_become_gaps(shared_data: Path) -> None:
    corrupt = "GGIRread-ax3_testfile_corrupt_blocks_0_13_14_142_143_144.cwa"
    sound = read(shared_data / "GGIRread-ax3_testfile.cwa", {"type": "axivity"}, LONDON)
    reading = read(shared_data / corrupt, {"type": "axivity"}, LONDON)
    blocks = sound.recording.accel.reshape(-1, 120, 3)
    good = np.delete(blocks, [0, 13, 14, 142, 143, 144], axis=0)
    np.testing.assert_array_equal(reading.recording.accel, good.reshape(-1, 3))
    assert reading.quality.blocks_lost == 6
    assert reading.quality.gap_s == pytest.approx(2.44, abs=0.01)


def test_gap_of_half_a_second_that_skdh_passes_in_silence_is_found(shared_data: Path) -> None:
    sample = shared_data / "scikit-digital-health-gnactv_sample.bin"
    quality = read(sample, {"type": "geneactiv"}, LONDON).quality
    assert (quality.gaps, round(quality.gap_s, 3)) == (1, 0.5)


def test_clock_that_runs_slow_shows_in_the_measured_rate(shared_data: Path) -> None:
    path = shared_data / "openmovement-example-610-steps.cwa"
    quality = read(path, {"type": "axivity"}, LONDON).quality
    assert (quality.nominal_hz, round(quality.measured_hz, 1)) == (100, 98.5)
    assert "sampling_rate_drift" in quality.codes()


def test_gt3x_recording_is_read_in_full(shared_data: Path) -> None:
    reading = read(shared_data / "agcounts-example.gt3x", {"type": "gt3x"}, "America/Chicago")
    assert reading.recording.rows == 18_000
    assert reading.quality.serial_number == "TAS1H52220588"
    # The first sample's counts are -5, 2 and 264, of 256 in one g.
    np.testing.assert_array_equal(reading.recording.accel[0], np.array([-5, 2, 264]) / 256)
    assert np.median(np.linalg.norm(reading.recording.accel, axis=1)) == pytest.approx(1, abs=0.1)
    assert reading.quality.to_dict()["start"] == "2023-06-13T13:34:00.000Z"


def test_gt3x_recording_that_was_cut_off_keeps_every_whole_second(
    shared_data: Path, tmp_path: Path
) -> None:
    """Its log lies before info.txt, so that the device is unknown, and rate and scale are not."""
    whole, cut = shared_data / "agcounts-example.gt3x", tmp_path / "cut.gt3x"
    cut.write_bytes(whole.read_bytes()[:60_000])
    expected = read(whole, {"type": "gt3x"}, "America/Chicago").recording
    reading = read(cut, {"type": "gt3x"}, "America/Chicago")
    rows = reading.recording.rows
    assert rows == 9_600
    np.testing.assert_array_equal(reading.recording.accel, expected.accel[:rows])
    assert (reading.quality.firmware, reading.quality.serial_number) == ("1.7.2", None)
    assert "archive_cut" in reading.quality.codes()


def test_counts_are_not_taken_for_accelerations(shared_data: Path) -> None:
    path = shared_data / "GGIRread-ActiGraph13_timestamps_headers.csv"
    options = {"type": "csv", "time": "TimeStamp", "accel": ["axis1", "axis2", "axis3"]}
    quality = read(path, options | {"clock": "local"}, LONDON).quality
    assert quality.serial_number == "TAS1D48140206"
    assert {"unit_implausible", "clock_marked_utc"} <= quality.codes()
    assert quality.to_dict()["start"] == "2017-09-12T14:00:00.000Z"


def test_table_without_a_clock_takes_start_and_rate_from_the_configuration(
    shared_data: Path,
) -> None:
    path = shared_data / "mobgap-HA_001-TimeMeasure1_Test11_Trial1.csv"
    options = {
        "type": "csv",
        "accel": ["acc_x", "acc_y", "acc_z"],
        "gyro": ["gyr_x", "gyr_y", "gyr_z"],
        "gyro_unit": "deg/s",
        "clock": "local",
        "start": "2024-07-01T09:00:00",
        "sampling_rate": 100.0,
    }
    reading = read(path, options, LONDON)
    assert reading.recording.rows == 13_759
    assert reading.quality.to_dict()["start"] == "2024-07-01T08:00:00.000Z"
    assert reading.recording.gyro[0, 0] == np.deg2rad(-2.326208648231142)


def test_header_fields_beyond_the_allowed_never_leave_the_file(shared_data: Path) -> None:
    """One header holds a name, one a birth date, one a location and notes."""
    told = ""
    for name, kind in FORMATS.items():
        if kind in ("axivity", "geneactiv", "gt3x", "empatica"):
            told += json.dumps(read(shared_data / name, {"type": kind}, LONDON).quality.to_dict())
    for private in ("Kim", "1900", "right+wrist", "example", "Birth", "participant"):
        assert private not in told
