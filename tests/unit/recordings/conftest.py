"""Signals for the tests of the encoders."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from wearline_recordings.signal import Chunk, Signal

START = datetime.fromisoformat("2024-03-11T09:00")
Given = Callable[..., Signal]


@pytest.fixture
def given() -> Given:
    """Makes a signal of exactly these samples, in chunks of `chunk` samples."""

    def make(
        accel: NDArray[np.floating], *, hz: float = 50, start: datetime = START, chunk: int = 1000
    ) -> Signal:
        g = np.asarray(accel, dtype=np.float32)
        flat = np.full(len(g), 30, dtype=np.float32)
        whole = Chunk(g, flat, flat, 10 * g)

        def chunks() -> list[Chunk]:
            return [whole.part(i, min(i + chunk, len(g))) for i in range(0, len(g), chunk)]

        return Signal(start, hz, len(g), (), lambda: iter(chunks()))

    return make


@pytest.fixture
def movement() -> NDArray[np.float32]:
    """Three thousand samples that reach beyond the range of every device."""
    rng = np.random.default_rng(5)
    size = rng.choice([0.02, 1, 6], (3000, 1))
    return np.asarray(rng.standard_normal((3000, 3)) * size, dtype=np.float32)
