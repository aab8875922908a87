"""GaitLumbar of every release: 0.17.15 takes and gives a few things by other names than 0.17.18."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wearline_processor.engine.signals import Signals
from wearline_processor.engine.stock import call
from wearline_processor.steps import Step


def gait(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Gait, with initial contacts in unix seconds whatever the release calls them."""
    process = step.build()
    return _older(process, signals) if _is_older(process) else call(process, signals)


def _is_older(process: Any) -> bool:  # noqa: ANN401 - SKDH publishes no types
    return "provide_leg_length" in process._kw  # noqa: SLF001 - its parameters, as it saves them


def _older(process: Any, signals: Signals) -> Mapping[str, Any]:  # noqa: ANN401
    """The length of a leg goes in as a height of which it is the whole.

    Older releases document that as the meaning of their `provide_leg_length`. They answer
    contacts as dates only, to the nanosecond; here these stay the seconds that they are made of.
    """
    given = dict(signals)
    if "leg_length" in given:
        process.height_factor, given["height"] = 1.0, given.pop("leg_length")
    dates = process.convert_timestamps
    process.convert_timestamps = lambda t: t if isinstance(t, np.ndarray) else dates(t)
    results = dict(call(process, given))
    contacts = results.pop("IC Time")
    in_bout = contacts - results["Bout Starts"]
    return {**results, "IC Timestamp": contacts, "IC Rel Timestamp": in_bout}
