"""A budget keeps every promise, however it is lifted and lowered; and two known mistakes do not."""

import pytest

from tests.simulation.budgeting import broken_promises
from tests.simulation.mistakes import WITH_A_BUDGET
from tests.simulation.scheduler import FAILS_BY_THE_WORLD

HISTORIES = 2_000
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_with_a_budget_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for seed, broken in broken_promises(part * each, each):
        pytest.fail(f"seed {seed}: {broken}", pytrace=False)


@pytest.mark.parametrize("name", WITH_A_BUDGET)
def test_a_known_mistake_with_a_budget_is_found(name: str) -> None:
    with WITH_A_BUDGET[name]():
        _, broken = next(broken_promises(0, HISTORIES))
    assert broken.promise != FAILS_BY_THE_WORLD, "the mistake itself does not run"
