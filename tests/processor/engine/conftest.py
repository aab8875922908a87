"""Recordings of a day and a half, as both engines are given them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wearline_processor.engine import Outcome, run
from wearline_processor.engine.signals import Signals, take
from wearline_processor.readers import read
from wearline_processor.steps import connect, parse
from wearline_recordings import axivity, csv_file, geneactiv, gt3x, lumbar, wrist
from wearline_recordings.signal import Signal

NEW_YORK = "America/New_York"
START = datetime(2024, 3, 9, 9)  # noqa: DTZ001 - a wall clock; clocks change in the night
Steps = list[dict[str, Any]]

WRIST: Steps = [
    {"process": "GetDayWindowIndices", "parameters": {"bases": [0, 12], "periods": [24, 24]}},
    {"process": "CalibrateAccelerometer", "parameters": {"min_hours": 24}},
    {"process": "CtaWearDetection"},
    {"process": "Sleep"},
    {
        "process": "ActivityLevelClassification",
        "parameters": {"cutpoints": "esliger_lwrist_adult", "min_wear_time": 6},
    },
]
WITHOUT_TEMPERATURE: Steps = [
    {"process": "AccelThresholdWearDetection"} if step["process"] == "CtaWearDetection" else step
    for step in WRIST
]
GAIT: Steps = [
    {"process": "GetDayWindowIndices", "parameters": {"bases": [0], "periods": [24]}},
    {"process": "PredictGaitLumbarLgbm"},
    {"process": "GaitLumbar"},
    {"process": "Sit2Stand"},
]


def _save_arrays(path: Path, signal: Signal) -> int:
    """By SKDH's names, with the seconds of a wall clock."""
    accel = signal.whole().accel.astype(np.float64)
    first = (signal.start - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001 - a wall clock
    np.savez(path, time=first + np.arange(len(accel)) / signal.hz, accel=accel, fs=signal.hz)
    return len(accel)


_WRITERS: dict[str, Callable[..., int]] = {
    "cwa": axivity.write,
    "ax6.cwa": lambda path, signal: axivity.write(path, signal, layout=axivity.AX6),
    "bin": geneactiv.write,
    "gt3x": gt3x.write,
    "idle.gt3x": lambda path, signal: gt3x.write(path, signal, idle_sleep=True),
    "npz": _save_arrays,
    "csv": lambda path, signal: csv_file.write(path, signal, time="timestamp", clock=True),
}
_FORMATS: dict[str, dict[str, Any]] = {
    "cwa": {"type": "axivity"},
    "bin": {"type": "geneactiv"},
    "gt3x": {"type": "gt3x"},
    "npz": {"type": "npz", "clock": "local"},
    "csv": {
        "type": "csv",
        "time": "timestamp",
        "accel": ["x", "y", "z"],
        "unit": "g",
        "clock": "local",
    },
}


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """recorded("wrist", "bin", hours=30, hz=40): a generated recording, each made once."""
    folder = tmp_path_factory.mktemp("recorded")

    def make(kind: str, suffix: str, *, hours: float, hz: float) -> Path:
        path = folder / f"{kind}_{hours}_{hz}.{suffix}"
        if not path.exists():
            source = {"wrist": wrist, "lumbar": lumbar}[kind]
            gyro = suffix == "ax6.cwa"
            signal = source.signal(hours=hours, hz=hz, start=START, seed=7, gyro=gyro)
            _WRITERS[suffix](path, signal)
        return path

    return make


@pytest.fixture(scope="session")
def signals() -> Callable[[Path], Signals]:
    """signals(path): a recording read anew, so that an engine may use it up."""

    def load(path: Path) -> Signals:
        reading = read(path, _FORMATS[path.suffix[1:]], NEW_YORK)
        assert reading.recording is not None
        return take(reading.recording, NEW_YORK, {"height": 1.75})

    return load


@pytest.fixture(scope="session")
def outcome(signals: Callable[[Path], Signals]) -> Callable[[Path, Steps, str], Outcome]:
    """outcome(path, steps, engine): a pipeline over a recording."""

    def go(path: Path, steps: Steps, engine: str) -> Outcome:
        given, parsed = signals(path), parse(steps)
        connect(parsed, given)
        return run(given, parsed, engine)

    return go


@pytest.fixture(scope="session")
def pipelines() -> dict[str, Steps]:
    return {"wrist": WRIST, "wrist without temperature": WITHOUT_TEMPERATURE, "gait": GAIT}
