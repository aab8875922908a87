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


def shown(argument: object) -> str:  # noqa: PLR0911
    """An argument of a call, in a few words."""
    match argument:
        case Put(row):
            return f"put {shown(row)}"
        case Check(row):
            return f"check {shown(row)}"
        case ObjectRow():
            return _object(argument)
        case RunRow():
            return (
                f"run {argument.run_id[:6]} rev {argument.rev}: {argument.state},"
                f" attempt {argument.attempt}, tries {[each.name for each in argument.tries]},"
                f" result {argument.result}"
            )
        case ProblemRow():
            state = ("open" if argument.open else "closed", argument.announced)
            return f"problem {argument.concerns}: {state}"
        case MetadataRow():
            said = {name: value["value"] for name, value in argument.values.items()}
            gone = "withdrawn" if argument.withdrawn else said
            return f"{argument.source.key} rev {argument.source_rev} on {argument.subject}: {gone}"
        case WaitingRow():
            return f"{argument.key} x {argument.pipeline} waits for {argument.subject}"
        case StudyRow():
            return f"study[{argument.configuration_version}]"
        case FileVersion():
            return f"{argument.key}@{argument.version_id or argument.etag[:4]}"
        case bytes():
            return f"{len(argument)} bytes"
        case _:
            return str(argument)


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
