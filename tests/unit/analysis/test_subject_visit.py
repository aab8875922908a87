"""What a visit comes to: the rule by hand-computed examples, and against a plain reading of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from statistics import fmean
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wearline.core.study import ValidDay
from wearline_analysis import subject_visit
from wearline_analysis.queries import Queries
from wearline_local.launcher import ROOT

Rows = list[dict[str, Any]]
MONDAY = date(2024, 3, 11)
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("study", "subject", "visit", "location", "pipeline",
                                      "file", "run", "date", "reason")]
    + [("stale", pa.bool_()), ("worn_min", pa.float64()), ("steps", pa.float64())]
)  # fmt: skip


def row(day: int, steps: float | None, *, worn_h: float = 24, **more: Any) -> dict[str, Any]:
    """A day or night of S1, so many days after a Monday."""
    return {
        "study": "s", "subject": "S1", "visit": "V1", "location": "wrist", "pipeline": "sleep",
        "file": "a.cwa", "run": "r", "date": str(MONDAY + timedelta(day)), "reason": None,
        "stale": False, "worn_min": 60 * worn_h, "steps": steps, **more,
    }  # fmt: skip


def visits(
    day: Rows | None = None, night: Rows | None = None, min_wear_h: float = 16, min_days: int = 4
) -> Rows:
    tables = {"day": day, "night": night}
    given_ = {
        name: pa.Table.from_pylist(rows, SCHEMA)
        for name, rows in tables.items()
        if rows is not None
    }
    columns = {name: subject_visit.numbers(table.schema) for name, table in given_.items()}
    rule = ValidDay(min_wear_h=min_wear_h, min_days=min_days)
    with Queries(given_, threads=1) as queries:
        found: Rows = queries.table(subject_visit.query(columns, rule)).to_pylist()
    return found


def of(rows: Rows, column: str) -> list[Any]:
    """A column for all days, weekdays, and weekends of the one visit."""
    assert [each["day_type"] for each in rows] == ["all", "weekday", "weekend"]
    return [each[column] for each in rows]


def test_a_week_has_a_mean_of_all_days_of_weekdays_and_of_the_weekend() -> None:
    week = visits([row(day, steps) for day, steps in enumerate([10, 20, 30, 40, 50, 90, 110])])
    assert of(week, "steps") == [50, 30, 100]
    assert of(week, "n_steps") == [7, 5, 2]
    assert of(week, "days") == of(week, "valid_days") == [7, 5, 2]
    assert of(week, "files") == [1, 1, 1]


def test_a_day_that_is_worn_too_little_is_recorded_and_not_valid() -> None:
    week = visits([row(day, 10) for day in range(4)] + [row(4, 1000, worn_h=15.99)])
    assert of(week, "steps") == [10, 10, None]
    assert of(week, "days") == [5, 5, 0]
    assert of(week, "valid_days") == [4, 4, 0]


def test_a_day_worn_for_exactly_the_least_is_valid() -> None:
    assert of(visits([row(day, 10, worn_h=16) for day in range(4)]), "valid_days") == [4, 4, 0]


def test_a_day_without_measures_is_not_valid() -> None:
    days = [row(day, 10) for day in range(4)] + [row(4, None, reason="no_waking_wear")]
    assert of(visits(days), "valid_days") == [4, 4, 0]


def test_fewer_valid_days_than_the_rule_asks_for_have_no_mean_and_say_how_many() -> None:
    week = visits([row(day, 10) for day in range(3)])
    assert of(week, "steps") == [None, None, None]
    assert of(week, "n_steps") == [3, 3, 0]


def test_a_weekend_needs_the_days_of_the_whole_visit_and_one_of_its_own() -> None:
    week = visits([row(day, day) for day in (2, 3, 4, 5)])
    assert of(week, "steps") == [3.5, 3, 5]
    assert of(week, "n_steps") == [4, 3, 1]


def test_a_measure_that_some_days_lack_counts_its_own_days() -> None:
    days = [row(day, None if day == 1 else 10 * day) for day in range(5)]
    assert of(visits(days), "steps") == [22.5, 22.5, None]
    assert of(visits(days), "n_steps") == [4, 4, 0]
    assert of(visits(days, min_days=5), "steps") == [None, None, None]
    assert of(visits(days, min_days=5), "worn_min") == [1440, 1440, None]


def test_nights_before_a_saturday_and_a_sunday_are_those_of_the_weekend() -> None:
    week = visits(night=[row(day, 10 * day) for day in range(7)])
    assert of(week, "night_steps") == [30, pytest.approx((0 + 10 + 20 + 30 + 60) / 5), 45]
    assert of(week, "n_night_steps") == [7, 5, 2]
    assert of(week, "valid_nights") == [7, 5, 2]
    assert of(week, "days") == [0, 0, 0]


def test_days_and_nights_stand_beside_each_other() -> None:
    both = visits([row(day, 10) for day in range(4)], [row(day, 400) for day in range(5)])
    assert of(both, "steps")[0] == 10
    assert of(both, "night_steps")[0] == 400
    assert (both[0]["valid_days"], both[0]["valid_nights"]) == (4, 5)


def test_a_date_that_two_recordings_hold_counts_once_by_the_one_worn_longest() -> None:
    days = [row(day, 10) for day in range(4)]
    days += [row(3, 50, file="b.cwa", worn_h=20), row(0, 50, file="b.cwa", worn_h=24)]
    week = visits(days)
    assert of(week, "valid_days") == [4, 4, 0]
    assert of(week, "steps")[0] == (50 + 10 + 10 + 10) / 4
    assert of(week, "files")[0] == 2


@pytest.mark.parametrize("key", ["subject", "visit", "location", "pipeline"])
def test_what_is_not_of_one_visit_is_not_averaged(key: str) -> None:
    days = [row(day, 10) for day in range(4)]
    days += [row(day, 20) | {key: "other"} for day in range(4)]
    found = [each for each in visits(days) if each["day_type"] == "all"]
    assert sorted((each[key] == "other", each["steps"]) for each in found) == [
        (False, 10), (True, 20),
    ]  # fmt: skip


def test_a_study_without_visits_and_locations_has_rows_all_the_same() -> None:
    week = visits([row(day, 10, visit=None, location=None) for day in range(4)])
    assert of(week, "visit") == [None] * 3
    assert of(week, "steps") == [10, 10, None]


def test_a_stale_day_makes_the_visit_stale() -> None:
    assert of(visits([row(0, 10), row(1, 10, stale=True)]), "stale") == [True] * 3


def test_no_rows_are_no_visits() -> None:
    assert visits([]) == []


def test_every_column_of_a_study_with_default_parameters_is_documented() -> None:
    names = [column.name for column in subject_visit.schema()]
    assert len(names) == len(set(names))
    kinds = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(),
             "boolean": pa.bool_(), "instant": pa.timestamp("us", "UTC")}  # fmt: skip
    tables = {
        name: pa.schema(
            [(each.name, kinds[each.kind]) for each in subject_visit.columns_of(name)]
        ).empty_table()
        for name in ("day", "night")
    }
    columns = {name: subject_visit.numbers(table.schema) for name, table in tables.items()}
    with Queries(tables, threads=1) as queries:
        made = queries.table(subject_visit.query(columns, ValidDay()))
    assert made.schema.names == names
    assert [kinds[column.kind] for column in subject_visit.schema()] == made.schema.types


def test_what_stands_beside_the_means_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "analysis.md").read_text()
    for column in subject_visit.HEAD:
        assert f"| `{column.name}` | {column.kind} | {column.meaning} |" in page


days = st.builds(
    lambda day, steps, worn_h, reason, subject, file: row(
        day, steps, worn_h=worn_h, reason=reason, subject=subject, file=file
    ),
    day=st.integers(0, 9),
    steps=st.none() | st.floats(0, 1e5),
    worn_h=st.sampled_from([0, 10, 15.9, 16, 20, 24]),
    reason=st.sampled_from([None, None, None, "worn_too_short"]),
    subject=st.sampled_from(["S1", "S2"]),
    file=st.sampled_from(["a.cwa", "b.cwa"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(days, max_size=24), st.integers(1, 5), st.booleans())
def test_every_row_is_what_the_rule_says(found: Rows, min_days: int, nights: bool) -> None:
    found = list({(each["subject"], each["date"], each["file"]): each for each in found}.values())
    name, prefix = ("night", "night_") if nights else ("day", "")
    weekend = (5, 6) if nights else (6, 7)
    made = visits(None, found, 16, min_days) if nights else visits(found, None, 16, min_days)
    assert len(made) == 3 * len({each["subject"] for each in found})
    for each in made:
        own = _dated([one for one in found if one["subject"] == each["subject"]])
        valid = [one for one in own if one["reason"] is None and one["worn_min"] >= 960]
        typed = [one for one in valid if _is(each["day_type"], one["date"], weekend)]
        measured = [one["steps"] for one in typed if one["steps"] is not None]
        enough = sum(one["steps"] is not None for one in valid) >= min_days
        assert each[f"valid_{name}s"] == len(typed)
        assert each[f"n_{prefix}steps"] == len(measured)
        expected = fmean(measured) if measured and enough else None
        assert each[f"{prefix}steps"] == (None if expected is None else pytest.approx(expected))


def _dated(rows: Iterable[dict[str, Any]]) -> Rows:
    """Of each date the row worn longest, of equals the one of the last file."""
    best: dict[str, dict[str, Any]] = {}
    for each in sorted(rows, key=lambda one: (one["worn_min"], one["file"])):
        best[each["date"]] = each
    return list(best.values())


def _is(day_type: str, day: str, weekend: tuple[int, int]) -> bool:
    is_weekend = date.fromisoformat(day).isoweekday() in weekend
    return day_type == "all" or is_weekend == (day_type == "weekend")
