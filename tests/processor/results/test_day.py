"""Days: null where SKDH left a placeholder, and every one of its names mapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wearline_processor.engine import Outcome
from wearline_processor.tables import day

ZONE = ZoneInfo("America/New_York")


def skdh_names(step: Any) -> list[str]:
    """What SKDH names for these parameters, from its own endpoints."""
    process = step.build()
    names: list[str] = []
    for endpoint in process.wake_endpoints + process.sleep_endpoints:
        names += [endpoint.name] if isinstance(endpoint.name, str) else endpoint.name
    return names


@pytest.fixture
def rows(outcome: Outcome, found: Callable[..., Any]) -> Callable[..., list[Any]]:
    """rows({"wake dfa alpha": 0}, sleep=...): three days of ones, with a few values changed."""

    def build(changed: dict[str, float], *, sleep: bool = True, **parameters: Any) -> list[Any]:
        step = found("ActivityLevelClassification", {}, **parameters)
        values: dict[str, Any] = {name: np.ones(3) for name in skdh_names(step.step)}
        values |= {
            name: np.full(3, 12.0)
            for name in (
                "N hours",
                "N wear hours",
                "N wear wake hours",
                "Total Minutes",
                "Wear Minutes",
                "Wear Wake Minutes",
            )
        }
        values |= {"Day N": np.array([1, 2, 3]), "Date": np.array(["", "", ""])}
        values |= {"Weekday": np.array(["Saturday", "Sunday", "Monday"])}
        values |= {name: np.full(3, value) for name, value in changed.items()}
        values |= {"Day Start Timestamp": np.array([""] * 3)}
        step.results = {**values, "epochs": {}, "metric": "enmo"}
        outcome.steps = [step]
        outcome.sleep = np.full((4, 2), np.nan) if sleep else None
        assert day.unmapped(step.results, step) == set()
        return day.rows(outcome, ZONE)

    return build


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"bout_lens": [2, 30], "max_accel_lens": [1, 300], "short_wlen": 15},
        {"day_window": None},
    ],
)
def test_every_name_of_skdh_has_a_column_for_any_parameters(
    rows: Callable[..., list[Any]], outcome: Outcome, parameters: dict[str, Any]
) -> None:
    if parameters.get("day_window", ...) is None:
        outcome.recorded = np.repeat(outcome.recorded, 3, axis=0)
    for row in rows({}, **parameters):
        table = day.table({**DEFAULTS, **parameters})
        assert set(row) <= {column.name for column in table.columns}


DEFAULTS = {"max_accel_lens": [6, 15, 60], "bout_lens": [1, 5, 10]}


def test_a_day_on_which_clocks_change_has_23_hours(rows: Callable[..., list[Any]]) -> None:
    table = rows({})
    assert [row["calendar_h"] for row in table] == [24, 23, 24]
    assert [row["date"] for row in table] == ["2024-03-09", "2024-03-10", "2024-03-11"]
    assert table[1]["window_start_local"].endswith("-05:00")
    assert table[1]["window_end_local"] == "2024-03-11T00:00:00.000-04:00"


def test_a_day_worn_too_short_says_so(rows: Callable[..., list[Any]]) -> None:
    assert rows({"N wear hours": 5.0})[0]["reason"] == "worn_too_short"
    assert rows({"N wear hours": 5.0}, min_wear_time=4)[0]["reason"] is None


def test_a_day_without_a_minute_of_waking_wear_has_no_waking_measures(
    rows: Callable[..., list[Any]],
) -> None:
    row = rows({"wake dfa alpha": 0.0})[0]
    assert row["reason"] == "no_waking_wear"
    assert {value for name, value in row.items() if name.startswith("wake_")} == {None}
    assert row["sleep_mvpa_min"] == 1


def test_sleeping_minutes_are_null_without_a_sleep_step(rows: Callable[..., list[Any]]) -> None:
    row = rows({"sleep MVPA 5s epoch [min]": 0.0}, sleep=False)[0]
    assert row["sleep_mvpa_min"] is None
    assert row["sleep_excluded"] is False


def test_no_minutes_of_an_intensity_are_zero(rows: Callable[..., list[Any]]) -> None:
    row = rows({"wake vig 5s epoch [min]": 0.0, "wake vig 10min bout [min]": 0.0})[0]
    assert row["wake_vigorous_min"] == 0
    assert row["wake_vigorous_bout10min_min"] == 0


@pytest.mark.parametrize(
    ("name", "null", "kept"),
    [
        ("wake max acc 600min [g]", ["wake_max_acc_600min_g"], "wake_max_acc_300min_g"),
        ("wake min acc 300min [g]", ["wake_min_acc_300min_g"], "wake_max_acc_300min_g"),
        (
            "wake 60min power spectral sum",
            ["wake_sparc_60min", "wake_signal_entropy_60min"],
            "wake_sparc_30min",
        ),
        (
            "wake MVPA avg duration",
            ["wake_mvpa_mean_duration_min", "wake_mvpa_gini_index", "wake_mvpa_power_law"],
            "wake_sedentary_gini_index",
        ),
    ],
)
def test_placeholders_of_skdh_are_null(
    rows: Callable[..., list[Any]], name: str, null: list[str], kept: str
) -> None:
    row = rows({name: 0.0})[0]
    assert [row[column] for column in null] == [None] * len(null)
    assert row[kept] == 1
