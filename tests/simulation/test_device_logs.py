"""A device log keeps every promise, in whatever order it and the recordings come."""

import pytest

from tests.simulation.assigning import script
from tests.simulation.exploration import histories
from tests.simulation.failure import report
from tests.simulation.mistakes import WITH_A_DEVICE_LOG

HISTORIES = 1200
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_with_a_device_log_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for told in histories(part * each, each, script):
        if told.broken is not None:
            pytest.fail(report(told), pytrace=False)


@pytest.mark.parametrize("name", WITH_A_DEVICE_LOG)
def test_a_known_mistake_with_a_device_log_is_found(name: str) -> None:
    with WITH_A_DEVICE_LOG[name]():
        assert any(told.broken for told in histories(0, HISTORIES, script))
