"""What each pipeline of a file should be next: what a person directed, what was pinned, or what
its plan of today makes of it, as far as the budget has room.

A plan is stored here, before the row that names its run is written; that is ``settle``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wearline.core import lifecycle
from wearline.core.admission import (
    Admission,
    Excluded,
    Impossible,
    Planned,
    Waits,
    admit,
    known,
)
from wearline.core.directives import Directive, NewRun, NextAttempt
from wearline.core.ledger import MetadataRow, ObjectRow, PipelineRow, RunRow
from wearline.flow.budget import Allowance
from wearline.flow.studies import DeployedStudy
from wearline.ports import World


@dataclass(frozen=True, slots=True)
class Decision:
    """What a pipeline should be, and the rows that this rests on."""

    pipeline: PipelineRow
    rests_on: tuple[RunRow | MetadataRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which pipeline is to be decided, what a person directed, and what is known to go by."""

    name: str
    directive: Directive | None
    metadata: list[MetadataRow]


def within_budget(
    world: World, study: DeployedStudy, row: ObjectRow, asked: Asked, allowance: Allowance
) -> Decision:
    """One pipeline's next state. A result counts until the run in its place may start."""
    before = row.pipelines.get(asked.name)
    decision = _directed(world, study, row, asked) or _decide(world, study, row, asked)
    if row.version is None:
        return decision
    allowed = allowance.let_in(row, asked.name, decision.pipeline)
    if before and before.disposition == "succeeded" and lifecycle.is_held(allowed):
        return _decide(world, study, row, asked)
    return replace(decision, pipeline=allowed)


def _directed(world: World, study: DeployedStudy, row: ObjectRow, asked: Asked) -> Decision | None:
    """What a person directed, if it was for this standing and is what a plan asks for today."""
    name, directive = asked.name, asked.directive
    before = row.pipelines.get(name)
    if directive is None or directive.pipeline != name or not directive.stands(before):
        return None
    planned = admit(study.configuration, study.row, row, name, asked.metadata)
    if before is None or not isinstance(planned, Planned):
        return None
    if planned.plan.run_id != directive.run_id:
        return None
    match directive:
        case NewRun():
            decision = _plan(world, study, row, name, planned)
        case NextAttempt(run_id=run_id):
            run = world.ledger.run(run_id)
            runs = (run,) if run else ()
            again = lifecycle.retried(before, world.now())
            decision = Decision(again, (*runs, *planned.rests_on))
    return replace(decision, pipeline=replace(decision.pipeline, known=known(asked.metadata)))


def _decide(world: World, study: DeployedStudy, row: ObjectRow, asked: Asked) -> Decision:
    """One pipeline's next state. A pinned run is never decided again, only found stale."""
    admission = admit(study.configuration, study.row, row, asked.name, asked.metadata)
    decision = _decided(world, study, row, asked.name, admission)
    return replace(decision, pipeline=replace(decision.pipeline, known=known(asked.metadata)))


def _decided(
    world: World, study: DeployedStudy, row: ObjectRow, name: str, admission: Admission
) -> Decision:
    before = row.pipelines.get(name)
    if before is not None and _is_pinned(before):
        return Decision(_compared(before, admission))
    match admission:
        case Waits(unmet):
            return Decision(lifecycle.waiting(before, unmet, world.now()))
        case Impossible(reason):
            return Decision(lifecycle.impossible(before, reason, world.now()))
        case Excluded(reason, rests_on):
            return Decision(lifecycle.excluded(before, reason, world.now()), rests_on)
        case Planned(plan):
            if before is not None and before.run_id == plan.run_id:
                return Decision(replace(before, stale=None))
            return _plan(world, study, row, name, admission)


def _is_pinned(pipeline: PipelineRow) -> bool:
    """Whether a run answers for the pipeline. One that the budget holds was never started, and
    makes way for today's plan."""
    in_force = pipeline.disposition in ("ready", "running", "succeeded")
    return in_force and not lifecycle.is_held(pipeline)


def _plan(
    world: World, study: DeployedStudy, row: ObjectRow, name: str, planned: Planned
) -> Decision:
    """Freeze the plan: stored before the row names its run, so that no run lacks one."""
    plan = planned.plan
    results = study.configuration.results.bucket
    key = f"{study.run_prefix(plan.run_id)}plan.json"
    world.store.put_once(study.row, results, key, plan.document())
    run = world.ledger.run(plan.run_id)
    before = row.pipelines.get(name)
    next_row = lifecycle.planned(before, plan.run_id, run, world.now(), row.attempts_gone)
    run = run or _absent(study, row, name, plan.run_id)
    return Decision(next_row, (run, *planned.rests_on))


def _absent(study: DeployedStudy, row: ObjectRow, name: str, run_id: str) -> RunRow:
    """A run that has no row yet, to hold the commit to that."""
    return RunRow(
        run_id, study.name, row.bucket, row.key, name, state="running", attempt=0, started=""
    )


def _compared(before: PipelineRow, admission: Admission) -> PipelineRow:
    """A pinned run beside what would be planned today: stale or not, never another one."""
    return replace(before, stale=lifecycle.staleness(before, admission))
