"""Nights: a row for every window, with the reason where SKDH skipped it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wearline_processor.engine import Outcome
from wearline_processor.steps import parse
from wearline_processor.tables import night

ZONE = ZoneInfo("America/New_York")
MEASURES = [
    "total sleep time",
    "percent time asleep",
    "number of wake bouts",
    "sleep onset latency",
    "wake after sleep onset",
    *(f"average {state} duration" for state in ("sleep", "wake")),
    "sleep wake transition probability",
    "wake sleep transition probability",
    *(f"{state} gini index" for state in ("sleep", "wake")),
    *(f"{state} average hazard" for state in ("sleep", "wake")),
    *(f"{state} power law distribution" for state in ("sleep", "wake")),
]


def results(*nights: dict[str, Any]) -> dict[str, list[Any]]:
    """As SKDH's Sleep answers: a list for each name, with no entry for a window too short."""
    empty = dict.fromkeys(
        ["Wear Minutes", "TSO Start Timestamp", "TSO Start", "TSO Duration", *MEASURES], np.nan
    )
    head = {"Day N": 0, "Date": "", "Day Start Timestamp": "", "Day End Timestamp": ""}
    rows = [{**head, "Total Minutes": 1440.0, **empty, **one} for one in nights]
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.fixture
def rows(
    outcome: Outcome, found: Callable[..., Any], spans: Callable[..., Any]
) -> Callable[..., list[Any]]:
    """rows(night, night, min_wear_time=...): the table of what SKDH answered."""

    def build(*nights: dict[str, Any], **parameters: Any) -> list[Any]:
        outcome.steps = [found("Sleep", results(*nights), **parameters)]
        outcome.sleep = np.full((4, 2), np.nan)
        outcome.sleep[1] = spans((23, 31))[0]
        return night.rows(outcome, ZONE)

    return build


SLEPT = {
    "Day N": 2,
    "Date": "2024-03-09",
    "Wear Minutes": 1380.0,
    "TSO Start Timestamp": 1710043200.0,
    "TSO Duration": 480.0,
    **dict.fromkeys(MEASURES, 3.0),
}


def test_every_window_is_a_row_in_order(rows: Callable[..., list[Any]]) -> None:
    table = rows(SLEPT)
    assert [row["night_n"] for row in table] == [1, 2, 3, 4]
    assert [row["date"] for row in table] == [
        "2024-03-08",
        "2024-03-09",
        "2024-03-10",
        "2024-03-11",
    ]


def test_a_skipped_window_is_a_row_with_its_reason_and_no_measures(
    rows: Callable[..., list[Any]],
) -> None:
    first, *_ = rows(SLEPT)
    assert first["reason"] == "window_too_short"
    assert first["recorded_min"] == 120
    assert "asleep_min" not in first


@pytest.mark.parametrize(
    ("night_found", "reason"),
    [
        ({"Day N": 2, "Wear Minutes": 200.0}, "worn_too_short"),
        ({"Day N": 2, "Wear Minutes": 1380.0}, "no_sleep_window"),
        ({**SLEPT, **dict.fromkeys(MEASURES, np.nan)}, "sleep_window_too_short"),
        (SLEPT, None),
    ],
)
def test_reason_says_why_there_are_no_measures(
    rows: Callable[..., list[Any]], night_found: dict[str, Any], reason: str | None
) -> None:
    assert rows(night_found, min_wear_time=4)[1]["reason"] == reason


def test_sleep_window_across_the_change_of_clocks_keeps_its_offsets(
    rows: Callable[..., list[Any]],
) -> None:
    slept = rows(SLEPT)[1]
    assert slept["sleep_window_start_local"] == "2024-03-09T23:00:00.000-05:00"
    assert slept["sleep_window_end_local"] == "2024-03-10T08:00:00.000-04:00"
    assert (slept["sleep_window_end_utc"] - slept["sleep_window_start_utc"]).seconds == 8 * 3600


def test_measures_of_bouts_that_are_none_are_null_and_not_zero(
    rows: Callable[..., list[Any]],
) -> None:
    no_wake = {"average wake duration": 0.0, "wake gini index": 0.0}
    slept = rows({**SLEPT, **no_wake, "wake power law distribution": 1.0})[1]
    for name in ("mean_duration_min", "gini_index", "power_law", "mean_hazard"):
        assert slept[f"wake_{name}"] is None
        assert slept[f"sleep_{name}"] == 3.0


def test_every_measure_of_skdh_has_its_column() -> None:
    (step,) = parse([{"process": "Sleep"}])
    measured = {parameter().name for parameter in step.build()._params}
    assert measured <= set(night.TABLE.by_skdh())


def test_a_pipeline_without_sleep_has_no_nights(outcome: Outcome) -> None:
    assert night.rows(outcome, ZONE) == []
