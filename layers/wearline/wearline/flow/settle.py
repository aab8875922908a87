"""Bring one object to where S3, the configuration and the metadata say it should be.

The one path of an upload, a wake-up, a sweep and a repair. Events and listings are hints:
whatever brought us here, what counts is the ledger's row and what S3 answers now. ::

    read row ─> HEAD ─> decide ─> put waiting row ─> read metadata ─> plan ─> commit row
        ^                                                                        │
        ├── another writer came first (RowChanged): begin again ─────────────────┤
        ├── the study was deployed anew meanwhile: begin again with it ──────────┤
        ├── a version was registered, and HEAD now says another: begin again ────┤
        └── none was, and the metadata are others by now: begin again ───────────┤
                                                                                 v
                              ready rows: start the execution first, mark running after

The second HEAD is for a change of the object between the first and the commit: whoever
brought word of it may have found nothing to write yet, and will not come again. The study
is read again for a like reason: a deployment writes its row before its sweep reads the
objects', and we commit before we read the study's; of the two, one sees the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from wearline.core import lifecycle
from wearline.core.admission import dependent, gathered, known, whose
from wearline.core.decisions import applying
from wearline.core.directives import Directive
from wearline.core.ledger import (
    Lane,
    MetadataRow,
    ObjectRow,
    RunRow,
    ToldBy,
    WaitingRow,
)
from wearline.core.plans import execution_name
from wearline.core.problems import problem_ids, requirement_missing, run_failed
from wearline.core.sightings import sighting
from wearline.core.withdrawal import Withdrawn
from wearline.flow.budget import Allowance
from wearline.flow.deciding import Asked, within_budget
from wearline.flow.decisions import judge_decisions, subjects_of
from wearline.flow.metadata import accept_metadata
from wearline.flow.problems import close_ended, open_problem
from wearline.flow.recordings import with_header
from wearline.flow.studies import DeployedStudy, deployed_study
from wearline.flow.withdrawal import require_the_same, theirs, withdrawn
from wearline.ports import Check, Put, RowChanged, World

MOST_CONFLICTS = 8


@dataclass(frozen=True, slots=True)
class _Look:
    """Why an object is looked at."""

    lane: Lane
    told_by: ToldBy
    directive: Directive | None


def settle(
    world: World,
    study: DeployedStudy,
    bucket: str,
    key: str,
    lane: Lane = "live",
    *,
    told_by: ToldBy = "event",
    directive: Directive | None = None,
) -> ObjectRow | None:
    """Settle one object; None when there is nothing of it, in S3 or in the ledger.

    ``directive``: what a person asked for one of its pipelines, if that still stands.

    Raises RowChanged when other writers come first again and again; the message that
    brought us here then comes back. Raises StoreUnavailable.
    """
    look = _Look(lane, told_by, directive)
    for _ in range(MOST_CONFLICTS):
        try:
            before, settled = _settle_once(world, study, bucket, key, look)
        except RowChanged:
            # It may have come after a first write, which rests on the study too.
            study = _deployed_since(world, study) or study
            continue
        if settled is None or settled == before:
            return settled
        newer = _deployed_since(world, study)
        registers = _registers(before, settled)
        if newer is None and (
            _stands(world, study, settled) if registers else not _overtaken(world, study, settled)
        ):
            return settled
        study = newer or study
    raise RowChanged(f"{study.name}: one object changed {MOST_CONFLICTS} times in a row")


def _settle_once(
    world: World, study: DeployedStudy, bucket: str, key: str, look: _Look
) -> tuple[ObjectRow | None, ObjectRow | None]:
    """The row as it was, and as it is now."""
    before = row = world.ledger.object(study.name, bucket, key)
    current = world.store.head(study.row, bucket, key)
    gone = withdrawn(world, study)
    seen = lifecycle.observed(
        row,
        sighting(
            study.configuration,
            study.row,
            bucket,
            key,
            current,
            world.now(),
            look.told_by,
            gone,
        ),
    )
    if seen is None:
        return None, None
    if not seen.values_settled:
        row = seen = accept_metadata(world, study, _commit(world, row, seen))
    if seen.kind == "data" and not seen.deleted:
        settled = _settle_data(world, study, row, seen, look, gone)
    else:
        decided = seen if seen.deleted else lifecycle.only_wanted(seen, ())
        decided = lifecycle.without_runs(decided, theirs(world, study, decided, gone))
        settled = _commit(world, row, decided)
        _tell(world, before, settled)
    if study.configuration.decisions_files():
        subjects = subjects_of(before, settled)
        if settled.kind == "decisions" and settled == before:
            # A sweep had it looked at: who moved a recording may have died before they judged.
            subjects |= {each for each, _, _ in world.ledger.entities_of(study.name, bucket, key)}
        judge_decisions(world, study.name, (each for each in subjects if each not in gone))
    # A start that conflicts begins again with the row as it is now: all else is done by then.
    return before, _started(world, study, row, settled, gone, look.lane)


def _started(
    world: World,
    study: DeployedStudy,
    row: ObjectRow | None,
    settled: ObjectRow,
    gone: Withdrawn,
    lane: Lane,
) -> ObjectRow:
    """The row once what may start has been started."""
    to_start = [name for name, each in settled.pipelines.items() if lifecycle.is_to_start(each)]
    # Who withdraws reads the rows after the tombstone, and may have missed the one just written.
    if settled.kind == "data" and (to_start or settled != row):
        require_the_same(world, study, gone)
    for name in to_start:
        settled = _start(world, settled, name, lane)
    return settled


def _deployed_since(world: World, study: DeployedStudy) -> DeployedStudy | None:
    """The study, if it is another than the one that was decided by."""
    now = world.ledger.study(study.name)
    return None if now is None or now.rev == study.row.rev else deployed_study(world, study.name)


def _registers(before: ObjectRow | None, settled: ObjectRow) -> bool:
    return before is None or before.version_rev != settled.version_rev


def _stands(world: World, study: DeployedStudy, row: ObjectRow) -> bool:
    """Whether S3 still holds what has just been registered."""
    current = world.store.head(study.row, row.bucket, row.key)
    return row.deleted if current is None else row.holds(current)


def _overtaken(world: World, study: DeployedStudy, row: ObjectRow) -> bool:
    """Whether the subject's metadata are others by now than a pipeline was decided with.

    Another look at the same version may have seen them so, found the row right, and written
    nothing, before we wrote what we had read earlier.
    """
    names = dependent(study.configuration, row) if row.kind == "data" and not row.deleted else ()
    if not names:
        return False
    found = known(gathered(study.configuration, row, partial(world.ledger.metadata, study.name)))
    return any(row.pipelines[name].known != found for name in names)


def _settle_data(
    world: World,
    study: DeployedStudy,
    row: ObjectRow | None,
    seen: ObjectRow,
    look: _Look,
    gone: Withdrawn,
) -> ObjectRow:
    pattern = study.configuration.data_files()[seen.pattern or ""]
    decided = with_header(world.store, study.row, study.configuration, seen)
    decided = lifecycle.only_wanted(decided, pattern.pipelines)
    depends = dependent(study.configuration, decided)
    metadata = _metadata(world, study, decided, depends, gone)
    subject = whose(study.configuration, decided, metadata)
    if subject in gone:
        return _forget(world, row, decided)
    told = applying(study.configuration, decided, metadata).assigned
    decided = replace(decided, assigned=told.said)
    asked = [
        Asked(name, look.directive, metadata if name in depends else [])
        for name in pattern.pipelines
    ]
    decision = _all_decided(world, study, decided, asked)
    if forgotten := theirs(world, study, decision.row, gone):
        # Whose the file is by now gets a run of its own.
        decided = lifecycle.without_runs(decided, forgotten)
        decision = _all_decided(world, study, decided, asked)
    committed = _commit(world, row, decision.row, *decision.rests_on, charges=decision.charges)
    _tell(world, row, committed)
    return committed


@dataclass(frozen=True, slots=True)
class _Decided:
    """A file with every pipeline decided, and what its commit rests on and writes besides."""

    row: ObjectRow
    rests_on: tuple[RunRow | MetadataRow, ...]
    charges: tuple[Put, ...]


def _all_decided(
    world: World, study: DeployedStudy, row: ObjectRow, asked: Sequence[Asked]
) -> _Decided:
    rests_on: list[RunRow | MetadataRow] = []
    allowance = Allowance(world, study)
    for each in asked:
        decision = within_budget(world, study, row, each, allowance)
        row = lifecycle.with_pipeline(row, each.name, decision.pipeline)
        rests_on += decision.rests_on
    return _Decided(row, tuple(rests_on), allowance.writes)


def _forget(world: World, row: ObjectRow | None, decided: ObjectRow) -> ObjectRow:
    forgotten = _commit(world, row, lifecycle.forgotten(decided))
    _tell(world, row, forgotten)
    return forgotten


def _metadata(
    world: World,
    study: DeployedStudy,
    row: ObjectRow,
    pipelines: Sequence[str],
    gone: Withdrawn,
) -> list[MetadataRow]:
    """What is known of whom the file may be of, read only after it is known to depend on them.

    Promise 1 rests on this order. The waiting rows come before the read, and a metadata
    file's values come before the waiting rows are read: of the two, one sees the other. So
    it is with a device log, which leads to a subject: each is waited for before it is read.
    Nothing waits for somebody who has withdrawn.
    """

    def read(entity: str) -> list[MetadataRow]:
        if entity in gone:
            return []
        for name in pipelines:
            world.ledger.put_waiting(WaitingRow(study.name, entity, row.bucket, row.key, name))
        return world.ledger.metadata(study.name, entity)

    return gathered(study.configuration, row, read) if pipelines else []


def _commit(
    world: World,
    row: ObjectRow | None,
    decided: ObjectRow,
    *rests_on: RunRow | MetadataRow,
    charges: tuple[Put, ...] = (),
) -> ObjectRow:
    """Write the row if it changed, and only while everything that it rests on stands.

    The values of a plan are among it: one that is withdrawn before the row names its run
    makes no result.
    """
    if decided == row:
        return decided
    checks = {_place(each): Check(each) for each in reversed(rests_on)}
    world.ledger.commit(Put(decided), *charges, *checks.values())
    return replace(decided, rev=decided.rev + 1)


def _place(row: RunRow | MetadataRow) -> tuple[object, ...]:
    """What tells rows apart: two pipelines may rest on the same one."""
    if isinstance(row, RunRow):
        return (row.run_id,)
    return (row.source.bucket, row.source.key, *row.entity)


def _start(world: World, row: ObjectRow, name: str, lane: Lane) -> ObjectRow:
    """Start the pinned attempt, then mark it running.

    ::

        ready ──start(name of run and attempt)──> ready, execution there ──mark──> running
           ^ crash: started again, "already exists"      ^ crash: the same
    """
    pipeline = row.pipelines[name]
    run_id = pipeline.run_id or ""
    order = {"study": row.study, "run_id": run_id, "attempt": pipeline.attempt, "lane": lane}
    world.executions.start(execution_name(run_id, pipeline.attempt), order)
    marked = lifecycle.with_pipeline(row, name, lifecycle.started(pipeline, world.now()))
    return _commit(world, row, marked)


def _tell(world: World, before: ObjectRow | None, row: ObjectRow) -> None:
    """Open and close the problems that this object's pipelines make or end."""
    for name, pipeline in row.pipelines.items():
        for unmet in pipeline.unmet:
            open_problem(world, requirement_missing(row.study, unmet))
        if pipeline.disposition == "failed" and pipeline.reason is not None:
            failed = (row.study, row.bucket, row.key, name, pipeline.reason)
            open_problem(world, run_failed(*failed, pipeline.run_id))
    for problem_id in sorted(problem_ids(before) - problem_ids(row)):
        close_ended(world, row.study, problem_id)
