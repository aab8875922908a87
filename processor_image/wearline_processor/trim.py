"""The part of a recording that a decision leaves to the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from wearline_processor.errors import NothingLeft
from wearline_processor.recording import Recording


@dataclass(frozen=True)
class Trim:
    """From an instant up to another, in unix seconds; None where it is open."""

    start: float | None = None
    end: float | None = None


def trim_of(decisions: Sequence[Mapping[str, Any]]) -> Trim:
    """The trim among a plan's decisions. Raises ValueError for any other decision."""
    match decisions:
        case []:
            return Trim()
        case [{"action": "trim", "from": start, "to": end}]:
            return Trim(_instant(start), _instant(end))
    raise ValueError("its decisions are not at most one trim")


def _instant(written: str | None) -> float | None:
    return None if written is None else datetime.fromisoformat(written).timestamp()


def trimmed(recording: Recording, trim: Trim) -> Recording:
    """The samples within the trim, as views of the recording's arrays: nothing is copied.

    Times that run backwards are cut at their first and last sample within. Raises NothingLeft.
    """
    if trim == Trim():
        return recording
    within = np.ones(recording.rows, dtype=np.bool_)
    if trim.start is not None:
        within &= recording.time >= trim.start
    if trim.end is not None:
        within &= recording.time < trim.end
    kept = np.flatnonzero(within)
    if not kept.size:
        raise NothingLeft
    part = slice(int(kept[0]), int(kept[-1]) + 1)
    return Recording(
        time=recording.time[part],
        accel=recording.accel[part],
        fs=recording.fs,
        gyro=None if recording.gyro is None else recording.gyro[part],
        temperature=None if recording.temperature is None else recording.temperature[part],
    )
