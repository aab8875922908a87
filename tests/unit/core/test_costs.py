"""What runs took, and what those to come are expected to take from it."""

import pytest

from wearline.core.costs import Work, costs
from wearline.core.estimates import STARTING_S
from wearline.core.ledger import RunRow

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
