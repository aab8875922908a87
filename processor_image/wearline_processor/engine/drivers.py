"""Who runs a step: SKDH as it stands, or one of the lean replacements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from wearline_processor.engine import stock
from wearline_processor.engine.gait import gait
from wearline_processor.engine.lean import calibration
from wearline_processor.engine.lean import steps as lean
from wearline_processor.engine.lean.sleep import sleep
from wearline_processor.engine.signals import SAMPLED, Signals
from wearline_processor.steps import Step

# Runs a step over the signals, adds to them what it provides, and answers SKDH's results.
Driver: TypeAlias = Callable[[Step, Signals], Mapping[str, Any]]

STOCK: Mapping[str, Driver] = {
    "FillGaps": stock.filling,
    "GetDayWindowIndices": stock.windows,
    "CtaWearDetection": stock.wear,
    "ActivityLevelClassification": stock.activity,
    "PredictGaitLumbarLgbm": stock.gait_prediction,
    "GaitLumbar": gait,
    "Sit2Stand": stock.transfers,
}
LEAN: Mapping[str, Driver] = {
    **STOCK,
    "CalibrateAccelerometer": calibration.calibrate,
    "CtaWearDetection": lean.wear,
    "AccelThresholdWearDetection": lean.wear,
    "Sleep": sleep,
    "ActivityLevelClassification": lean.activity,
    "GaitLumbar": lean.walking,
    "Sit2Stand": lean.transfers,
}


def driver(step: Step, engine: str) -> Driver:
    """The driver of a step under an engine."""
    return (LEAN if engine == "lean" else STOCK).get(step.name, stock.plain)


def spent(later: Sequence[Step]) -> frozenset[str]:
    """The samples that no later step reads, so that their memory may be freed for those."""
    return frozenset(name for name in SAMPLED if not any(name in reads(step) for step in later))


def reads(step: Step) -> set[str]:
    """The sampled signals that a step looks at, needed or not."""
    optional = {"Sleep": {"temperature"}, "GaitLumbar": {"gyro"}, "FillGaps": set(SAMPLED)}
    also = {"CalibrateAccelerometer": {"temperature"}}
    return set(step.process.requires) | optional.get(step.name, set()) | also.get(step.name, set())
