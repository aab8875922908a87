"""The states of an object and of its pipelines, as pure transitions between rows.

::

    object    unknown ──seen──> registered ──new content──> registered (version_rev grows)
                                     └──────gone──────────> deleted ──seen──> registered

    pipeline  (new) ─> waiting ─> ready ─> running ─> succeeded | failed
                 └────────────────^ │         ^            │
                                    └─────────┘            └─ a new version of the file:
                     an attempt that is started again         past, and (new) once more

    waiting | failed <──a decision, and its withdrawal──> excluded

    A person may direct a succeeded pipeline to another run, and a failed one to the next
    attempt; either is ready once more.

A run is pinned at ``ready``: from there on only that run may answer for the pipeline,
and a later look at the file finishes its start but never computes another one; unless it is
held back, for then it was not let in, and nothing was started.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass, replace

from wearline.core.admission import Admission, Excluded, Impossible, Planned, Waits
from wearline.core.ledger import (
    Acceptance,
    FileVersion,
    Kind,
    ObjectRow,
    Past,
    PipelineRow,
    Reason,
    RunRow,
    ToldBy,
    Unmet,
)
from wearline.core.withdrawal import WITHDRAWN

PAST_KEPT = 20
UNWANTED = Reason("no_longer_wanted", "The study configuration no longer asks for this pipeline.")
# Kinds of files whose content is taken over into the ledger.
SOURCES: frozenset[Kind] = frozenset(("metadata", "decisions", "device_log"))
NOTHING_TAKEN = Acceptance(version_rev=0, configuration="", rows=0, accepted=0, rejected=0)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What configuration and S3 say of an object at one moment."""

    study: str
    bucket: str
    key: str
    kind: Kind
    pattern: str | None
    fields: dict[str, str]
    reason: Reason | None
    current: FileVersion | None
    configuration: str
    at: str
    told_by: ToldBy = "event"


def observed(row: ObjectRow | None, seen: Sighting) -> ObjectRow | None:
    """The row as it should be now that ``seen`` is known; the row itself if nothing is new.

    None when there is no row and nothing to make one of. Equal content of a data file keeps
    the version that was registered first, so that the same file uploaded twice runs once.
    """
    registered = _observed(row, seen)
    if registered is None or seen.reason != WITHDRAWN:
        return registered
    return forgotten(registered)


def forgotten(row: ObjectRow) -> ObjectRow:
    """Of a subject that has withdrawn only the key stays, as long as the object does.

    What the recording's header said stays too: by it a device log tells whose it is.
    """
    nothing = replace(
        without_runs(row, row.pipelines),
        kind="ignored",
        pattern=None,
        fields={},
        reason=WITHDRAWN,
        repeats=(),
        let_go=(),
        assigned={},
    )
    if nothing == row or row.kind not in SOURCES:
        return nothing
    return replace(nothing, version_rev=row.rev + 1, acceptance=row.acceptance or NOTHING_TAKEN)


def without_runs(row: ObjectRow, names: Collection[str]) -> ObjectRow:
    """The row without what these pipelines had. A run that is planned once more goes on beyond
    their attempts: what is left of those, at work or stopped, never answers for it."""
    gone = [row.attempts_gone]
    for pipeline in (each for name, each in row.pipelines.items() if name in names):
        gone += (pipeline.attempt, *(past.attempt for past in pipeline.past))
    left = {name: each for name, each in row.pipelines.items() if name not in names}
    return replace(row, pipelines=left, attempts_gone=max(gone))


def _observed(row: ObjectRow | None, seen: Sighting) -> ObjectRow | None:
    if row is None:
        return None if seen.current is None else _registered(_blank(seen), seen)
    if seen.current is None:
        return row if row.deleted else _deleted(row, seen)
    if not row.holds(seen.current):
        return _registered(row, seen)
    repeated = _repeated(row, seen.current)
    # What was forgotten for a device log's sake is asked again: the log may be another by now.
    forgotten_by_log = row.reason == WITHDRAWN and seen.reason != WITHDRAWN
    if row.configuration == seen.configuration and not forgotten_by_log:
        return repeated
    return _reclassified(repeated, seen)


def _blank(seen: Sighting) -> ObjectRow:
    return ObjectRow(study=seen.study, bucket=seen.bucket, key=seen.key, kind=seen.kind)


def _registered(row: ObjectRow, seen: Sighting) -> ObjectRow:
    why = "A new version of the file was uploaded."
    return replace(
        _reclassified(row, seen),
        version=seen.current,
        version_rev=row.rev + 1,
        repeats=(),
        arrived=seen.at,
        told_by=seen.told_by,
        pipelines=_all_past(row, why, seen.at),
        recorded=None,
        assigned={},
    )


def _repeated(row: ObjectRow, current: FileVersion) -> ObjectRow:
    """Note that the same content was uploaded again, in a bucket that tells its versions apart."""
    known = (row.version.version_id if row.version else None, *row.repeats)
    if current.version_id is None or current.version_id in known:
        return row
    return replace(row, repeats=(*row.repeats, current.version_id)[-PAST_KEPT:])


def _reclassified(row: ObjectRow, seen: Sighting) -> ObjectRow:
    read_anew = replace(
        row,
        kind=seen.kind,
        pattern=seen.pattern,
        fields=seen.fields,
        reason=seen.reason,
        configuration=seen.configuration,
        assigned=row.assigned if seen.kind == "data" else {},
    )
    if SOURCES & {row.kind, seen.kind}:
        # A worker that still reads it the old way writes values of the old version_rev.
        taken = row.acceptance or NOTHING_TAKEN
        read_anew = replace(read_anew, version_rev=row.rev + 1, acceptance=taken)
    return read_anew


def _deleted(row: ObjectRow, seen: Sighting) -> ObjectRow:
    return replace(
        row,
        version=None,
        version_rev=row.rev + 1,
        pipelines=_all_past(row, "The file was deleted.", seen.at),
        assigned={},
    )


def _all_past(row: ObjectRow, why: str, at: str) -> dict[str, PipelineRow]:
    ended = {name: _past(pipeline, why, at) for name, pipeline in row.pipelines.items()}
    return {name: pipeline for name, pipeline in ended.items() if pipeline.past}


def _past(pipeline: PipelineRow, why: str, at: str) -> PipelineRow:
    """A pipeline without a current run: what it had is kept as history."""
    return PipelineRow("waiting", since=at, past=_history(pipeline, why, at))


def _history(pipeline: PipelineRow | None, why: str, at: str) -> tuple[Past, ...]:
    """The runs that no longer count, now that the pipeline's own does not either. One that the
    budget held was never started, and is none."""
    if pipeline is None or pipeline.run_id is None or is_held(pipeline):
        return pipeline.past if pipeline else ()
    ended = Past(pipeline.run_id, pipeline.disposition, why, at, pipeline.attempt)
    return (*pipeline.past, ended)[-PAST_KEPT:]


def only_wanted(row: ObjectRow, wanted: Container[str]) -> ObjectRow:
    """The row without pipelines that the configuration no longer asks for.

    A pipeline with history is dropped only once it has no run that counts; a run that
    counts, or may yet, stays marked stale: results are never taken away by an edit.
    """
    kept: dict[str, PipelineRow] = {}
    let_go: list[str] = []
    for name, pipeline in row.pipelines.items():
        if name in wanted:
            kept[name] = pipeline
        elif pipeline.disposition in ("running", "succeeded"):
            kept[name] = replace(pipeline, stale=_kept(pipeline, UNWANTED))
        else:
            let_go += _under_way(pipeline)
    if kept == row.pipelines:
        return row
    return replace(row, pipelines=kept, let_go=(*row.let_go, *let_go)[-PAST_KEPT:])


def _under_way(pipeline: PipelineRow) -> Iterator[str]:
    """The runs of a pipeline that may be at work, now or for an earlier version."""
    if is_to_start(pipeline) and pipeline.run_id is not None:
        yield pipeline.run_id
    yield from (each.run_id for each in pipeline.past if each.disposition in ("ready", "running"))


def was_under_way(row: ObjectRow, pipeline: PipelineRow) -> bool:
    """Whether the pipeline's run was let in before, for a content or a plan that is back now."""
    return pipeline.run_id in (*row.let_go, *_under_way(replace(pipeline, run_id=None)))


def with_pipeline(row: ObjectRow, name: str, pipeline: PipelineRow) -> ObjectRow:
    if row.pipelines.get(name) == pipeline:
        return row
    return replace(row, pipelines={**row.pipelines, name: pipeline})


def waiting(before: PipelineRow | None, unmet: tuple[Unmet, ...], at: str) -> PipelineRow:
    """Waiting for every unmet requirement; since it first waited for these."""
    if before is not None and before.disposition == "waiting" and before.unmet == unmet:
        return before
    past = _history(before, "A value it was made with is gone.", at)
    return PipelineRow("waiting", since=at, unmet=unmet, past=past)


def impossible(before: PipelineRow | None, reason: Reason, at: str) -> PipelineRow:
    """Failed without a run: the configuration has no plan for such a file."""
    if before is not None and before.disposition == "failed" and before.reason == reason:
        return before
    past = _history(before, "The configuration has no plan for it any more.", at)
    return PipelineRow("failed", since=at, reason=reason, past=past)


def excluded(before: PipelineRow | None, reason: Reason, at: str) -> PipelineRow:
    """Not to be run, by a decision; withdrawn, it is decided again as if it had just come."""
    if before is not None and before.disposition == "excluded" and before.reason == reason:
        return before
    past = _history(before, "It was excluded by a decision.", at)
    return PipelineRow("excluded", since=at, reason=reason, past=past)


def planned(
    before: PipelineRow | None, run_id: str, run: RunRow | None, at: str, attempts_gone: int = 0
) -> PipelineRow:
    """What a frozen plan makes of a pipeline, given what is known of its run.

    ::

        run unknown      ready, attempt 1; of a file that was forgotten, beyond what is gone
        run running      ready, the attempt that is under way (its start is finished again)
        run superseded   ready, the next attempt: the file came back to an earlier content
        run succeeded    succeeded: the numbers are there already
        run failed       failed: the same plan fails again; a person may retry it
    """
    past = before.past if before else ()
    if before is not None and before.run_id != run_id:
        past = _history(before, "A new plan replaced it.", at)
    if run is None:
        return PipelineRow("ready", at, run_id, attempt=attempts_gone + 1, past=past)
    match run.state:
        case "running":
            return PipelineRow("ready", at, run_id, attempt=run.attempt, past=past)
        case "superseded":
            return PipelineRow("ready", at, run_id, attempt=run.attempt + 1, past=past)
        case _:
            return PipelineRow(
                run.state, at, run_id, attempt=run.attempt, reason=run.reason, past=past
            )


def retried(before: PipelineRow, at: str) -> PipelineRow:
    """The next attempt at a run that failed, since a person asked for it."""
    return replace(
        before, disposition="ready", since=at, attempt=before.attempt + 1, reason=None, stale=None
    )


def staleness(pipeline: PipelineRow, admission: Admission) -> Reason | None:
    """What today's plan would change of a run that is pinned; None when nothing."""
    match admission:
        case Planned(plan) if plan.run_id == pipeline.run_id:
            return None
        case Planned():
            sentence = "A new plan differs from the one that made these results."
            return _kept(pipeline, Reason("plan_differs", sentence))
        case Waits(unmet):
            names = ", ".join(sorted(each.name for each in unmet))
            return _kept(
                pipeline, Reason("value_withdrawn", f"A value it was made with is gone: {names}.")
            )
        case Impossible(reason) | Excluded(reason):
            return _kept(pipeline, reason)


def _kept(pipeline: PipelineRow, reason: Reason) -> Reason:
    """The reason that is there already, if it is of the same sort: found first, said once."""
    return pipeline.stale if pipeline.stale and pipeline.stale.code == reason.code else reason


def started(pipeline: PipelineRow, at: str) -> PipelineRow:
    return replace(pipeline, disposition="running", since=at, reason=None)


def held(pipeline: PipelineRow, reason: Reason) -> PipelineRow:
    """Ready, and not started for a reason that a person can read."""
    return replace(pipeline, reason=reason)


def let_go(pipeline: PipelineRow) -> PipelineRow:
    """Ready, and to be started."""
    return replace(pipeline, reason=None)


def is_held(pipeline: PipelineRow) -> bool:
    return pipeline.disposition == "ready" and pipeline.reason is not None


def is_to_start(pipeline: PipelineRow) -> bool:
    return pipeline.disposition == "ready" and pipeline.reason is None


def finished(pipeline: PipelineRow, run: RunRow) -> PipelineRow:
    """The pipeline takes its run's verdict. What made it stale on the way still does."""
    succeeded = run.state == "succeeded"
    return replace(
        pipeline,
        disposition="succeeded" if succeeded else "failed",
        since=run.ended or "",
        reason=run.reason,
    )


def names(row: ObjectRow | None, pipeline: str, run_id: str) -> bool:
    """True while the row says that this run is the one that answers for the pipeline."""
    if row is None or pipeline not in row.pipelines:
        return False
    return row.pipelines[pipeline].run_id == run_id


def names_later(row: ObjectRow | None, pipeline: str, run_id: str, attempt: int) -> bool:
    """True while it is a later attempt at this run that answers for the pipeline."""
    return names(row, pipeline, run_id) and (
        row is not None and row.pipelines[pipeline].attempt > attempt
    )
