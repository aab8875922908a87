"""What changed between two releases: each reason in words, each column that moved."""

from __future__ import annotations

import doctest
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from wearline_analysis import differences
from wearline_analysis.differences import ColumnChange, TableChange, difference, reasons
from wearline_analysis.errors import ReleaseNameUnfit
from wearline_analysis.manifest import checked_name

PLAN: dict[str, Any] = {
    "file": {"bucket": "b", "key": "raw/S1.cwa", "version_id": "1", "etag": "e", "size": 1},
    "steps": [{"process": "Sleep", "parameters": {"min_sleep_block": 0.5, "downsample": True}}],
    "metadata": {"height": {"value": 1.7, "unit": "m"}},
    "processor": {"release": "skdh-0.17.15", "engine": "lean", "hash": "1"},
    "decisions": [],
    "time_zone": "Europe/London",
}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"file": PLAN["file"] | {"version_id": "2", "etag": "f"}}, "another version of the file"),
        ({"metadata": {"height": {"value": 1.72, "unit": "m"}}}, "height 1.7 m → 1.72 m"),
        ({"metadata": {}}, "height 1.7 m → none"),
        ({"metadata": {"height": {"value": 0, "unit": "m"}}}, "height 1.7 m → 0 m"),
        ({"metadata": {"height": {"value": False}}}, "height 1.7 m → False"),
        (
            {"steps": [{"process": "Sleep", "parameters": {"min_sleep_block": 0.6,
                                                           "downsample": True}}]},
            "Sleep.min_sleep_block 0.5 → 0.6",
        ),
        ({"steps": []}, "steps Sleep → "),
        (
            {"processor": PLAN["processor"] | {"release": "skdh-0.17.18", "hash": "2"}},
            "processor release skdh-0.17.15 → skdh-0.17.18",
        ),
        ({"processor": PLAN["processor"] | {"hash": "2"}},
         "another build of processor release skdh-0.17.15"),
        ({"time_zone": "UTC"}, 'time_zone "Europe/London" → "UTC"'),
        ({"decisions": [{"action": "trim"}]}, 'decisions [] → [{"action": "trim"}]'),
    ],
)  # fmt: skip
def test_each_change_of_a_plan_is_a_reason(changed: dict[str, Any], why: str) -> None:
    assert list(reasons(PLAN, PLAN | changed)) == [why]


def test_a_process_that_is_there_twice_is_compared_step_by_step() -> None:
    def plan(*values: int) -> dict[str, Any]:
        return {"steps": [{"process": "A", "parameters": {"x": value}} for value in values]}

    assert list(reasons(plan(1, 2), plan(9, 2))) == ["A.x 1 → 9"]
    assert list(reasons(plan(1, 2), plan(1))) == ["steps A, A → A"]


def release(name: str, run: str, rows: list[dict[str, Any]], **more: Any) -> Any:
    """A release with one run over one file, and its nights."""
    keys = {"study": "s", "file": "a", "pipeline": "sleep", "run": run, "stale": False}
    night = pa.Table.from_pylist([{**keys, **row} for row in rows])
    at = {"bucket": "b", "file": "a", "pipeline": "sleep", "run": run}
    return SimpleNamespace(
        name=name,
        tables=["night"],
        runs=[{**at, "identity": PLAN | {"time_zone": run}}],
        files=[],
        table=lambda _name: night,
        manifest=SimpleNamespace(valid_day={"min_wear_h": 16.0, "min_days": 4.0} | more),
    )


def nights(*minutes: float | None) -> list[dict[str, Any]]:
    return [{"date": f"2024-03-1{n}", "asleep_min": each} for n, each in enumerate(minutes)]


def test_columns_that_moved_are_counted_with_the_largest_move() -> None:
    found = difference(
        release("one", "1", nights(400, 410, 420)), release("two", "2", nights(400, 415, 418))
    )
    assert found.columns == (ColumnChange("night", "asleep_min", 2, 5),)
    assert found.tables == ()
    assert [(run.kind, run.before, run.after) for run in found.runs] == [("replaced", "1", "2")]


def test_a_value_that_came_to_be_or_vanished_moved() -> None:
    found = difference(
        release("one", "1", nights(None, 410)), release("two", "2", nights(400, None))
    )
    assert found.columns == (ColumnChange("night", "asleep_min", 2, None),)


def test_nights_are_told_by_their_date_and_not_by_their_number() -> None:
    found = difference(
        release("one", "1", nights(400, 410, 420)), release("two", "2", nights(400, 410, 420)[1:])
    )
    assert found.columns == ()
    assert found.tables == (TableChange("night", 1, 0),)


def test_rows_of_a_run_that_both_hold_are_not_looked_at() -> None:
    found = difference(release("one", "1", nights(400)), release("two", "1", nights(1)))
    assert (found.runs, found.columns, found.tables) == ((), (), ())


def test_another_rule_is_told() -> None:
    found = difference(
        release("one", "1", nights(400)), release("two", "1", nights(400), min_wear_h=10.0)
    )
    assert found.rule == ("min_wear_h 16 → 10",)


@pytest.mark.parametrize("name", ["2024-06", "final", "a", "v1.2", "x" * 64])
def test_a_release_may_be_named_so(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", "../a", "a/b", "A", "a..b", "-a", "a-", "x" * 65, "ä", "a\n"])
def test_a_name_that_is_no_part_of_a_key_is_refused(name: str) -> None:
    with pytest.raises(ReleaseNameUnfit):
        checked_name(name)


def test_examples_of_the_documentation_hold() -> None:
    found = doctest.testmod(differences)
    assert found.attempted > 0
    assert found.failed == 0
