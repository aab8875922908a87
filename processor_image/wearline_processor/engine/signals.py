"""The signals that steps hand to each other, by SKDH's names for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from wearline_processor.recording import Recording

# time (N,) s, accel (N, 3) g, temperature (N,) degC, gyro (N, 3) rad/s, fs Hz, tz_name, height m,
# leg_length m; then from steps: day_ends {(base, period): (D, 2)}, wear (W, 2), sleep (S, 2),
# gait_bouts (G, 2), all indices into time. `spent` names the samples that no later step reads.
Signals: TypeAlias = dict[str, Any]
Floats: TypeAlias = NDArray[np.float64]

SAMPLED = ("accel", "temperature", "gyro")


def take(recording: Recording, time_zone: str, measures: Mapping[str, float]) -> Signals:
    """The signals that a pipeline begins with; what the recording does not have is left out."""
    signals: Signals = {
        "time": recording.time,
        "accel": recording.accel,
        "temperature": recording.temperature,
        "gyro": recording.gyro,
        "fs": recording.fs,
        "tz_name": time_zone,
        **measures,
    }
    return {name: value for name, value in signals.items() if value is not None}


def names(signals: Signals) -> set[str]:
    """What `steps.connect` counts as present: a leg length stands in for the height."""
    present = set(signals)
    return present | {"height"} if "leg_length" in present else present
