"""ActiGraph recordings, which SKDH cannot read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from wearline_processor.quality.catalogue import failing
from wearline_processor.readers import read
from wearline_processor.readers.gt3x_records import ACTIVITY, ACTIVITY2, decode
from wearline_processor.recording import Reading, RecordingUnreadable
from wearline_recordings import faults, gt3x, wrist
from wearline_recordings.gt3x import Record

CHICAGO = "America/Chicago"
START = datetime(2024, 5, 6, 21)  # noqa: DTZ001 - a wall clock
Rewrite = Callable[[Callable[[str], str]], Reading]


@pytest.fixture
def with_info(tmp_path: Path) -> Rewrite:
    """with_info(change): the reading of a recording whose info.txt was changed."""

    def make(change: Callable[[str], str]) -> Reading:
        source, path = tmp_path / "source.gt3x", tmp_path / "changed.gt3x"
        gt3x.write(source, wrist.signal(hours=1 / 60, hz=30, start=START, seed=2))
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
            new.writestr("log.bin", old.read("log.bin"))
            new.writestr("info.txt", change(old.read("info.txt").decode()))
        return read(path, {"type": "gt3x"}, CHICAGO)

    return make


@pytest.mark.parametrize("activity", [Record.ACTIVITY, Record.ACTIVITY2])
@pytest.mark.parametrize("hz", [30, 50, 70, 100])
def test_both_payloads_give_back_what_was_stored(tmp_path: Path, activity: Record, hz: int) -> None:
    signal = wrist.signal(hours=0.1, hz=hz, start=START, seed=2)
    rows = gt3x.write(tmp_path / "a.gt3x", signal, activity=activity)
    reading = read(tmp_path / "a.gt3x", {"type": "gt3x"}, CHICAGO)
    np.testing.assert_array_equal(reading.recording.accel, gt3x.stored(signal.whole().accel[:rows]))
    assert reading.recording.fs == hz
    assert np.diff(reading.recording.time) == pytest.approx(1 / hz, abs=1e-6)


def test_idle_sleep_repeats_the_last_sample_as_the_manufacturer_does(tmp_path: Path) -> None:
    signal = wrist.signal(hours=3, hz=30, start=START, seed=3)
    gt3x.write(tmp_path / "a.gt3x", signal, idle_sleep=True)
    reading = read(tmp_path / "a.gt3x", {"type": "gt3x"}, CHICAGO)
    rows = reading.recording.rows
    stored = gt3x.stored(signal.whole().accel[:rows])
    recorded = np.repeat(gt3x.recorded(signal, idle_sleep=True), 30)[:rows]
    np.testing.assert_array_equal(reading.recording.accel[recorded], stored[recorded])
    last = np.maximum.accumulate(np.where(recorded, np.arange(rows), 0))
    np.testing.assert_array_equal(reading.recording.accel, stored[last])
    assert {"idle_filled"} <= reading.quality.codes()
    assert reading.quality.gaps == 0
    assert not failing(reading.quality.findings)


def test_seconds_that_the_device_never_slept_through_are_a_gap(made: Callable[..., Path]) -> None:
    path = made("gt3x").with_name("gap.gt3x")
    path.write_bytes(faults.BY_FORMAT["gt3x"]["gap"](made("gt3x").read_bytes()))
    quality = read(path, {"type": "gt3x"}, CHICAGO).quality
    assert "gaps" in quality.codes()
    assert "idle_filled" not in quality.codes()


@pytest.mark.parametrize("fault", ["zeros-between-records", "docked"])
def test_what_the_format_allows_means_nothing(made: Callable[..., Path], fault: str) -> None:
    path = made("gt3x").with_name("allowed.gt3x")
    path.write_bytes(faults.BY_FORMAT["gt3x"][fault](made("gt3x").read_bytes()))
    quality = read(path, {"type": "gt3x"}, CHICAGO).quality
    assert (quality.rows, quality.codes()) == (30_000, {"calibration_impossible"})


def test_twelve_bits_of_the_manufacturers_example() -> None:
    payload = np.frombuffer(bytes.fromhex("006008EBD007009EBF007008EBF0"), np.uint8)[None, :]
    x, y, z = decode(ACTIVITY, payload, 3)
    assert (x.tolist(), y.tolist(), z.tolist()) == ([8, 9, 8], [6, 7, 7], [-323, -321, -321])


def test_sixteen_bits_of_the_manufacturers_example() -> None:
    payload = np.frombuffer(bytes.fromhex("0000000000003000ccff4201"), np.uint8)[None, :]
    x, y, z = decode(ACTIVITY2, payload, 2)
    assert (x.tolist(), y.tolist(), z.tolist()) == ([0, 48], [0, -52], [0, 322])


def test_axes_that_a_firmware_rotated_are_turned_back(with_info: Rewrite) -> None:
    def rotated(info: str) -> str:
        info = re.sub(r"Serial Number: \w+", "Serial Number: MOS2A00000001", info)
        return re.sub(r"Firmware: [\d.]+", "Firmware: 1.6.0", info)

    plain, turned = with_info(lambda info: info), with_info(rotated)
    x, y, z = plain.recording.accel.T
    np.testing.assert_array_equal(turned.recording.accel, np.column_stack([y, -x, z]))
    assert "axes_corrected" in turned.quality.codes()


def test_header_without_a_rate_is_refused(with_info: Rewrite) -> None:
    with pytest.raises(RecordingUnreadable) as refused:
        with_info(lambda info: re.sub(r"Sample Rate: \d+", "Sample Rate: fast", info))
    assert refused.value.code == "header_damaged"


def test_older_files_without_a_log_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "old.gt3x"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("activity.bin", b"\0" * 900)
        archive.writestr("info.txt", "Sample Rate: 30\r\n")
    with pytest.raises(RecordingUnreadable, match=r"activity\.bin") as refused:
        read(path, {"type": "gt3x"}, CHICAGO)
    assert refused.value.code == "content_unsupported"
