"""The lean engine gives SKDH's numbers, on every kind of recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skdh

from wearline_processor.engine import Outcome
from wearline_processor.engine.signals import Signals
from wearline_processor.steps import parse

Steps = list[dict[str, Any]]
Run = Callable[[Path, Steps, str], Outcome]
# How far a step may be from plain SKDH; no number means not at all.
TOLERANCE = {"ActivityLevelClassification": 1e-12}
# 25 and 30 Hz are resampled by interpolation, 40 Hz by decimation, 20 Hz not at all.
RECORDINGS = [
    ("wrist", "wrist", "cwa", 30, 25),
    ("wrist", "wrist", "bin", 30, 40),
    ("wrist", "wrist", "bin", 26, 20),
    ("wrist without temperature", "wrist", "gt3x", 30, 30),
    ("wrist without temperature", "wrist", "idle.gt3x", 30, 30),
    ("wrist without temperature", "wrist", "npz", 30, 25),
    ("wrist", "wrist", "ax6.cwa", 30, 25),
    ("gait", "lumbar", "ax6.cwa", 0.15, 100),
    ("gait", "lumbar", "csv", 0.15, 100),
    ("gait", "lumbar", "csv", 0.15, 50),
]


@pytest.mark.parametrize(("pipeline", "kind", "suffix", "hours", "hz"), RECORDINGS)
def test_both_engines_give_the_same_numbers(
    recorded: Callable[..., Path],
    outcome: Run,
    pipelines: Mapping[str, Steps],
    pipeline: str,
    kind: str,
    suffix: str,
    hours: float,
    hz: float,
) -> None:
    path = recorded(kind, suffix, hours=hours, hz=hz)
    stock = outcome(path, pipelines[pipeline], "stock")
    lean = outcome(path, pipelines[pipeline], "lean")
    assert [step.warnings for step in stock.steps] == [step.warnings for step in lean.steps]
    for expected, found in zip(stock.steps, lean.steps, strict=True):
        tolerance = TOLERANCE.get(expected.step.name, 0)
        assert_same(expected.results, found.results, tolerance)
    assert_same(vars_of_instants(stock), vars_of_instants(lean), 0)
    assert any(len(np.atleast_1d(values)) for values in stock.steps[-1].results.values())


def test_stock_engine_gives_what_a_pipeline_of_skdh_gives(
    recorded: Callable[..., Path],
    outcome: Run,
    signals: Callable[[Path], Signals],
    pipelines: Mapping[str, Steps],
) -> None:
    path = recorded("wrist", "bin", hours=26, hz=20)
    pipeline = skdh.Pipeline()
    for planned in parse(pipelines["wrist"]):
        pipeline.add(planned.build())
    expected = pipeline.run(**signals(path))
    found = outcome(path, pipelines["wrist"], "stock")
    for step in found.steps:
        ours = {name: value for name, value in step.results.items() if name not in OURS}
        theirs = {name: expected[step.step.name][name] for name in ours}
        assert_same(theirs, ours, 0)
    assert len(found.steps) == len(expected)


def test_a_process_that_was_used_before_changes_nothing(
    recorded: Callable[..., Path], outcome: Run, pipelines: Mapping[str, Steps]
) -> None:
    path = recorded("wrist", "bin", hours=26, hz=20)
    first = outcome(path, pipelines["wrist"], "lean")
    second = outcome(path, pipelines["wrist"], "lean")
    for one, other in zip(first.steps, second.steps, strict=True):
        assert_same(one.results, other.results, 0)


OURS = {"epochs", "metric"}


def vars_of_instants(outcome: Outcome) -> dict[str, Any]:
    return {"wear": outcome.wear, "sleep": outcome.sleep, "day_windows": outcome.day_windows}


def assert_same(expected: Mapping[Any, Any], found: Mapping[Any, Any], tolerance: float) -> None:
    assert set(expected) == set(found)
    for name, value in expected.items():
        if isinstance(value, Mapping):
            assert_same(value, found[name], tolerance)
        elif value is None or isinstance(value, str):
            assert value == found[name], name
        else:
            assert_equal_arrays(name, np.asarray(value), np.asarray(found[name]), tolerance)


def assert_equal_arrays(name: str, expected: Any, found: Any, tolerance: float) -> None:
    if expected.dtype.kind == "f" and tolerance:
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance, err_msg=name)
    else:
        np.testing.assert_array_equal(found, expected, err_msg=name)
