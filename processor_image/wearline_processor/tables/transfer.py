"""Transfers: each time that the wearer stood up from a seat."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from wearline_processor.engine import Outcome
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

TABLE = Table(
    "transfer",
    "Each complete sit-to-stand transfer.",
    sealed(
        [
            Column("transfer_n", "integer", "Number of the transfer in the recording, from 1."),
            Column(
                "day_n",
                "integer",
                "Number of its day in the recording, from 1.",
                None,
                "Day Number",
            ),
            Column("date", "string", "Local date.", None, "Date"),
        ],
        instants("start", "Start of the transfer"),
        instants("end", "End of the transfer"),
        [
            Column("duration_s", "number", "Length of the transfer.", "s", "Duration"),
            Column(
                "max_acceleration_m_s2",
                "number",
                "Largest filtered acceleration.",
                "m/s2",
                "Max. Accel.",
            ),
            Column(
                "min_acceleration_m_s2",
                "number",
                "Smallest filtered acceleration.",
                "m/s2",
                "Min. Accel.",
            ),
            Column("sparc", "number", "Smoothness, spectral arc length.", None, "SPARC"),
            Column(
                "vertical_displacement_m",
                "number",
                "How far the trunk rose.",
                "m",
                "Vertical Displacement",
            ),
        ],
    ),
    process="Sit2Stand",
)


def rows(outcome: Outcome, zone: ZoneInfo) -> list[Row]:
    """A row for each transfer, in order."""
    step = outcome.find("Sit2Stand")
    if step is None:
        return []
    columns = TABLE.by_skdh()
    return [
        {
            "transfer_n": index + 1,
            **{column.name: step.results[skdh][index] for skdh, column in columns.items()},
            **both("start", start, zone),
            **both("end", step.results["STS End"][index], zone),
        }
        for index, start in enumerate(step.results["STS Start"])
    ]
