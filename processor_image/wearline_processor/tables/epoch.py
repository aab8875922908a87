"""Epochs: the acceleration metric that days are computed from."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from wearline_processor.engine import Outcome
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

TABLE = Table(
    "epoch",
    "The acceleration metric in each epoch that was worn, on days that were worn long enough.",
    sealed(
        instants("start", "Start of the epoch"),
        [
            Column("duration_s", "integer", "Length of the epoch.", "s"),
            Column("state", "string", "wake or sleep.", skdh="state"),
            Column("metric", "string", "The metric that the cut points ask for, such as enmo."),
            Column(
                "acceleration_g",
                "number",
                "Its mean over the epoch; METs for enmo_met.",
                "g",
                "metric",
            ),
            Column(
                "intensity", "string", "sedentary, light, moderate or vigorous.", skdh="intensity"
            ),
        ],
    ),
    process="ActivityLevelClassification",
)


def rows(outcome: Outcome, zone: ZoneInfo) -> list[Row]:
    """A row for each epoch, in the order of time."""
    step = outcome.find("ActivityLevelClassification")
    if step is None:
        return []
    epochs = step.results["epochs"]
    duration = step.step.parameters["short_wlen"]
    metric = step.results["metric"]
    return [
        {
            **both("start", start, zone),
            "duration_s": duration,
            "state": state,
            "metric": metric,
            "acceleration_g": value,
            "intensity": intensity,
        }
        for start, state, value, intensity in sorted(
            zip(*(epochs[key] for key in ("time", "state", "metric", "intensity")), strict=True)
        )
    ]
