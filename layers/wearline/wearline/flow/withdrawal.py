"""Tombstones are obeyed by whatever would make something of a subject.

::

    withdraw:  tombstone put ──> rows read, work stopped, results removed
    settle:    row committed ──> tombstones read ──> start, or settle again

Whoever commits a row reads the tombstones after that, and who puts a tombstone reads the rows
after that: of the two, one sees the other. So nothing starts that is not stopped.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

from wearline.core.admission import gathered, whose
from wearline.core.ledger import ObjectRow, PipelineRow
from wearline.core.study import DataFile, classify
from wearline.core.withdrawal import Withdrawn
from wearline.flow.studies import DeployedStudy
from wearline.ports import RowChanged, World


def withdrawn(world: World, study: DeployedStudy) -> Withdrawn:
    """Who has withdrawn by now."""
    if not study.row.salt:
        return Withdrawn("")
    return Withdrawn(study.row.salt, world.ledger.tombstones(study.name))


def require_the_same(world: World, study: DeployedStudy, before: Withdrawn) -> None:
    """Raises RowChanged when somebody has withdrawn since."""
    if withdrawn(world, study) != before:
        raise RowChanged(f"{study.name}: a subject has withdrawn")


def is_others(world: World, study: DeployedStudy, row: ObjectRow, gone: Withdrawn) -> bool:
    """Whether a file that was forgotten for a withdrawn subject's sake is somebody else's by now:
    a device log or a decision that said whose it is was corrected."""
    what = classify(study.configuration, row.bucket, row.key)
    if not isinstance(what, DataFile) or what.fields.get("subject") in gone:
        return False
    read = replace(row, kind="data", pattern=what.pattern, fields=dict(what.fields))
    rows = gathered(study.configuration, read, partial(world.ledger.metadata, study.name))
    return whose(study.configuration, read, rows) not in gone


def theirs(world: World, study: DeployedStudy, row: ObjectRow, gone: Withdrawn) -> list[str]:
    """The pipelines whose run was planned while a device log or a decision gave the file to
    somebody who has withdrawn since, or that a withdrawal removed while the file was theirs."""
    if not gone.tombstones:
        return []
    named = ((name, each) for name, each in row.pipelines.items() if each.run_id)
    return [name for name, each in named if _is_gone(world, study, row, each, gone)]


def _is_gone(
    world: World, study: DeployedStudy, row: ObjectRow, pipeline: PipelineRow, gone: Withdrawn
) -> bool:
    run_id = pipeline.run_id or ""
    # Of an attempt that was known when the file was forgotten there is a run, unless removed.
    if pipeline.attempt <= row.attempts_gone and world.ledger.run(run_id) is None:
        return True
    # The plan of today is of whose the file is now, so only what is stale asks.
    return pipeline.stale is not None and _is_of(world, study, run_id, gone)


def _is_of(world: World, study: DeployedStudy, run_id: str, gone: Withdrawn) -> bool:
    """Whether a run is of somebody who has withdrawn: its plan says so, or all of it is removed."""
    results = study.configuration.results.bucket
    plan = world.store.get(study.row, results, f"{study.run_prefix(run_id)}plan.json")
    if plan is None:
        return world.ledger.run(run_id) is None
    return json.loads(plan)["identity"]["recording"]["subject"] in gone
