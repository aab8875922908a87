"""A run's life inside the Processing machine: verify before, record after.

::

    execution ─> prepare_run ──row names the run──> task ─> record_run ─> succeeded | failed
                     │                                ^          │  │
                     └──it does not: superseded       └──again───┘  └─> superseded

Every final state is committed together with the object's row, so that a run can answer
for a pipeline only while the row names it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from wearline.core import attempts, lifecycle
from wearline.core.attempts import Again, TaskEnd
from wearline.core.estimates import sized
from wearline.core.ledger import ObjectRow, Reason, ResultRow, RunRow, Try, Verdict
from wearline.core.plans import sha256_hex
from wearline.core.problems import run_failed, run_failed_id
from wearline.core.recording_headers import RecordingHeader
from wearline.core.results import RunRecord, run_record
from wearline.core.withdrawal import WITHDRAWN
from wearline.flow.budget import corrected
from wearline.flow.problems import close_ended, open_problem
from wearline.flow.recordings import RecordingGone, header_of, rows_of
from wearline.flow.settle import MOST_CONFLICTS, settle
from wearline.flow.studies import DeployedStudy
from wearline.flow.withdrawal import withdrawn
from wearline.ports import Check, Put, RowChanged, World


@dataclass(frozen=True, slots=True)
class Order:
    """What an execution was started for: one attempt at a run."""

    study: str
    run_id: str
    attempt: int
    try_number: int = 1

    @property
    def name(self) -> str:
        """The name of the try, as in the prefix of its results: ``1.2``."""
        return f"{self.attempt}.{self.try_number}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A try that may go ahead: the frozen plan, how often earlier tries lacked memory or lost
    their host to Spot, what the recording's header says, where its device is known, and the
    samples of a table or of arrays."""

    plan: dict[str, Any]
    out_of_memory: int
    interrupted: int = 0
    header: RecordingHeader | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The run's state after a try; ``again`` with the seconds to wait before the next."""

    state: str
    wait_s: int = 0


class PlanMissing(LookupError):
    """A run that the ledger knows has no plan.json. A withdrawal that is under way removes the
    plan first and the run after; nothing else removes a plan."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(f"run {run_id} has no plan.json")


def read_plan(world: World, study: DeployedStudy, run_id: str) -> dict[str, Any] | None:
    """The stored plan of a run; None when a withdrawal has removed the run. Raises PlanMissing."""
    key = f"{study.run_prefix(run_id)}plan.json"
    content = world.store.get(study.row, study.configuration.results.bucket, key)
    if content is None:
        if world.ledger.run(run_id) is not None:
            raise PlanMissing(run_id)
        return None
    plan: dict[str, Any] = json.loads(content)
    return plan


def prepare_run(world: World, study: DeployedStudy, order: Order) -> Prepared | None:
    """Verify that plan and file version still stand, and note the try. None: superseded."""
    plan = read_plan(world, study, order.run_id)
    if plan is None:
        return None
    file = plan["identity"]["file"]
    exact = world.store.head(study.row, file["bucket"], file["key"], file["version_id"])
    if exact is None or (exact.etag, exact.size) != (file["etag"], file["size"]):
        # S3 has moved on before its event came: the row must hear of it first.
        settle(world, study, file["bucket"], file["key"], told_by="run")
    for _ in range(MOST_CONFLICTS):
        try:
            prepared = _prepare_once(world, study, order, plan)
        except RowChanged:
            continue
        if prepared is None or exact is None:
            return prepared
        about = (world.store, study.row, exact)
        with suppress(RecordingGone):  # What is gone now is so for its task, which says so.
            rows = rows_of(*about, plan["identity"]["format"]["type"])
            return replace(prepared, header=header_of(*about), rows=rows)
        return prepared
    raise RowChanged(f"run {order.run_id}: its rows changed {MOST_CONFLICTS} times in a row")


def _prepare_once(
    world: World, study: DeployedStudy, order: Order, plan: dict[str, Any]
) -> Prepared | None:
    run, row = _run_and_row(world, order, plan)
    if _is_over(run, row, order):
        _tell(world, run, row)  # whoever committed the verdict may have died before it told
        return None
    if not lifecycle.names(row, run.pipeline, order.run_id):
        _commit_superseded(world, study, run, row)
        return None
    run = _taken_up(run, order)
    short = attempts.tries_that_ended(run, "out_of_memory")
    interrupted = attempts.tries_that_ended(run, "interrupted")
    if all(each.name != order.name for each in run.tries):
        noted = (*run.tries, Try(order.name, world.now()))
        run = replace(run, tries=noted)
        world.ledger.commit(Put(run), *([Check(row)] if row else []))
    return Prepared(plan, short, interrupted)


def _is_over(run: RunRow, row: ObjectRow | None, order: Order) -> bool:
    """Whether an order comes too late: its attempt has its verdict, or a later one is at it, be
    it that the later one has not begun.

    A run that failed may be tried again, one that succeeded never.
    """
    ended = run.ended_for_good and (run.state == "succeeded" or run.attempt == order.attempt)
    later = lifecycle.names_later(row, run.pipeline, order.run_id, order.attempt)
    return ended or later or run.attempt > order.attempt


def _taken_up(run: RunRow, order: Order) -> RunRow:
    """A run that failed or was superseded, as the next attempt at it finds it."""
    if run.attempt == order.attempt and run.state == "running":
        return run
    return replace(
        run,
        state="running",
        attempt=order.attempt,
        reason=None,
        result=None,
        ended=None,
        cost={},
        summary=None,
    )


def _run_and_row(
    world: World, order: Order, plan: Mapping[str, Any]
) -> tuple[RunRow, ObjectRow | None]:
    identity = plan["identity"]
    bucket, key = identity["file"]["bucket"], identity["file"]["key"]
    run = world.ledger.run(order.run_id) or RunRow(
        run_id=order.run_id,
        study=order.study,
        bucket=bucket,
        key=key,
        pipeline=identity["pipeline"],
        state="running",
        attempt=order.attempt,
        started=world.now(),
        subject=identity["recording"]["subject"] or "",
    )
    return run, world.ledger.object(order.study, bucket, key)


def record_run(
    world: World, study: DeployedStudy, order: Order, end: TaskEnd, *, last: bool = False
) -> Recorded:
    """Record how a try ended. Recording it twice changes nothing.

    ``last``: no execution is there to make another try.
    """
    plan = read_plan(world, study, order.run_id)
    if plan is None:
        return Recorded("superseded")
    for _ in range(MOST_CONFLICTS):
        try:
            return _record_once(world, study, order, plan, end, last)
        except RowChanged:
            continue
    raise RowChanged(f"run {order.run_id}: its rows changed {MOST_CONFLICTS} times in a row")


def record_death(
    world: World, study: DeployedStudy, run_id: str, attempt: int, status: str
) -> Recorded:
    """Record an attempt whose execution died (failed, timed out, aborted, or gone).

    Its last try may have written a ``run.json`` all the same; else the attempt failed, and
    a person may start the next.
    """
    run = world.ledger.run(run_id)
    tries = [each for each in (run.tries if run else ()) if each.name.startswith(f"{attempt}.")]
    order = Order(study.name, run_id, attempt, try_number=max(1, len(tries)))
    return record_run(world, study, order, TaskEnd(error=f"Execution.{status}"), last=True)


def _record_once(
    world: World,
    study: DeployedStudy,
    order: Order,
    plan: dict[str, Any],
    end: TaskEnd,
    last: bool,
) -> Recorded:
    run, row = _run_and_row(world, order, plan)
    if _is_over(run, row, order):
        _tell(world, run, row)
        return Recorded(run.state)
    if row is None or not lifecycle.names(row, run.pipeline, order.run_id):
        _commit_superseded(world, study, run, row)
        return Recorded("superseded")
    if run.state == "superseded" and run.attempt == order.attempt:
        return Recorded("superseded")
    run = _taken_up(run, order)
    found = _read_record(world, study, order)
    if found is None:
        return _record_infrastructure(world, study, order, run, row, end, last)
    record, result = found
    if (
        attempts.lacked_memory(record.reason)
        and order.try_number < attempts.MOST_TRIES
        and not last
    ):
        short = TaskEnd(exit_code=attempts.KILLED, log=end.log)
        return _record_infrastructure(world, study, order, run, row, short, last)
    verdict = replace(
        _ended(world, run, record.state, record.reason, end),
        cost=sized(record.cost, end.memory_mib),
        summary=record.summary,
        result=order.name,
    )
    return _commit_verdict(world, verdict, row, Put(result), *corrected(world, study, verdict, row))


def _record_infrastructure(
    world: World,
    study: DeployedStudy,
    order: Order,
    run: RunRow,
    row: ObjectRow,
    end: TaskEnd,
    last: bool,
) -> Recorded:
    """A try without a ``run.json`` says nothing of the recording."""
    judged = attempts.judge(end, tries=order.try_number)
    if isinstance(judged, Again) and last:
        judged = judged.reason
    if isinstance(judged, Again):
        noted = _with_end(run, judged.reason, end)
        world.ledger.commit(Put(noted), Check(row))
        return Recorded("again", judged.wait_s)
    failed = _ended(world, run, "failed", judged, end)
    return _commit_verdict(world, failed, row, *corrected(world, study, failed, row))


def _read_record(
    world: World, study: DeployedStudy, order: Order
) -> tuple[RunRecord, ResultRow] | None:
    """The ``run.json`` of a try, and what identifies it for as long as it is kept."""
    bucket = study.configuration.results.bucket
    key = f"{study.attempt_prefix(order.run_id, order.name)}run.json"
    file = world.store.head(study.row, bucket, key)
    content = world.store.read(study.row, file) if file else None
    if file is None or content is None:
        return None
    digest = sha256_hex(content)
    result = ResultRow(study.name, order.run_id, bucket, key, file.etag, file.size, sha256=digest)
    return run_record(content, order.run_id, order.name), result


def _ended(
    world: World, run: RunRow, state: Verdict, reason: Reason | None, end: TaskEnd
) -> RunRow:
    verdict = _with_end(run, reason or Reason(state, ""), end)
    return replace(verdict, state=state, reason=reason, ended=world.now())


def _with_end(run: RunRow, reason: Reason, end: TaskEnd) -> RunRow:
    """The run with the end of its last try written down."""
    if not run.tries or not run.tries[-1].name.startswith(f"{run.attempt}."):
        return run
    last = replace(run.tries[-1], outcome=reason.code, reason=reason, log=end.log)
    return replace(run, tries=(*run.tries[:-1], last))


def _commit_verdict(world: World, run: RunRow, row: ObjectRow, *with_it: Put) -> Recorded:
    pipeline = lifecycle.finished(row.pipelines[run.pipeline], run)
    decided = lifecycle.with_pipeline(row, run.pipeline, pipeline)
    world.ledger.commit(Put(run), Put(decided), *with_it)
    _tell(world, run, decided)
    return Recorded(run.state)


def _commit_superseded(
    world: World, study: DeployedStudy, run: RunRow, row: ObjectRow | None
) -> None:
    """The row names another run, or none. Checked together, since it may come back.

    An attempt that failed stays so, even if the next one at it is in vain; and of a subject
    that has withdrawn, a run that is removed is not written again.
    """
    if run.state == "running" and not (run.rev == 0 and _is_removed(world, study, run, row)):
        superseded = replace(run, state="superseded", ended=world.now())
        world.ledger.commit(Put(superseded), *([Check(row)] if row else []))


def _is_removed(world: World, study: DeployedStudy, run: RunRow, row: ObjectRow | None) -> bool:
    """Whether a withdrawal removes a run: of a file that is forgotten, or planned for who left."""
    forgotten = row is not None and row.reason == WITHDRAWN
    return forgotten or run.subject in withdrawn(world, study)


def _tell(world: World, run: RunRow, row: ObjectRow | None) -> None:
    """The problem that a failed run is, while the row still names it; none otherwise.

    One whose plan is no longer today's makes way for another: the file is looked at again.
    """
    named = row if row and lifecycle.names(row, run.pipeline, run.run_id) else None
    if run.state == "failed" and run.reason and named:
        failed = (run.study, run.bucket, run.key, run.pipeline, run.reason)
        open_problem(world, run_failed(*failed, run.run_id))
        if named.pipelines[run.pipeline].stale:
            body = {"study": run.study, "bucket": run.bucket, "key": run.key}
            world.messages.send("evaluation", [body])
    elif run.state == "succeeded":
        close_ended(world, run.study, run_failed_id(run.bucket, run.key, run.pipeline))
