"""Twenty thousand histories keep every promise. A failure prints its seed and what led to it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.exploration import histories
from tests.simulation.failure import report

ROOT = Path(__file__).parents[2]
HISTORIES = 20_000
PARTS = 40


@pytest.mark.parametrize("part", range(PARTS))
def test_every_history_keeps_every_promise(part: int) -> None:
    each = HISTORIES // PARTS
    for told in histories(part * each, each):
        if told.broken is not None:
            pytest.fail(report(told), pytrace=False)


def test_a_seed_is_a_history_in_every_process() -> None:
    def trace(seed: int, hash_seed: str) -> str:
        command = [sys.executable, "-m", "tests.simulation", "--seed", str(seed)]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return subprocess.check_output(command, cwd=ROOT, env=environment, text=True)

    assert trace(11, "1") == trace(11, "2")
    assert trace(11, "1") != trace(12, "1")
