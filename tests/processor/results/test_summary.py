"""The headline of a run says what its tables say, and null where they say nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from wearline_processor.engine import Outcome
from wearline_processor.plan import Keys
from wearline_processor.summary import MOST_DAYS, summary
from wearline_processor.tables import day, gait_bout, night, stride, transfer
from wearline_processor.tables.schema import Row, Table, to_arrow

ZONE = ZoneInfo("America/New_York")
KEYS = Keys("study", "S1", None, None, "a.cwa", "run", "pipeline")


def made(*tables: tuple[Table, list[Row]]) -> dict[str, pa.Table]:
    """Tables as a run writes them."""
    return {table.name: to_arrow(table, KEYS, rows) for table, rows in tables}


def test_wear_is_counted_on_the_local_clock(outcome: Outcome, spans: Callable[..., Any]) -> None:
    outcome.wear = spans((20, 30), (40, 50))
    days = summary({}, outcome, ZONE)["days"]
    assert [(day["date"], day["recorded_h"], day["worn_h"]) for day in days] == [
        ("2024-03-09", 14.0, 4.0),
        ("2024-03-10", 23.0, 13.0),
        ("2024-03-11", 13.0, 3.0),
    ]


def test_wear_is_null_where_no_step_looked_for_it(outcome: Outcome) -> None:
    told = summary({}, outcome, ZONE)
    assert {day["worn_h"] for day in told["days"]} == {None}
    assert told["recorded_h"] == 50.0
    assert set(told["measures"].values()) == {None}


def test_a_step_that_found_nothing_counts_zero_and_means_nothing(outcome: Outcome) -> None:
    measures = summary(made((transfer.TABLE, [])), outcome, ZONE)["measures"]
    assert measures["transfers"] == 0
    assert measures["transfer_duration_mean_s"] is None
    assert measures["gait_bouts"] is None


def test_nights_and_their_means_leave_out_what_was_skipped(outcome: Outcome) -> None:
    rows: list[Row] = [
        {"date": "2024-03-08", "reason": "window_too_short"},
        {"date": "2024-03-09", "asleep_min": 400.0, "asleep_pct": 90.0},
        {"date": "2024-03-10", "asleep_min": 421.0, "asleep_pct": float("nan")},
    ]
    told = summary(made((night.TABLE, rows)), outcome, ZONE)
    assert told["measures"]["sleep_nights"] == 2
    assert told["measures"]["asleep_mean_min"] == 410.5
    assert told["measures"]["asleep_mean_pct"] == 90.0
    assert told["nights"][2] == {
        "date": "2024-03-10",
        "asleep_min": 421.0,
        "asleep_pct": None,
        "wake_after_sleep_onset_min": None,
    }
    json.dumps(told, allow_nan=False)


def test_days_with_activity_are_those_of_their_table(
    outcome: Outcome, found: Callable[..., Any]
) -> None:
    step = found("ActivityLevelClassification", {}).step
    rows: list[Row] = [
        {"date": "2024-03-09", "recorded_min": 840, "worn_min": 60, "reason": "too_little_wear"},
        {"date": "2024-03-10", "recorded_min": 1380, "worn_min": 1200, "wake_mvpa_min": 30.0},
        {"date": "2024-03-11", "recorded_min": 780, "worn_min": 600, "wake_mvpa_min": 61.0},
    ]
    told = summary(made((day.table(step.parameters), rows)), outcome, ZONE)
    assert [(each["recorded_h"], each["worn_h"]) for each in told["days"]] == [
        (14.0, 1.0),
        (23.0, 20.0),
        (13.0, 10.0),
    ]
    assert told["measures"]["worn_h"] == 31.0
    assert told["measures"]["activity_days"] == 2
    assert told["measures"]["wake_mvpa_mean_min"] == 45.5


def test_gait_is_counted_by_bout_and_its_means_are_of_all_strides(outcome: Outcome) -> None:
    bouts: list[Row] = [{"gait_bout_n": 1, "steps": 40}, {"gait_bout_n": 3, "steps": 25}]
    strides: list[Row] = [
        {"gait_speed_m_s": speed, "cadence_steps_min": 110.0, "stride_time_s": time}
        for speed, time in ((1.0, 1.1), (1.3, 1.2), (float("nan"), 1.3))
    ]
    tables = made((gait_bout.TABLE, bouts), (stride.TABLE, strides))
    measures = summary(tables, outcome, ZONE)["measures"]
    assert (measures["gait_bouts"], measures["steps"]) == (2, 65.0)
    assert measures["gait_speed_mean_m_s"] == 1.15
    assert measures["cadence_mean_steps_min"] == 110.0
    assert measures["stride_time_mean_s"] == 1.2


def test_a_recording_of_months_keeps_its_first_days(
    outcome: Outcome, spans: Callable[..., Any]
) -> None:
    outcome.recorded = outcome.wear = spans((0, 200 * 24))
    told = summary({}, outcome, ZONE)
    assert len(told["days"]) == MOST_DAYS
    assert told["measures"]["worn_h"] == 4800.0
