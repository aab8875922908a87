"""Real recordings where they are present, generated ones, and SKDH's own readers beside ours."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from wearline_processor.recording import Recording
from wearline_recordings import axivity, csv_file, geneactiv, gt3x, wrist
from wearline_recordings.signal import Signal

ROOT = Path(__file__).resolve().parents[3]
NEW_YORK = "America/New_York"
START = datetime(2024, 3, 9, 18)  # noqa: DTZ001 - a wall clock, the evening before clocks change
Made = Callable[..., Path]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings; the tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("WEARLINE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}: set WEARLINE_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """made("bin", minutes=10, hz=50): a generated wrist recording, each made once."""
    folder = tmp_path_factory.mktemp("made")
    writers: dict[str, Callable[[Path, Signal], int]] = {
        "cwa": axivity.write,
        "cwa-unpacked": lambda path, signal: axivity.write(path, signal, layout=axivity.AX3),
        "cwa-ax6": lambda path, signal: axivity.write(path, signal, layout=axivity.AX6),
        "bin": geneactiv.write,
        "gt3x": gt3x.write,
        "gt3x-12bit": lambda path, signal: gt3x.write(path, signal, activity=gt3x.Record.ACTIVITY),
        "csv": lambda path, signal: csv_file.write(path, signal, time="timestamp", clock=True),
    }

    def make(kind: str, *, minutes: float = 10, hz: float = 50, start: datetime = START) -> Path:
        suffix = kind.partition("-")[0]
        path = folder / f"{kind}_{minutes}_{hz}_{start:%Y%m%d%H%M}.{suffix}"
        if not path.exists():
            gyro = kind == "cwa-ax6"
            writers[kind](
                path, wrist.signal(hours=minutes / 60, hz=hz, start=start, seed=4, gyro=gyro)
            )
        return path

    return make


@pytest.fixture(scope="session")
def skdh_reads() -> Callable[..., dict[str, Any]]:
    """skdh_reads(reader, path): what a reader of SKDH gives for a file."""

    def read(reader: Any, path: Path, time_zone: str = NEW_YORK) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dict(reader.predict(file=str(path), tz_name=time_zone))

    return read


@pytest.fixture(scope="session")
def assert_bit_for_bit() -> Callable[[Recording, dict[str, Any]], None]:
    """Samples, instants, temperature and rate are SKDH's own, to the last bit."""

    def compare(ours: Recording, theirs: dict[str, Any]) -> None:
        assert ours.rows == theirs["time"].size > 0
        for name in ("time", "accel", "temperature"):
            if name in theirs:
                np.testing.assert_array_equal(getattr(ours, name), theirs[name], err_msg=name)
        if "fs" in theirs:
            assert ours.fs == theirs["fs"]

    return compare


@pytest.fixture
def opal(tmp_path: Path) -> Path:
    """An APDM file of two sensors, the second one with issues."""
    path = tmp_path / "opal.h5"
    random = np.random.default_rng(0)
    count = 3000
    with h5py.File(path, "w") as file:
        sensor = file.create_group("Sensors/1234")
        about = sensor.create_group("Configuration").attrs
        about["Label 0"], about["Timezone Offset"] = np.bytes_("Lumbar"), -5
        about["Sample Rate"] = 128
        sensor["Accelerometer"] = random.normal([0, 0, 9.81], 1, (count, 3))
        sensor["Gyroscope"] = random.normal(0, 1, (count, 3))
        sensor["Temperature"] = np.full(count, 30.5)
        sensor["Time"] = (1_700_000_000_000_000 + np.arange(count) * 7812).astype(np.uint64)
        file.create_group("Sensors/5678")
    return path
