"""What a withdrawal removes stays removed, whoever is at work meanwhile."""

import pytest

from tests.simulation.exploration import histories
from tests.simulation.failure import report
from tests.simulation.leaving import script
from tests.simulation.mistakes import writing_what_a_withdrawal_removed
from tests.simulation.truth import STAYS_REMOVED

HISTORIES = 2_000
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_with_a_withdrawal_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for told in histories(part * each, each, script):
        if told.broken is not None:
            pytest.fail(report(told), pytrace=False)


def test_a_run_that_is_written_after_its_removal_is_found() -> None:
    with writing_what_a_withdrawal_removed():
        broken = next(each.broken for each in histories(0, HISTORIES, script) if each.broken)
    assert broken.promise == STAYS_REMOVED
