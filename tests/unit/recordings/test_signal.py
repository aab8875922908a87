"""A signal is the same however it is cut, and the same again for the same seed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.unit.recordings.conftest import START, Given

from wearline_recordings import axivity, lumbar, wrist
from wearline_recordings.schedule import Activity, Period
from wearline_recordings.signal import Signal

Model = Callable[..., Signal]
KINDS = pytest.mark.parametrize("kind", [wrist.signal, lumbar.signal], ids=["wrist", "lumbar"])


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 400), chunk=st.integers(1, 700))
def test_blocks_hold_every_sample_but_those_of_an_incomplete_last_block(
    given: Given, movement: NDArray[np.float32], size: int, chunk: int
) -> None:
    blocks = list(given(movement[:900], chunk=chunk).blocks(size))
    assert all(len(block.accel) % size == 0 for block in blocks)
    together = np.concatenate([block.accel for block in blocks])
    assert np.array_equal(together, movement[: 900 // size * size])


@KINDS
def test_same_seed_gives_the_same_samples_and_another_seed_others(
    kind: Model,
) -> None:
    first, again, other = (kind(hours=0.2, hz=50, start=START, seed=s).whole() for s in (1, 1, 2))
    assert np.array_equal(first.accel, again.accel)
    assert not np.array_equal(first.accel, other.accel)


@KINDS
@pytest.mark.parametrize("hz", [20, 50, 98.4, 100])
def test_samples_fill_the_hours_at_the_true_rate(kind: Model, hz: float) -> None:
    signal = kind(hours=0.5, hz=hz, start=START, seed=1, gyro=True)
    whole = signal.whole()
    assert signal.samples == len(whole.accel) == len(whole.temperature) == len(whole.light)
    assert signal.samples == int(1800 * hz)
    assert whole.gyro is not None
    assert whole.gyro.shape == whole.accel.shape


def test_timeline_tells_when_each_period_begins() -> None:
    schedule = (Period(Activity.SIT, 90.5), Period(Activity.STAND, 30))
    signal = lumbar.signal(hours=1, hz=50, start=START, seed=1, schedule=schedule)
    assert [begins - START for begins, _ in signal.timeline()] == [
        timedelta(0),
        timedelta(seconds=90.5),
    ]


@pytest.mark.parametrize("start", ["2024-03-11T09:00", "2024-03-12T02:30:07"])
def test_a_recording_of_any_start_lasts_as_long_as_asked(tmp_path: Path, start: str) -> None:
    signal = wrist.signal(hours=30, hz=25, start=datetime.fromisoformat(start), seed=3)
    rows = axivity.write(tmp_path / "a.cwa", signal)
    assert rows == 30 * 3600 * 25 // 120 * 120
    assert sum(period.seconds for period in signal.periods) == pytest.approx(30 * 3600)
