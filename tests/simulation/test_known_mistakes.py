"""The simulator proves itself: each known mistake, made again, breaks a promise."""

import pytest

from tests.simulation.exploration import histories
from tests.simulation.failure import report, shortened
from tests.simulation.history import Told
from tests.simulation.mistakes import MISTAKES, Mistake
from tests.simulation.scheduler import FAILS_BY_THE_WORLD
from tests.simulation.test_histories import HISTORIES


def first_broken(mistake: Mistake) -> Told | None:
    with mistake():
        return next((told for told in histories(0, HISTORIES) if told.broken), None)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_known_mistake_is_found(name: str) -> None:
    told = first_broken(MISTAKES[name])
    assert told is not None
    assert told.broken is not None
    assert told.broken.promise != FAILS_BY_THE_WORLD, "the mistake itself does not run"


def test_a_failure_tells_its_seed_and_a_shorter_script() -> None:
    with MISTAKES["marking_before_starting"]():
        told = next(told for told in histories(0, HISTORIES) if len(told.script.acts) > 3)
        assert told.broken is not None
        text = report(told)
        assert f"Seed {told.seed} broke the promise" in text
        assert len(shortened(told).script.acts) == 1
