"""A budget keeps every promise, however it is lifted and lowered; and two known mistakes do not."""

import pytest

from tests.simulation.budgeting import script
from tests.simulation.exploration import histories
from tests.simulation.failure import report
from tests.simulation.mistakes import WITH_A_BUDGET
from tests.simulation.scheduler import FAILS_BY_THE_WORLD

HISTORIES = 2_000
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_with_a_budget_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for told in histories(part * each, each, script):
        if told.broken is not None:
            pytest.fail(report(told), pytrace=False)


@pytest.mark.parametrize("name", WITH_A_BUDGET)
def test_a_known_mistake_with_a_budget_is_found(name: str) -> None:
    with WITH_A_BUDGET[name]():
        broken = next(each.broken for each in histories(0, HISTORIES, script) if each.broken)
    assert broken.promise != FAILS_BY_THE_WORLD, "the mistake itself does not run"
