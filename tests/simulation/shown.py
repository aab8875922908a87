"""Short words for rows and calls, for the trace of a history."""

from __future__ import annotations

from wearline.core.ledger import (
    FileVersion,
    MetadataRow,
    ObjectRow,
    PipelineRow,
    ProblemRow,
    RunRow,
    StudyRow,
    WaitingRow,
)
from wearline.ports import Check, Put


def shown(argument: object) -> str:
    """An argument of a call, in a few words."""
    match argument:
        case Put(row):
            return f"put {shown(row)}"
        case Check(row):
            return f"check {shown(row)}"
        case FileVersion():
            return f"{argument.key}@{argument.version_id or argument.etag[:4]}"
        case bytes():
            return f"{len(argument)} bytes"
        case _ if callable(argument):
            return "..."
        case _:
            return _row(argument)


def _row(row: object) -> str:  # noqa: PLR0911  one for each kind of row
    match row:
        case ObjectRow():
            return _object(row)
        case RunRow():
            return (
                f"run {row.run_id[:6]} rev {row.rev}: {row.state},"
                f" attempt {row.attempt}, tries {[each.name for each in row.tries]},"
                f" result {row.result}"
            )
        case ProblemRow():
            state = ("open" if row.open else "closed", row.announced)
            return f"problem {row.concerns}: {state}"
        case MetadataRow():
            said = {name: value["value"] for name, value in row.values.items()}
            gone = "withdrawn" if row.withdrawn else said
            return f"{row.source.key} rev {row.source_rev} on {row.subject}: {gone}"
        case WaitingRow():
            return f"{row.key} x {row.pipeline} waits for {row.subject}"
        case StudyRow():
            return f"study[{row.configuration_version}]"
        case _:
            return str(row)


def _object(row: ObjectRow) -> str:
    version = shown(row.version) if row.version else "deleted"
    pipelines = ", ".join(f"{name} {_pipeline(each)}" for name, each in row.pipelines.items())
    taken = f" accepted {row.acceptance.version_rev}" if row.acceptance else ""
    return f"{row.kind} {row.key} rev {row.rev}: {version}{taken} [{pipelines}]"


def _pipeline(pipeline: PipelineRow) -> str:
    run = f" {pipeline.run_id[:6]}-{pipeline.attempt}" if pipeline.run_id else ""
    stale = f" stale:{pipeline.stale.code}" if pipeline.stale else ""
    reason = f" {pipeline.reason.code}" if pipeline.reason else ""
    return f"{pipeline.disposition}{run}{stale}{reason}"
