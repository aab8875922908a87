"""Outcomes as the engine hands them on, made up, so that every corner of a table can be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from wearline_processor.engine import Outcome, StepOutcome
from wearline_processor.engine.meter import Cost
from wearline_processor.steps import parse

# 9 March 2024 00:00 in New York; clocks go forward in the night to the 10th.
MIDNIGHT = 1709960400.0
HOUR = 3600.0


@pytest.fixture(scope="session")
def found() -> Callable[..., StepOutcome]:
    """found("Sleep", results, min_wear_time=6): the outcome of a step."""

    def make(process: str, results: Mapping[str, Any], **parameters: Any) -> StepOutcome:
        (step,) = parse([{"process": process, "parameters": parameters}])
        return StepOutcome(step, results, {}, Cost(process))

    return make


@pytest.fixture(scope="session")
def spans() -> Callable[..., Any]:
    """spans((0, 24), (24, 47)): instants in hours after midnight of 9 March in New York."""

    def make(*hours: tuple[float, float]) -> Any:
        return MIDNIGHT + HOUR * np.array(hours, dtype=np.float64).reshape(-1, 2)

    return make


@pytest.fixture
def outcome(spans: Callable[..., Any]) -> Outcome:
    """Three days, of which the second has 23 hours."""
    return Outcome(
        recorded=spans((10, 60)),
        day_windows={
            (0, 24): spans((10, 24), (24, 47), (47, 60)),
            (12, 24): spans((10, 12), (12, 35), (35, 59), (59, 60)),
        },
    )
