"""What the loop over the steps does beside calling SKDH."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wearline_processor.engine import drivers, run
from wearline_processor.engine.signals import Signals
from wearline_processor.errors import RateUnsuitable, StepFailed
from wearline_processor.steps import parse

Steps = list[dict[str, Any]]


def still(hours: float, hz: float) -> Signals:
    samples = int(hours * 3600 * hz)
    return {
        "time": 1.7e9 + np.arange(samples) / hz,
        "accel": np.tile([0.0, 0.0, 1.0], (samples, 1)),
        "temperature": np.full(samples, 30.0),
        "fs": hz,
        "tz_name": "UTC",
    }


def test_warnings_of_skdh_are_kept_with_their_step_and_count() -> None:
    outcome = run(still(1, 10), parse([{"process": "CalibrateAccelerometer"}]), "lean")
    assert list(outcome.steps[0].warnings.values()) == [1]
    assert "No Calibration performed" in next(iter(outcome.steps[0].warnings))


def test_results_hold_no_samples() -> None:
    steps = parse([{"process": "FillGaps"}, {"process": "CtaWearDetection"}])
    outcome = run(still(1, 10), steps, "stock")
    assert not outcome.steps[0].results
    assert set(outcome.steps[1].results) == {"wear"}


def test_an_exception_of_skdh_names_the_step_and_the_cause() -> None:
    signals = still(1, 10)
    with pytest.raises(StepFailed, match=r"PredictGaitLumbarLgbm .* LowFrequencyError"):
        run(signals, parse([{"process": "PredictGaitLumbarLgbm"}]), "stock")


@pytest.mark.parametrize("engine", ["lean", "stock"])
def test_sit_to_stand_is_refused_at_a_rate_at_which_it_finds_nothing(engine: str) -> None:
    step = {"process": "Sit2Stand", "parameters": {"day_window": None}}
    with pytest.raises(RateUnsuitable, match="196 Hz"):
        run(still(0.01, 196), parse([step]), engine)
    step["parameters"] = {"day_window": None, "power_band": [0, 0.8]}
    assert run(still(0.01, 196), parse([step]), engine).steps


def test_samples_that_no_later_step_reads_are_spent() -> None:
    steps = parse(
        [
            {"process": "CtaWearDetection"},
            {"process": "Sleep"},
            {"process": "ActivityLevelClassification"},
        ]
    )
    assert drivers.spent(steps) == {"gyro"}
    assert drivers.spent(steps[2:]) == {"gyro", "temperature"}
    assert drivers.spent([]) == {"accel", "gyro", "temperature"}


def test_gait_is_predicted_at_the_rate_of_its_model(
    recorded: Callable[..., Path], outcome: Callable[..., Any]
) -> None:
    """At 100 Hz plain SKDH band-passes half of what the model knows; both rates must agree."""
    steps = [{"process": "PredictGaitLumbarLgbm"}]
    minutes = []
    for hz in (50, 100):
        found = outcome(recorded("lumbar", "csv", hours=0.15, hz=hz), steps, "stock").steps[0]
        starts, stops = (found.results[f"Gait Bout {end}"] for end in ("Start", "Stop"))
        minutes.append(float((stops - starts).sum()) / 60)
    assert minutes[0] == pytest.approx(minutes[1], abs=0.15)
    assert minutes[0] > 4


def test_instants_survive_the_samples(
    recorded: Callable[..., Path], outcome: Callable[..., Any], pipelines: dict[str, Steps]
) -> None:
    found = outcome(recorded("wrist", "bin", hours=26, hz=20), pipelines["wrist"], "lean")
    assert set(found.day_windows) == {(0, 24), (12, 24)}
    assert found.sleep.shape == found.day_windows[12, 24].shape
    assert found.recorded[0, 0] <= found.wear.min() < found.wear.max() <= found.recorded[0, 1]
