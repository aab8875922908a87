"""Twenty thousand histories keep every promise. A failure prints its seed and what led to it."""

import pytest

from tests.simulation.exploration import histories
from tests.simulation.failure import report
from tests.simulation.history import run
from tests.simulation.script import script

HISTORIES = 20_000
PARTS = 40


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for told in histories(part * each, each):
        if told.broken is not None:
            pytest.fail(report(told), pytrace=False)


def test_a_seed_is_a_history() -> None:
    def trace(seed: int) -> tuple[str, ...]:
        return run(script(seed), seed, traced=True).trace

    assert trace(11) == trace(11)
    assert trace(11) != trace(12)
