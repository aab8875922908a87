"""Quality: each finding about the recording, also of a run that it made fail."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from wearline_processor.recording import Quality
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

TABLE = Table(
    "quality",
    "One row for each finding about the recording; no row when there is nothing to say.",
    sealed(
        [
            Column("code", "string", "Code of the finding, from the catalogue of findings."),
            Column("severity", "string", "error, warning or info."),
            Column("sentence", "string", "The finding in a sentence."),
            Column("count", "integer", "How often it was seen."),
        ],
        instants("first", "Where it was first seen; null where that has no time"),
    ),
)


def rows(quality: Quality, zone: ZoneInfo) -> list[Row]:
    """A row for each finding, in the order of the quality record."""
    return [
        {
            "code": finding.code,
            "severity": finding.severity,
            "sentence": finding.sentence,
            "count": finding.count,
            **both("first", finding.first_at, zone),
        }
        for finding in quality.findings
    ]
