"""What a withdrawal removes stays removed, whoever is at work meanwhile."""

import pytest

from tests.simulation.leaving import broken_promises
from tests.simulation.mistakes import writing_what_a_withdrawal_removed
from tests.simulation.truth import STAYS_REMOVED

HISTORIES = 2_000
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_with_a_withdrawal_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for seed, broken in broken_promises(part * each, each):
        pytest.fail(f"seed {seed}: {broken}", pytrace=False)


def test_a_run_that_is_written_after_its_removal_is_found() -> None:
    with writing_what_a_withdrawal_removed():
        _, broken = next(broken_promises(0, HISTORIES))
    assert broken.promise == STAYS_REMOVED
