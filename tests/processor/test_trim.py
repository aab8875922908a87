"""A decision to trim leaves a part of the recording, as views of it."""

from __future__ import annotations

import numpy as np
import pytest

from wearline_processor.errors import NothingLeft
from wearline_processor.recording import Recording
from wearline_processor.trim import Trim, trim_of, trimmed


def recording(*times: float) -> Recording:
    time = np.array(times or np.arange(10.0))
    return Recording(time, np.empty((3, time.size)).T, 1.0, temperature=np.arange(time.size * 1.0))


def test_start_belongs_to_it_and_end_does_not() -> None:
    part = trimmed(recording(), Trim(3.0, 7.0))
    assert (part.start, part.end, part.rows) == (3.0, 6.0, 4)
    assert part.temperature is not None
    assert part.temperature.tolist() == [3.0, 4.0, 5.0, 6.0]


def test_open_ends_keep_what_is_there() -> None:
    assert trimmed(recording(), Trim(start=8.0)).rows == 2
    assert trimmed(recording(), Trim(end=1.5)).rows == 2
    whole = recording()
    assert trimmed(whole, Trim()) is whole


def test_nothing_is_copied() -> None:
    whole = recording()
    part = trimmed(whole, Trim(3.0, 7.0))
    assert np.shares_memory(part.accel, whole.accel)
    assert part.accel[:, 0].flags.c_contiguous


def test_trim_that_leaves_nothing_says_so() -> None:
    with pytest.raises(NothingLeft, match="leave nothing"):
        trimmed(recording(), Trim(7.0, 3.0))


def test_plan_holds_at_most_one_trim_with_instants() -> None:
    found = trim_of([{"action": "trim", "from": "1970-01-01T00:00:03.000+00:00", "to": None}])
    assert found == Trim(3.0, None)
    assert trim_of([]) == Trim()
    with pytest.raises(ValueError, match="at most one trim"):
        trim_of([{"action": "exclude"}])
