"""Recordings over a change of the clocks: windows and days are those of the local clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wearline_processor.engine import run
from wearline_processor.engine.signals import Signals
from wearline_processor.steps import parse

Steps = list[dict[str, Any]]

# The local date on which clocks change; hours are skipped in spring, shown twice in autumn.
CHANGES = [
    ("Europe/London", "2024-03-31"),
    ("Europe/London", "2024-10-27"),
    ("Europe/Berlin", "2024-03-31"),
    ("America/New_York", "2024-11-03"),
    ("Australia/Sydney", "2024-10-06"),
    ("Australia/Lord_Howe", "2024-10-06"),
    ("Australia/Lord_Howe", "2024-04-07"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"),
]
ENGINES = ["lean", "stock"]


def moving(start: float, hours: float, hz: float, zone: str) -> Signals:
    samples = int(hours * 3600 * hz)
    return {
        "time": start + np.arange(samples) / hz,
        "accel": np.random.default_rng(1).normal([0.0, 0.0, 1.0], 0.3, (samples, 3)),
        "temperature": np.full(samples, 32.0),
        "fs": hz,
        "tz_name": zone,
    }


def windowed(bases: list[int], periods: list[int]) -> Steps:
    days = {"bases": bases, "periods": periods}
    return [{"process": "GetDayWindowIndices", "parameters": days}]


def days_of(time: Any, zone: ZoneInfo, base: int) -> list[tuple[int, int]]:
    """First and last sample of each day from `base` to `base`, by the wall clock of each sample."""
    begun = [
        (datetime.fromtimestamp(at, zone).replace(tzinfo=None) - timedelta(hours=base)).date()
        for at in time
    ]
    days = [[index for index, _ in group] for _, group in groupby(enumerate(begun), lambda d: d[1])]
    return [(day[0], day[-1]) for day in days]


@pytest.mark.parametrize(("name", "date"), CHANGES)
@pytest.mark.parametrize("engine", ENGINES)
def test_day_windows_are_those_of_the_wall_clock(name: str, date: str, engine: str) -> None:
    zone, bases = ZoneInfo(name), [0, 1, 2, 3, 11, 12, 23]
    midnight = datetime.fromisoformat(date).replace(tzinfo=zone).timestamp()
    for hours in (-40.3, -0.4, 0.3, 1.6, 3.3, 11.6, 24.2):
        signals = moving(midnight + hours * 3600 + 17.3, 56, 1 / 60, name)
        found = run(signals, parse(windowed(bases, [24] * len(bases))), engine).day_windows
        for base in bases:
            first, last = np.array(days_of(signals["time"], zone, base)).T
            windows = found[base, 24] - signals["time"][0]
            np.testing.assert_allclose(windows[:, 0], first * 60, atol=61)
            np.testing.assert_allclose(windows[:, 1], last * 60, atol=61)


def test_an_hour_that_the_clock_skips_is_no_window() -> None:
    start = datetime(2024, 3, 30, 12, tzinfo=ZoneInfo("Europe/London")).timestamp()
    found = run(moving(start, 48, 1 / 60, "Europe/London"), parse(windowed([1], [1])), "lean")
    hours = (found.day_windows[1, 1] - start) / 3600
    np.testing.assert_allclose(hours, [[36, 37]], atol=1 / 60)


def test_an_hour_that_the_clock_shows_twice_is_one_window() -> None:
    start = datetime(2024, 10, 26, 12, tzinfo=ZoneInfo("Europe/London")).timestamp()
    found = run(moving(start, 24, 1 / 60, "Europe/London"), parse(windowed([1], [1])), "lean")
    np.testing.assert_allclose((found.day_windows[1, 1] - start) / 3600, [[13, 15]], atol=1 / 60)


# Seconds after the clocks change, and whether the recording ends there instead of beginning.
@pytest.mark.parametrize(("name", "date"), CHANGES)
@pytest.mark.parametrize("seconds", [-20.7, 0, 1000])
@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("engine", ENGINES)
def test_activity_is_that_of_the_same_samples_on_any_other_night(
    name: str, date: str, seconds: float, ends: bool, engine: str
) -> None:
    start = change(name, date) + seconds - (1800 if ends else 0)
    parameters = {"cutpoints": "esliger_lwrist_adult", "min_wear_time": 0, "day_window": None}
    steps = parse([{"process": "ActivityLevelClassification", "parameters": parameters}])
    found, usual = (
        run(moving(start, 0.5, 5, zone), steps, engine).steps[0].results for zone in (name, "UTC")
    )
    measures = [key for key, value in usual.items() if np.asarray(value).dtype.kind == "f"]
    assert len(measures) > 10
    for key in measures:
        np.testing.assert_array_equal(found[key], usual[key])
    np.testing.assert_array_equal(found["epochs"]["time"], usual["epochs"]["time"])


def test_the_weekday_after_a_night_of_23_hours_is_that_of_the_window() -> None:
    zone = ZoneInfo("Europe/London")
    start = datetime(2024, 4, 1, 0, 30, tzinfo=zone).timestamp()
    parameters = {"cutpoints": "esliger_lwrist_adult", "min_wear_time": 0, "day_window": [12, 24]}
    activity = {"process": "ActivityLevelClassification", "parameters": parameters}
    signals = moving(start, 1, 10, "Europe/London")
    results = run(signals, parse([*windowed([12], [24]), activity]), "lean").steps[1].results
    assert (results["Date"][0], results["Weekday"][0]) == ("2024-03-31", "Sunday")


def change(name: str, date: str) -> float:
    """The first instant of the new offset, within the day before or after a date's midnight."""
    zone = ZoneInfo(name)
    midnight = int(datetime.fromisoformat(date).replace(tzinfo=zone).timestamp())
    minutes = [midnight + minute * 60 for minute in range(-1440, 1440)]
    offsets = [datetime.fromtimestamp(at, zone).utcoffset() for at in minutes]
    return next(
        at
        for at, before, after in zip(minutes[1:], offsets, offsets[1:], strict=False)
        if before != after
    )
