"""Lack of memory is told as such, whatever step meets it, so that the next try gets more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wearline_processor.engine import run, stock
from wearline_processor.steps import parse


def test_a_step_that_lacks_memory_is_no_failed_step(
    recorded: Callable[..., Any], signals: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(stock, "call", exhausted)
    steps = parse([{"process": "AccelThresholdWearDetection"}])
    with pytest.raises(MemoryError):
        run(signals(recorded("wrist", "cwa", hours=1, hz=50)), steps, "stock")
