"""Wear, gait, transfers, epochs: SKDH's arrays as rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wearline_processor.engine import Outcome
from wearline_processor.tables import epoch, gait_bout, stride, transfer, wear_bout

ZONE = ZoneInfo("America/New_York")
MIDNIGHT = 1709960400.0


def gait_results(strides: int, **given: Any) -> dict[str, Any]:
    """As GaitLumbar answers."""
    names = [*stride.TABLE.by_skdh(), *gait_bout.TABLE.by_skdh()]
    values = {name: np.full(strides, 1.5) for name in names}
    values |= {
        "Day N": np.ones(strides, int),
        "Bout N": np.ones(strides, int),
        "Date": np.full(strides, "2024-03-09"),
        "Turn": np.full(strides, -1),
        "Bout Starts": np.full(strides, MIDNIGHT + 36000),
        "IC Timestamp": MIDNIGHT + 36000 + np.arange(strides),
    }
    return values | given


def test_strides_are_numbered_within_their_bout(
    outcome: Outcome, found: Callable[..., Any]
) -> None:
    bouts = np.array([1, 1, 1, 2, 2, 1])
    days = np.array([1, 1, 1, 1, 1, 2])
    outcome.steps = [found("GaitLumbar", gait_results(6, **{"Bout N": bouts, "Day N": days}))]
    table = stride.rows(outcome, ZONE)
    assert [row["stride_n"] for row in table] == [1, 2, 3, 1, 2, 1]
    assert table[0]["initial_contact_local"] == "2024-03-09T10:00:00.000-05:00"


def test_turns_are_null_without_a_gyroscope(outcome: Outcome, found: Callable[..., Any]) -> None:
    turns = np.array([-1, 0, 2])
    outcome.steps = [found("GaitLumbar", gait_results(3, Turn=turns))]
    assert [row["turn"] for row in stride.rows(outcome, ZONE)] == [None, 0, 2]


def test_a_bout_is_a_row_with_the_means_of_its_strides(
    outcome: Outcome, found: Callable[..., Any]
) -> None:
    results = gait_results(
        4,
        **{
            "Bout N": np.array([1, 1, 3, 3]),
            "gait speed": np.array([1.0, 1.2, np.nan, np.nan]),
            "Bout Duration": np.array([12.0, 12.0, 20.0, 20.0]),
        },
    )
    outcome.steps = [found("GaitLumbar", results)]
    first, second = gait_bout.rows(outcome, ZONE)
    assert first["gait_speed_mean_m_s"] == pytest.approx(1.1)
    assert second["gait_speed_mean_m_s"] is None
    assert (first["gait_bout_n"], second["gait_bout_n"]) == (1, 3)
    assert first["end_local"] == "2024-03-09T10:00:12.000-05:00"


def test_every_measure_of_gait_has_its_column() -> None:
    from skdh.gait import GaitLumbar

    columns = {*stride.TABLE.by_skdh(), *gait_bout.TABLE.by_skdh()}
    measured = {endpoint().k_ for endpoint in GaitLumbar._params}
    assert measured <= columns


def test_no_walking_is_no_rows(outcome: Outcome, found: Callable[..., Any]) -> None:
    outcome.steps = [found("GaitLumbar", gait_results(0))]
    assert stride.rows(outcome, ZONE) == gait_bout.rows(outcome, ZONE) == []


def test_transfers_carry_both_clocks(outcome: Outcome, found: Callable[..., Any]) -> None:
    results = {name: np.array([0.5]) for name in transfer.TABLE.by_skdh()}
    results |= {"Day Number": np.array([1]), "Date": np.array(["2024-03-09"])}
    results |= {"STS Start": np.array([MIDNIGHT + 60]), "STS End": np.array([MIDNIGHT + 61.5])}
    outcome.steps = [found("Sit2Stand", results)]
    (row,) = transfer.rows(outcome, ZONE)
    assert row["start_local"] == "2024-03-09T00:01:00.000-05:00"
    assert (row["end_utc"] - row["start_utc"]).total_seconds() == 1.5


def test_wear_bouts_name_their_method(
    outcome: Outcome, found: Callable[..., Any], spans: Callable[..., Any]
) -> None:
    outcome.steps = [found("CtaWearDetection", {})]
    outcome.wear = spans((10, 20), (21, 21.5))
    table = wear_bout.rows(outcome, ZONE)
    assert [row["duration_min"] for row in table] == [600, 30]
    assert {row["method"] for row in table} == {"CtaWearDetection"}


def test_epochs_are_in_the_order_of_time(outcome: Outcome, found: Callable[..., Any]) -> None:
    """SKDH gives the waking stretches of a day first, and then the sleeping ones."""
    epochs = {
        "time": [MIDNIGHT + 100, MIDNIGHT + 105, MIDNIGHT],
        "state": ["wake", "wake", "sleep"],
        "metric": [0.2, np.nan, 0.01],
        "intensity": ["moderate", "sedentary", "sedentary"],
    }
    results = {"epochs": epochs, "metric": "enmo"}
    outcome.steps = [found("ActivityLevelClassification", results)]
    table = epoch.rows(outcome, ZONE)
    assert [row["state"] for row in table] == ["sleep", "wake", "wake"]
    assert table[0]["start_local"] == "2024-03-09T00:00:00.000-05:00"
