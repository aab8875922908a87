"""What the loop over the steps does beside calling SKDH."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wearline_processor.engine import drivers, run, stock
from wearline_processor.engine.signals import Signals
from wearline_processor.errors import GapsTooLong, NoWindow, RateUnsuitable, StepFailed
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


def test_a_recording_outside_of_the_hours_of_a_window_says_so() -> None:
    days = {"process": "GetDayWindowIndices", "parameters": {"bases": [8], "periods": [2]}}
    with pytest.raises(NoWindow, match=r"no window of 2 hours from 08:00"):
        run(still(0.1, 10), parse([days]), "lean")


@pytest.mark.parametrize("engine", ["lean", "stock"])
@pytest.mark.parametrize("later_worn", [True, False])
def test_a_device_that_is_set_up_cold_and_put_away_has_its_wear(
    engine: str, later_worn: bool
) -> None:
    signals = still(3, 10)
    signals["temperature"] = np.linspace(21.0, 20.0, signals["time"].size)
    random = np.random.default_rng(1)
    signals["accel"][:700] += random.normal(0, 0.5, (700, 3))
    if later_worn:
        signals["temperature"][60_000:90_000] = 32.0
        signals["accel"][60_000:90_000] += random.normal(0, 0.5, (30_000, 3))
    outcome = run(signals, parse([{"process": "CtaWearDetection"}]), engine)
    assert outcome.wear is not None
    worn = outcome.wear - 1.7e9
    assert worn.tolist() == ([[6000.0, 9000.0]] if later_worn else [])


FILL = parse([{"process": "FillGaps"}])[0]
fill = drivers.driver(FILL, "lean")


def moving(rate: float) -> Signals:
    """Three hours of samples that are all different, at a share of the nominal 10 Hz, and two
    gaps."""
    signals = still(3, 10)
    rows = signals["time"].size
    signals["accel"] = np.random.default_rng(1).normal(size=(3, rows)).T
    signals["temperature"] = np.arange(1.0, rows + 1)
    signals["time"] = 1.7e9 + np.arange(rows) / 10 / rate
    signals["time"][20_000:] += 600
    signals["time"][70_000:] += 1.7
    return signals


def test_gaps_are_filled_as_skdh_fills_them_where_the_rate_was_held() -> None:
    expected, found = moving(1.0), moving(1.0)
    stock.plain(FILL, expected)
    fill(FILL, found)
    np.testing.assert_allclose(found["time"], expected["time"], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(found["accel"], expected["accel"])
    np.testing.assert_array_equal(found["temperature"], expected["temperature"])


@pytest.mark.parametrize("rate", [0.97, 1.0001, 1.03])
def test_samples_keep_their_times_when_gaps_are_filled(rate: float) -> None:
    before, signals = moving(rate), moving(rate)
    fill(FILL, signals)
    kept = signals["temperature"] > 0
    for name in ("time", "accel", "temperature"):
        np.testing.assert_array_equal(signals[name][kept], before[name])
    assert np.diff(signals["time"]).max() < 1.5 / 10
    assert np.diff(signals["time"]).min() > 0.5 / 10


def test_more_gaps_than_recording_are_not_filled() -> None:
    signals = moving(1.0)
    signals["time"][100_000:] += 1e9
    with pytest.raises(GapsTooLong, match="h, more than was recorded"):
        fill(FILL, signals)


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
