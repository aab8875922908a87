"""Rows to start from."""

from __future__ import annotations

from dataclasses import replace

from wearline.core.ledger import FileVersion, Kind, ObjectRow, Reason, RunRow, RunState, Unmet
from wearline.core.lifecycle import Sighting, observed

NOW, LATER = "2026-03-02T09:00:00+00:00", "2026-03-02T10:00:00+00:00"
HEIGHT = Unmet("height", "S1", "V1", "missing", "The height of S1 at V1 has not arrived.")
FAULT = Reason("format_not_recognised", "It is no recording.")


def version(content: str = "a", version_id: str | None = None, at: str = NOW) -> FileVersion:
    return FileVersion("bucket", "key", version_id, etag=content, size=1, last_modified=at)


def sighting(
    current: FileVersion | None, kind: Kind = "data", configuration: str = "first", at: str = NOW
) -> Sighting:
    return Sighting(
        study="study",
        bucket="bucket",
        key="key",
        kind=kind,
        pattern=None if kind == "ignored" else kind,
        fields={"subject": "S1"},
        reason=None,
        current=current,
        configuration=configuration,
        at=at,
    )


def registered(kind: Kind = "data", content: str = "a") -> ObjectRow:
    """A row as it is stored after its first sighting."""
    row = observed(None, sighting(version(content), kind))
    assert row is not None
    return replace(row, rev=1)


def run(state: RunState, attempt: int = 1, run_id: str = "r") -> RunRow:
    return RunRow(
        run_id, "study", "bucket", "key", "sleep", state, attempt, NOW,
        rev=1, ended=LATER, reason=FAULT if state == "failed" else None,
    )  # fmt: skip
