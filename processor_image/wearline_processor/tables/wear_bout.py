"""Wear: each stretch of time in which the device was worn."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from wearline_processor.engine import Outcome
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

TABLE = Table(
    "wear_bout",
    "Each stretch of time in which the device was worn, as the wear step of the pipeline found it.",
    sealed(
        [Column("wear_bout_n", "integer", "Number of the bout in the recording, from 1.")],
        instants("start", "Start of the bout"),
        instants("end", "End of the bout"),
        [
            Column("duration_min", "number", "Length of the bout.", "min"),
            Column("method", "string", "The step that found it, such as CtaWearDetection."),
        ],
    ),
)


def rows(outcome: Outcome, zone: ZoneInfo) -> list[Row]:
    """A row for each bout, in order; none when no step looked for wear."""
    if outcome.wear is None:
        return []
    method = [found.step.name for found in outcome.steps if "wear" in found.step.process.provides]
    return [
        {
            "wear_bout_n": number,
            **both("start", start, zone),
            **both("end", end, zone),
            "duration_min": (end - start) / 60,
            "method": method[-1],
        }
        for number, (start, end) in enumerate(outcome.wear, start=1)
    ]
