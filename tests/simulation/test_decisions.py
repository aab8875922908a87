"""Decisions keep every promise, in whatever order they and the recordings come."""

import pytest

from tests.simulation.deciding import script
from tests.simulation.exploration import histories
from tests.simulation.failure import report

HISTORIES = 800
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_with_decisions_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for told in histories(part * each, each, script):
        if told.broken is not None:
            pytest.fail(report(told), pytrace=False)
