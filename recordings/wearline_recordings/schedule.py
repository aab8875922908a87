"""What the wearer does, and when."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, repeat

import numpy as np


class Activity(StrEnum):
    """One way of wearing, or not wearing, a device."""

    SLEEP = "sleep"
    RESTLESS = "restless"  # awake in bed
    DESK = "desk"
    HOUSEHOLD = "household"
    WALK = "walk"
    OFF = "off"  # the device lies on a table
    SIT = "sit"
    RISE = "rise"  # sit to stand
    STAND = "stand"
    SIT_DOWN = "sit_down"


@dataclass(frozen=True)
class Period:
    """A stretch of one activity.

    seconds: how long it lasts.
    cadence: steps a minute, for walking.
    """

    activity: Activity
    seconds: float
    cadence: float = 0.0


def samples_in(periods: Sequence[Period], hours: float, hz: float) -> int:
    """How many samples fit into `periods`, or into `hours` where that is less."""
    seconds = min(hours * 3600, math.fsum(period.seconds for period in periods))
    return math.floor(round(seconds * hz, 6))


# One ordinary day: hour at which each activity begins, and the cadence of walking.
ORDINARY_DAY: tuple[tuple[float, Activity, float], ...] = (
    (7.00, Activity.HOUSEHOLD, 0),
    (7.75, Activity.WALK, 112),
    (8.20, Activity.DESK, 0),
    (12.0, Activity.WALK, 106),
    (12.3, Activity.HOUSEHOLD, 0),
    (13.0, Activity.DESK, 0),
    (17.5, Activity.WALK, 116),
    (18.0, Activity.HOUSEHOLD, 0),
    (19.0, Activity.OFF, 0),
    (20.5, Activity.DESK, 0),
    (23.0, Activity.SLEEP, 0),
)
JITTER_H = 0.1  # standard deviation of each hour from day to day, cut at 0.12


def ordinary_days(start: datetime, hours: float, seed: int) -> tuple[Period, ...]:
    """Days of desk work with three walks, an evening without the device, and nights from 23 to 7.

    The hours of `ORDINARY_DAY` vary a little from day to day with `seed`, and each night is broken
    by about three restless stretches.
    """
    end = start + timedelta(hours=hours)
    rng = np.random.default_rng([seed, 1])
    changes = list(_changes(start, end, rng))
    ends = [begins for begins, _ in changes[1:]] + [end]
    cut = (
        replace(period, seconds=(min(stops, end) - max(begins, start)).total_seconds())
        for (begins, period), stops in zip(changes, ends, strict=True)
    )
    return tuple(
        part
        for period in cut
        if period.seconds > 0
        for part in (_night(period, rng) if period.activity is Activity.SLEEP else (period,))
    )


def _changes(
    start: datetime, end: datetime, rng: np.random.Generator
) -> Iterator[tuple[datetime, Period]]:
    """The begin of each period, from the day before `start`, whose night may still last."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    while midnight < end:
        for hour, activity, cadence in ORDINARY_DAY:
            jitter = float(np.clip(rng.normal(0, JITTER_H), -0.12, 0.12))
            begins = midnight + timedelta(hours=hour + jitter)
            if begins < end:
                yield begins, Period(activity, 0.0, cadence)
        midnight += timedelta(days=1)


def _night(night: Period, rng: np.random.Generator) -> Iterator[Period]:
    """A night, broken after every two hours or so by some minutes awake."""
    left = night.seconds
    while left > 0:
        for activity, low, high in ((Activity.SLEEP, 80, 160), (Activity.RESTLESS, 6, 14)):
            seconds = min(left, float(rng.uniform(low, high)) * 60)
            if seconds > 0:
                yield Period(activity, seconds)
            left -= seconds


def clinic_visit(seconds: float, cadence: float) -> tuple[Period, ...]:
    """Laps of sitting for 20 s, rising, walking 60 s at `cadence` steps a minute, sitting down."""
    return tuple(_until(seconds, chain.from_iterable(repeat(_lap(20.0, 4.0, 60.0, cadence)))))


def seated_day(hours: float, seed: int) -> tuple[Period, ...]:
    """A day in a chair, at the lower back: up every 10 to 30 minutes, to walk for 4 at most."""
    rng = np.random.default_rng([seed, 5])

    def laps() -> Iterator[Period]:
        while True:
            sit, walk = rng.uniform(600, 1800), rng.uniform(20, 240)
            yield from _lap(sit, rng.uniform(3, 60), walk, round(rng.uniform(95, 118)))

    return tuple(_until(hours * 3600, laps()))


def _lap(sit: float, stand: float, walk: float, cadence: float) -> tuple[Period, ...]:
    return (
        Period(Activity.SIT, sit),
        Period(Activity.RISE, 1.8),
        Period(Activity.STAND, stand),
        Period(Activity.WALK, walk, cadence),
        Period(Activity.STAND, 3.0),
        Period(Activity.SIT_DOWN, 2.0),
    )


def _until(seconds: float, periods: Iterator[Period]) -> Iterator[Period]:
    """As many of `periods` as last `seconds`, the last cut short."""
    while seconds > 0:
        period = next(periods)
        yield replace(period, seconds=min(period.seconds, seconds))
        seconds -= period.seconds
