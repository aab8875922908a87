"""Sleep on samples that were resampled to its 20 Hz before.

SKDH resamples inside of its Sleep step, where the samples that it resampled from stay referenced
to the end. Resampled before with the same function, they can be freed on the way, and Sleep,
finding 20 Hz, resamples nothing: it sees the same numbers at the same indices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wearline_processor.engine import stock
from wearline_processor.engine.lean.resampling import apply_resample
from wearline_processor.engine.signals import Signals
from wearline_processor.steps import Step

_RATE_HZ = 20.0


def sleep(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Sleep windows and endpoints; the indices of the windows are those of all samples."""
    fs = signals["fs"]
    if fs == _RATE_HZ or not step.parameters["downsample"]:
        return stock.plain(step, signals)
    resampled = _resampled(step, signals)
    results = stock.call(step.build(), resampled)
    found = resampled["sleep"]
    signals["sleep"] = np.where(found < 0, found, (found * fs / _RATE_HZ).astype(np.int64))
    return results


def _resampled(step: Step, signals: Signals) -> Signals:
    """What Sleep reads, at its rate. Temperature goes first, for it may be freed after that."""
    options = {
        "time": signals["time"],
        "fs": signals["fs"],
        "goal_fs": _RATE_HZ,
        "aa_filter": step.parameters["downsample_aa_filter"],
    }
    window = tuple(step.parameters["day_window"])
    days = signals["day_ends"][window]
    wear = signals.get("wear")
    spans = days if wear is None else np.concatenate((days, wear))
    spent = "temperature" in signals["spent"]
    time, (temperature,), (starts, stops) = apply_resample(
        **options, data=(signals.get("temperature"),), indices=tuple(spans.T), spent=spent
    )
    if spent:
        signals.pop("temperature", None)
    _, (accel,) = apply_resample(**options, data=(signals["accel"],))
    placed = np.stack((starts, stops), axis=1)
    return {
        **{name: value for name, value in signals.items() if name not in ("gyro", "spent")},
        "time": time,
        "accel": accel,
        "temperature": temperature,
        "fs": _RATE_HZ,
        "day_ends": {window: placed[: len(days)]},
        "wear": None if wear is None else placed[len(days) :],
    }
