"""What must hold at every step: watched at each commit and each start of an execution."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.simulation.buckets import SimulatedStore
from tests.simulation.ledger import SimulatedLedger
from tests.simulation.scheduler import Broken, require
from tests.simulation.study import RESULTS_BUCKET, RESULTS_PREFIX
from wearline.core.directives import Directive, NewRun, NextAttempt
from wearline.core.ledger import MetadataRow, ObjectRow, PipelineRow, RunRow, StudyRow, TombstoneRow
from wearline.core.lifecycle import is_held
from wearline.core.withdrawal import Withdrawn
from wearline.ports import RevisedRow

PLANNED_BEFORE_NAMED = "a row names a run only once its plan is stored"
FINISHED_STAYS = "a finished run never changes"
VERDICT_IS_RECORDED = "a verdict is that of a run.json, or of a death"
SUCCEEDED_STAYS = "nothing that succeeded is run again"
PINNED_STAYS = "a pinned run is never replaced by another"
STARTED_BEFORE_MARKED = "what says running was started"
STARTED_ONCE = "one attempt is started once"
STARTED_AS_PINNED = "only a pinned attempt is started"
ROW_AND_RUN_AGREE = "a verdict is the row's and the run's at one instant"
HELD_IS_NOT_STARTED = "what the budget holds is not at work"
COUNTS_UNTIL_REPLACED = "a result counts until the run in its place may start"
RETRIED_BY_A_PERSON = "a failed run is tried again only when a person asks for it"
NOT_WITHDRAWN = "no plan is made with a value that was withdrawn before"
NEXT_AFTER_SUPERSEDED = "the next attempt follows a superseded one, or what was forgotten"


class Promises:
    """Raises Broken at the very step that breaks a promise."""

    def __init__(self, ledger: SimulatedLedger, store: SimulatedStore) -> None:
        self._ledger, self._store = ledger, store
        self._pinned: set[tuple[str, int]] = set()
        self._started: set[tuple[str, int]] = set()
        self._at_work: set[tuple[str, int]] = set()
        self._in_place_of_a_result: set[str] = set()
        self._planned_for: dict[str, str] = {}
        self.directed: set[tuple[str, str, Directive]] = set()

    def committed(self, before: RevisedRow | None, after: RevisedRow) -> None:
        """See ``tests.simulation.ledger.Witness``."""
        if isinstance(after, RunRow):
            assert before is None or isinstance(before, RunRow)
            self._run_committed(before, after)
        elif isinstance(after, ObjectRow):
            assert before is None or isinstance(before, ObjectRow)
            self._object_committed(before, after)

    def started(self, name: str, run_id: str, attempt: int) -> None:
        """See ``tests.simulation.machine.Observer``."""
        require(STARTED_ONCE, (run_id, attempt) not in self._started, name)
        require(STARTED_AS_PINNED, (run_id, attempt) in self._pinned, name)
        self._started.add((run_id, attempt))
        self._at_work.add((run_id, attempt))

    def ended(self, run_id: str, attempt: int) -> None:
        """See ``tests.simulation.machine.Observer``."""
        self._at_work.discard((run_id, attempt))

    def _run_committed(self, before: RunRow | None, after: RunRow) -> None:
        if before is not None and before.ended_for_good and not self._is_retried(before, after):
            require(FINISHED_STAYS, _verdict(before) == _verdict(after), before, "->", after)
        elif after.result is not None:
            record = self._record(after)
            require(VERDICT_IS_RECORDED, record["verdict"] == after.state, after)
        elif after.state == "succeeded":
            raise Broken(VERDICT_IS_RECORDED, str(after))

    def _is_retried(self, before: RunRow, after: RunRow) -> bool:
        """A failed run may have the next attempt that a person asked for, and no other."""
        asked = NextAttempt(before.pipeline, before.run_id, before.attempt)
        if before.state != "failed" or after.attempt != before.attempt + 1:
            return False
        return (before.bucket, before.key, asked) in self.directed

    def _record(self, run: RunRow) -> Mapping[str, Any]:
        key = f"{RESULTS_PREFIX}runs/{run.run_id}/attempts/{run.result}/run.json"
        stored = self._store.buckets[RESULTS_BUCKET].current(key)
        return json.loads(stored.content) if stored else {"verdict": None}

    def _object_committed(self, before: ObjectRow | None, after: ObjectRow) -> None:
        same_version = before is not None and before.version_rev == after.version_rev
        for name, pipeline in after.pipelines.items():
            earlier = before.pipelines.get(name) if before else None
            if pipeline == earlier:
                continue
            if earlier is not None and self._is_forgotten(after, earlier):
                earlier = None
            where = (after.key, "x", name, earlier, "->", pipeline)
            if earlier is not None and same_version:
                self._held_on(after, name, earlier, pipeline, where)
            elif earlier is not None:
                self._in_place_of_a_result.discard(earlier.run_id or "")
            self._entered(after, earlier, pipeline, where)

    def _is_forgotten(self, row: ObjectRow, earlier: PipelineRow) -> bool:
        """Whether a run was planned for somebody who has withdrawn, or was removed with theirs."""
        run_id = earlier.run_id
        if run_id is None or not self._ledger.rows[TombstoneRow]:
            return False
        if (run_id,) not in self._ledger.rows[RunRow]:
            plan = self._store.buckets[RESULTS_BUCKET].current(_plan_key(run_id))
            return plan is None or earlier.attempt <= row.attempts_gone
        study = self._ledger.rows[StudyRow][row.study,]
        assert isinstance(study, StudyRow)
        marks = frozenset(mark for _, mark in self._ledger.rows[TombstoneRow])
        return self._planned_for.get(run_id) in Withdrawn(study.salt, marks)

    def _held_on(
        self,
        row: ObjectRow,
        name: str,
        earlier: PipelineRow,
        pipeline: PipelineRow,
        where: tuple[object, ...],
    ) -> None:
        """What stays as it is, unless somebody directed another run or the next attempt."""
        run_id = earlier.run_id or ""
        if earlier.disposition == "succeeded" and pipeline.run_id != run_id:
            new_run = NewRun(name, run_id, earlier.since, pipeline.run_id or "")
            require(SUCCEEDED_STAYS, (row.bucket, row.key, new_run) in self.directed, *where)
            self._in_place_of_a_result.add(pipeline.run_id or "")
        elif earlier.disposition == "succeeded":
            require(SUCCEEDED_STAYS, pipeline.disposition == "succeeded", *where)
        elif earlier.disposition == "failed" and pipeline.run_id == run_id:
            again = NextAttempt(name, run_id, earlier.attempt)
            stays = pipeline.disposition == "failed" or pipeline.run_id is None
            directed = (row.bucket, row.key, again) in self.directed
            require(RETRIED_BY_A_PERSON, stays or directed, *where)
        elif earlier.disposition in ("ready", "running") and not is_held(earlier):
            stays = (pipeline.run_id, pipeline.attempt) == (run_id, earlier.attempt)
            require(PINNED_STAYS, stays, *where)
        elif is_held(earlier) and pipeline.run_id != run_id:
            idle = (run_id, earlier.attempt) not in self._at_work
            require(HELD_IS_NOT_STARTED, idle, *where)

    def _entered(
        self,
        row: ObjectRow,
        earlier: PipelineRow | None,
        pipeline: PipelineRow,
        where: tuple[object, ...],
    ) -> None:
        run_id, attempt = pipeline.run_id, pipeline.attempt
        if run_id is None:
            return
        if is_held(pipeline):
            require(HELD_IS_NOT_STARTED, (run_id, attempt) not in self._at_work, *where)
            require(COUNTS_UNTIL_REPLACED, run_id not in self._in_place_of_a_result, *where)
        match pipeline.disposition:
            case "ready" if (run_id, attempt) not in self._pinned:
                self._check_plan(row, run_id, where)
                self._check_attempt(row, run_id, attempt, where)
                self._pinned.add((run_id, attempt))
            case "running":
                require(STARTED_BEFORE_MARKED, (run_id, attempt) in self._started, *where)
            case "succeeded" | "failed" as verdict:
                run = self._ledger.rows[RunRow].get((run_id,))
                agrees = isinstance(run, RunRow) and run.state == verdict
                require(ROW_AND_RUN_AGREE, agrees, *where, run)

    def _check_attempt(
        self, row: ObjectRow, run_id: str, attempt: int, where: tuple[object, ...]
    ) -> None:
        run = self._ledger.rows[RunRow].get((run_id,))
        if isinstance(run, RunRow):
            follows = run.attempt in (attempt, attempt - 1)
        else:
            follows = attempt == row.attempts_gone + 1
        require(NEXT_AFTER_SUPERSEDED, follows, *where, run)

    def _check_plan(self, row: ObjectRow, run_id: str, where: tuple[object, ...]) -> None:
        """The plan is stored, of this version, and its values are in the ledger right now."""
        stored = self._store.buckets[RESULTS_BUCKET].current(_plan_key(run_id))
        if stored is None:
            # A withdrawal may have removed it; whoever commits then sees the tombstone.
            require(PLANNED_BEFORE_NAMED, any(self._ledger.rows[TombstoneRow]), *where)
            return
        identity = json.loads(stored.content)["identity"]
        assert row.version is not None
        require(PLANNED_BEFORE_NAMED, identity["file"]["etag"] == row.version.etag, *where)
        subject = self._planned_for[run_id] = identity["recording"]["subject"]
        said = list(self._ledger.metadata_rows[row.study, subject].values())
        for name, value in identity["metadata"].items():
            stated = any(_states(each, name, value) for each in said)
            require(NOT_WITHDRAWN, stated, *where, name, value, "not in", said)


def _plan_key(run_id: str) -> str:
    return f"{RESULTS_PREFIX}runs/{run_id}/plan.json"


def _states(row: MetadataRow, name: str, value: Mapping[str, Any]) -> bool:
    stated = None if row.withdrawn else row.values.get(name)
    return stated is not None and (stated["value"], stated["unit"]) == (
        value["value"],
        value["unit"],
    )


def _verdict(run: RunRow) -> tuple[object, ...]:
    return (run.state, run.attempt, run.result, run.reason, run.ended, run.cost)
