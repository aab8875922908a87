"""The headline of a run: days, nights and means, few enough to be kept beside its verdict.

It makes nothing new: every number is a column of the run's tables, or a plain sum or mean of
one, so that status, report and lists need not open a table. The analysis takes the tables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from wearline_processor.engine import Outcome
from wearline_processor.tables import day, gait_bout, night, transfer
from wearline_processor.tables.schema import Row

# A recording of months keeps its first days; the means are of all.
MOST_DAYS = 100
_DAY = ("wake_mvpa_min", "wake_sedentary_min")
_NIGHT = ("asleep_min", "asleep_pct", "wake_after_sleep_onset_min")
_STRIDES = (
    ("gait_speed_mean_m_s", "gait speed"),
    ("cadence_mean_steps_min", "cadence"),
    ("stride_time_mean_s", "stride time"),
)


def summary(outcome: Outcome, zone: ZoneInfo) -> dict[str, Any]:
    """``days`` and ``nights`` (one entry a local date), and ``measures`` over all of them.

    Null means not computed, as in the tables. Units are in the names.
    """
    days, nights = _days(outcome, zone), night.rows(outcome, zone)
    kept = _taken(days, ("date", "recorded_h", "worn_h", *_DAY)), _taken(nights, ("date", *_NIGHT))
    start, end = outcome.recorded[0]
    return {
        "recorded_h": _rounded((end - start) / 3600),
        "days": kept[0][:MOST_DAYS],
        "nights": kept[1][:MOST_DAYS],
        "measures": _measures(outcome, days, nights, zone),
    }


def _days(outcome: Outcome, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The rows of the table ``day``; where no step makes it, wear by local date."""
    if outcome.find("ActivityLevelClassification"):
        return [
            {**row, "recorded_h": _hours(row["recorded_min"]), "worn_h": _hours(row["worn_min"])}
            for row in day.rows(outcome, zone)
        ]
    start, end = (float(instant) for instant in outcome.recorded[0])
    return [
        {
            "date": datetime.fromtimestamp(first, UTC).astimezone(zone).date().isoformat(),
            "recorded_h": (last - first) / 3600,
            "worn_h": None if outcome.wear is None else _overlap_h(outcome.wear, first, last),
        }
        for first, last in pairwise([start, *_midnights(start, end, zone), end])
    ]


def _hours(minutes: Any) -> float | None:  # noqa: ANN401
    number = _finite(minutes)
    return None if number is None else number / 60


def _midnights(start: float, end: float, zone: ZoneInfo) -> Iterable[float]:
    """The local midnights between two instants, in unix seconds."""
    date = datetime.fromtimestamp(start, UTC).astimezone(zone).date() + timedelta(days=1)
    while (instant := datetime(date.year, date.month, date.day, tzinfo=zone).timestamp()) < end:
        yield instant
        date += timedelta(days=1)


def _overlap_h(spans: Any, first: float, last: float) -> float:  # noqa: ANN401
    inside = np.clip(np.asarray(spans, dtype=np.float64).reshape(-1, 2), first, last)
    return float((inside[:, 1] - inside[:, 0]).sum()) / 3600


def _measures(
    outcome: Outcome, days: Sequence[Row], nights: Sequence[Row], zone: ZoneInfo
) -> dict[str, float | None]:
    gait, transfers = outcome.find("GaitLumbar"), outcome.find("Sit2Stand")
    bouts = gait_bout.rows(outcome, zone) if gait else []
    strides = gait.results if gait else {}
    rises = transfer.rows(outcome, zone) if transfers else []
    return {
        "worn_h": _rounded(_sum(row["worn_h"] for row in days)),
        "activity_days": _count(days, "wake_mvpa_min") if days and "reason" in days[0] else None,
        "wake_mvpa_mean_min": _mean(row.get("wake_mvpa_min") for row in days),
        "wake_sedentary_mean_min": _mean(row.get("wake_sedentary_min") for row in days),
        "sleep_nights": _count(nights, "asleep_min") if outcome.find("Sleep") else None,
        **{_of_mean(name): _mean(row.get(name) for row in nights) for name in _NIGHT},
        "gait_bouts": len(bouts) if gait else None,
        "steps": _rounded(_sum(row["steps"] for row in bouts)) if bouts else None,
        **{name: _mean(strides.get(skdh, ())) for name, skdh in _STRIDES},
        "transfers": len(rises) if transfers else None,
        "transfer_duration_mean_s": _mean(row["duration_s"] for row in rises),
    }


def _of_mean(name: str) -> str:
    """``asleep_min`` as a mean: ``asleep_mean_min``."""
    stem, _, unit = name.rpartition("_")
    return f"{stem}_mean_{unit}"


def _taken(rows: Sequence[Row], names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            name: value if isinstance(value := row[name], str) else _rounded(value)
            for name in names
            if name in row
        }
        for row in rows
    ]


def _count(rows: Sequence[Row], name: str) -> int:
    return sum(_finite(row.get(name)) is not None for row in rows)


def _sum(values: Iterable[Any]) -> float | None:
    known = [number for value in values if (number := _finite(value)) is not None]
    return math.fsum(known) if known else None


def _mean(values: Iterable[Any]) -> float | None:
    known = [number for value in values if (number := _finite(value)) is not None]
    return _rounded(math.fsum(known) / len(known)) if known else None


def _finite(value: Any) -> float | None:  # noqa: ANN401
    return None if value is None or not math.isfinite(value) else float(value)


def _rounded(value: Any) -> float | None:  # noqa: ANN401
    """To six significant digits: a headline, and short in the ledger."""
    number = _finite(value)
    return None if number is None else float(f"{number:.6g}")
