"""How the lean engine runs the steps for which it has something better than plain SKDH."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wearline_processor.engine import stock
from wearline_processor.engine.gait import gait
from wearline_processor.engine.lean.autocovariance import Autocovariance
from wearline_processor.engine.lean.extremes import lean_moving_max, lean_moving_min
from wearline_processor.engine.lean.fluctuation import dfa
from wearline_processor.engine.lean.metric import Metrics
from wearline_processor.engine.lean.moving import lean_moving_mean, lean_moving_sd
from wearline_processor.engine.lean.wavelet import summed_cwt
from wearline_processor.engine.signals import Signals
from wearline_processor.engine.substitution import Substitute, substituted
from wearline_processor.steps import Step

_WEAR = (
    Substitute("skdh.preprocessing.wear_detection", "moving_sd", lean_moving_sd),
    Substitute("skdh.preprocessing.wear_detection", "moving_mean", lean_moving_mean),
    Substitute("skdh.preprocessing.wear_detection", "moving_max", lean_moving_max),
    Substitute("skdh.preprocessing.wear_detection", "moving_min", lean_moving_min),
)
_GAIT_METRICS = "skdh.gait.gait_metrics.gait_metrics"
_DFA = Substitute("skdh.activity.endpoints", "DFA", dfa)
_CWT = Substitute("skdh.sit2stand.sit2stand", "cwt", summed_cwt)


def wear(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Wear detection without a copy of all samples."""
    with substituted(*_WEAR):
        return stock.wear(step, signals)


def activity(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Activity with one pass over the samples and fluctuations in closed form."""
    metric = Substitute("skdh.activity.core", "get_metric", Metrics().get)
    with substituted(_DFA, metric):
        return stock.activity(step, signals)


def walking(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Gait metrics, with the autocovariance of each bout computed once."""
    shared = Substitute(_GAIT_METRICS, "_autocovariancefn", Autocovariance())
    with substituted(shared):
        return gait(step, signals)


def transfers(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Sit-to-stand, without a transform for each scale."""
    with substituted(_CWT):
        return stock.transfers(step, signals)
