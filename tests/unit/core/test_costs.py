"""What runs took, and what those to come are expected to take from it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from wearline.core.costs import Work, costs
from wearline.core.estimates import STARTING_S, sized
from wearline.core.ledger import RunRow, Try

MB = 1_000_000


def run(run_id: str, wall_s: float, state: str = "succeeded") -> RunRow:
    return RunRow(
        run_id,
        "gait",
        "b",
        "k",
        "sleep",
        state,  # type: ignore[arg-type]
        1,
        "",
        cost={"wall_s": wall_s, "cpu_s": wall_s / 2},
    )


def test_runs_to_come_take_what_ended_runs_took_for_each_byte() -> None:
    work = [Work("sleep", 10 * MB, "one"), Work("sleep", 30 * MB)]
    found = costs(work, {"one": run("one", 100.0)})["sleep"]
    assert (found.ended, found.coming) == (1, 1)
    assert found.cpu_s == 50.0
    assert found.actual.hours == pytest.approx((STARTING_S + 100) / 3600)
    assert found.expected.hours == pytest.approx((STARTING_S + 300) / 3600)


def test_failed_run_costs_and_teaches_nothing() -> None:
    work = [Work("sleep", 10 * MB, "one"), Work("sleep", 100 * MB)]
    found = costs(work, {"one": run("one", 1.0, "failed")})["sleep"]
    assert found.actual.usd > 0
    assert found.expected.hours == pytest.approx((STARTING_S + 180) / 3600)


def test_run_whose_cost_is_not_known_counts_for_nothing() -> None:
    found = costs([Work("sleep", MB, "gone")], {})["sleep"]
    assert (found.ended, found.actual.usd, found.coming) == (0, 0.0, 0)


def tried(*outcomes: str, cost_s: float | None = None) -> RunRow:
    """A run with a try for each outcome, the last of its attempt with a cost if there is one."""
    found = replace(run("one", cost_s or 0.0), tries=tuple(_tries(outcomes)))
    return found if cost_s is not None else replace(found, cost={}, state="failed")


def _tries(outcomes: tuple[str, ...]) -> Iterator[Try]:
    for number, outcome in enumerate(outcomes, 1):
        yield Try(f"1.{number}", "", outcome)


@pytest.mark.parametrize(
    ("ended", "tasks"),
    [
        (tried("out_of_memory", "interrupted", "succeeded", cost_s=18.0), 3),
        (tried("capacity", "capacity", "succeeded", cost_s=18.0), 1),
        (tried("out_of_memory", "out_of_memory", "out_of_memory"), 3),
        (tried("image"), 0),
    ],
    ids=["short of memory first", "no capacity first", "no verdict", "no image"],
)
def test_each_try_that_had_a_task_costs(ended: RunRow, tasks: int) -> None:
    found = costs([Work("sleep", 10 * MB, "one")], {"one": ended})["sleep"]
    assert found.actual.hours == pytest.approx(tasks * (STARTING_S + 18) / 3600)
    assert found.ended == (tasks > 0)


def test_run_costs_the_task_that_it_had_and_not_the_one_that_its_bytes_suggest() -> None:
    small, large = (
        replace(run("one", 100.0), cost=sized({"wall_s": 100.0}, memory)) for memory in (2048, 8192)
    )
    of_small, of_large = (
        costs([Work("sleep", 400 * MB, "one")], {"one": each})["sleep"].actual.usd
        for each in (small, large)
    )
    seconds = STARTING_S + 100
    assert of_small == pytest.approx(seconds / 3600 * (0.04048 + 2 * 0.004445))
    assert of_large == pytest.approx(seconds / 3600 * (0.04048 + 8 * 0.004445))


def test_size_of_a_task_is_no_cost_where_none_is_told() -> None:
    assert sized({}, 2048) == {}
    assert sized({"wall_s": 1.0}, None) == {"wall_s": 1.0}
