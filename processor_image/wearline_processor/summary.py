"""The headline of a run: days, nights and means, few enough to be kept beside its verdict.

It makes nothing new: every number is a column of the run's tables, or a plain sum or mean of
one, so that status, report and lists need not open a table. The analysis takes the tables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from wearline_processor.engine import Outcome, Spans
from wearline_processor.tables.calendar import local_days
from wearline_processor.tables.schema import Row

# A recording of months keeps its first days; the means are of all.
MOST_DAYS = 100
_DAY = ("wake_mvpa_min", "wake_sedentary_min")
_NIGHT = ("asleep_min", "asleep_pct", "wake_after_sleep_onset_min")
_STRIDES = {
    "gait_speed_mean_m_s": "gait_speed_m_s",
    "cadence_mean_steps_min": "cadence_steps_min",
    "stride_time_mean_s": "stride_time_s",
}
Tables = Mapping[str, pa.Table]


def summary(tables: Tables, outcome: Outcome, zone: ZoneInfo) -> dict[str, Any]:
    """``days`` and ``nights`` (one entry a local date), and ``measures`` over all of them.

    Null means not computed, as in the tables. Units are in the names.
    """
    days, nights = _days(tables, outcome, zone), _rows(tables, "night", ("date", *_NIGHT))
    start, end = outcome.recorded[0]
    return {
        "recorded_h": _rounded((end - start) / 3600),
        "days": [_short(row) for row in days[:MOST_DAYS]],
        "nights": [_short(row) for row in nights[:MOST_DAYS]],
        "measures": _measures(tables, days, nights),
    }


def _days(tables: Tables, outcome: Outcome, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The rows of the table ``day``; where no step makes it, wear by local date."""
    if "day" in tables:
        rows = _rows(tables, "day", ("date", "recorded_min", "worn_min", *_DAY))
        return [
            {
                "date": row["date"],
                "recorded_h": _hours(row["recorded_min"]),
                "worn_h": _hours(row["worn_min"]),
                **{name: row[name] for name in _DAY},
            }
            for row in rows
        ]
    start, end = (float(instant) for instant in outcome.recorded[0])
    return [
        {
            "date": datetime.fromtimestamp(midnight, UTC).astimezone(zone).date().isoformat(),
            "recorded_h": (min(following, end) - max(midnight, start)) / 3600,
            "worn_h": _worn_h(outcome.wear, midnight, following),
        }
        for midnight, following in local_days(outcome.recorded, zone)
    ]


def _hours(minutes: float | None) -> float | None:
    return None if minutes is None else minutes / 60


def _worn_h(wear: Spans | None, first: float, last: float) -> float | None:
    if wear is None:
        return None
    inside = np.clip(wear.reshape(-1, 2), first, last)
    return float((inside[:, 1] - inside[:, 0]).sum()) / 3600


def _measures(
    tables: Tables, days: Sequence[Row], nights: Sequence[Row]
) -> dict[str, float | None]:
    return {
        "worn_h": _rounded(_sum(row["worn_h"] for row in days)),
        "activity_days": _count(tables, "day", "wake_mvpa_min"),
        "wake_mvpa_mean_min": _mean(row.get("wake_mvpa_min") for row in days),
        "wake_sedentary_mean_min": _mean(row.get("wake_sedentary_min") for row in days),
        "sleep_nights": _count(tables, "night", "asleep_min"),
        **{_of_mean(name): _mean(row[name] for row in nights) for name in _NIGHT},
        "gait_bouts": _count(tables, "gait_bout", "gait_bout_n"),
        "steps": _rounded(_sum(_values(tables, "gait_bout", "steps"))),
        **{name: _mean(_values(tables, "stride", column)) for name, column in _STRIDES.items()},
        "transfers": _count(tables, "transfer", "transfer_n"),
        "transfer_duration_mean_s": _mean(_values(tables, "transfer", "duration_s")),
    }


def _rows(tables: Tables, name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Of a table that no step makes, none."""
    rows: list[dict[str, Any]] = tables[name].select(columns).to_pylist() if name in tables else []
    return rows


def _values(tables: Tables, name: str, column: str) -> list[Any]:
    """Of a table that no step makes, none."""
    return [row[column] for row in _rows(tables, name, [column])]


def _count(tables: Tables, name: str, column: str) -> int | None:
    """How many rows have a value; None where no step makes the table."""
    if name not in tables:
        return None
    return sum(value is not None for value in _values(tables, name, column))


def _short(row: Row) -> dict[str, Any]:
    return {name: each if isinstance(each, str) else _rounded(each) for name, each in row.items()}


def _of_mean(name: str) -> str:
    """``asleep_min`` as a mean: ``asleep_mean_min``."""
    stem, _, unit = name.rpartition("_")
    return f"{stem}_mean_{unit}"


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
