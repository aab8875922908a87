"""A device log keeps every promise, in whatever order it and the recordings come."""

import pytest

from tests.simulation.assigning import tell

HISTORIES = 800
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_with_a_device_log_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for seed in range(part * each, (part + 1) * each):
        broken, _ = tell(seed)
        if broken is not None:
            pytest.fail(f"seed {seed}: {broken}", pytrace=False)
