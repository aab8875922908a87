"""The headline of a run says what its tables say, and null where they say nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wearline_processor.engine import Outcome
from wearline_processor.summary import MOST_DAYS, summary
from wearline_processor.tables import night, transfer

ZONE = ZoneInfo("America/New_York")
MIDNIGHT = 1709960400.0


def test_wear_is_counted_on_the_local_clock(outcome: Outcome, spans: Callable[..., Any]) -> None:
    outcome.wear = spans((20, 30), (40, 50))
    days = summary(outcome, ZONE)["days"]
    assert [(day["date"], day["recorded_h"], day["worn_h"]) for day in days] == [
        ("2024-03-09", 14.0, 4.0),
        ("2024-03-10", 23.0, 13.0),
        ("2024-03-11", 13.0, 3.0),
    ]


def test_wear_is_null_where_no_step_looked_for_it(outcome: Outcome) -> None:
    told = summary(outcome, ZONE)
    assert {day["worn_h"] for day in told["days"]} == {None}
    assert told["recorded_h"] == 50.0
    assert set(told["measures"].values()) == {None}


def test_a_step_that_found_nothing_counts_zero_and_means_nothing(
    outcome: Outcome, found: Callable[..., Any]
) -> None:
    nothing = {name: np.array([]) for name in transfer.TABLE.by_skdh()}
    outcome.steps = [found("Sit2Stand", nothing | {"STS Start": [], "STS End": []})]
    measures = summary(outcome, ZONE)["measures"]
    assert measures["transfers"] == 0
    assert measures["transfer_duration_mean_s"] is None
    assert measures["gait_bouts"] is None


def test_nights_and_their_means_leave_out_what_was_skipped(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch, found: Callable[..., Any]
) -> None:
    rows = [
        {"date": "2024-03-08", "reason": "window_too_short"},
        {"date": "2024-03-09", "asleep_min": 400.0, "asleep_pct": 90.0},
        {"date": "2024-03-10", "asleep_min": 421.0, "asleep_pct": float("nan")},
    ]
    outcome.steps = [found("Sleep", {})]
    monkeypatch.setattr(night, "rows", lambda *_: rows)
    told = summary(outcome, ZONE)
    assert told["measures"]["sleep_nights"] == 2
    assert told["measures"]["asleep_mean_min"] == 410.5
    assert told["measures"]["asleep_mean_pct"] == 90.0
    assert told["nights"][2] == {"date": "2024-03-10", "asleep_min": 421.0, "asleep_pct": None}
    json.dumps(told, allow_nan=False)


def test_a_recording_of_months_keeps_its_first_days(
    outcome: Outcome, spans: Callable[..., Any]
) -> None:
    outcome.recorded = outcome.wear = spans((0, 200 * 24))
    told = summary(outcome, ZONE)
    assert len(told["days"]) == MOST_DAYS
    assert told["measures"]["worn_h"] == 4800.0
