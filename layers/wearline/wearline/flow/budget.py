"""Whether the budget lets an attempt start, and what it came to. Without a budget: no reads.

::

    ready ──month's sum below the budget──> let in, charged (expected) ──verdict──> charged (actual)
      └──budget used up──> held, looked at again by each sweep and after each deployment

It is judged once, when the attempt becomes ready, and written in the transaction that makes it
so. What was let in is started whatever the budget says later, and what is held never was: so a
held run may make way for another.
"""

from __future__ import annotations

from dataclasses import replace

from wearline.core import budget, lifecycle
from wearline.core.attempts import tries_besides
from wearline.core.ledger import ChargeRow, FileVersion, ObjectRow, PipelineRow, RunRow, SpentRow
from wearline.flow.studies import DeployedStudy
from wearline.ports import Put, World


class Allowance:
    """What the budget lets in during one look at a file; the charges are for its commit."""

    def __init__(self, world: World, study: DeployedStudy) -> None:
        self._world, self._study = world, study
        self._month = budget.month_of(world.now())
        self._spent: list[SpentRow] | None = None
        self._charges: list[ChargeRow] = []
        self._parts: dict[int, SpentRow] = {}

    def let_in(self, row: ObjectRow, name: str, pipeline: PipelineRow) -> PipelineRow:
        """The pipeline as it may be: one that becomes ready is let in, or held with the reason."""
        if pipeline.disposition != "ready" or _was_let_in(row.pipelines.get(name), pipeline):
            return pipeline
        limit, run_id = self._study.configuration.budget, pipeline.run_id or ""
        free = lifecycle.let_go(pipeline)
        if limit is None or self._world.ledger.charge(run_id, pipeline.attempt):
            return free
        spent = self._spent_so_far()
        reason = budget.held(limit.monthly_usd, self._month, spent)
        if reason is None and row.version is not None:
            self._charge(row.version, name, pipeline, spent)
        if reason is None or self._may_be_at_work(row, pipeline):
            return free
        return lifecycle.held(pipeline, reason)

    def _may_be_at_work(self, row: ObjectRow, pipeline: PipelineRow) -> bool:
        """Whether the file came back to a content whose attempt was started without a budget,
        be it that its execution has not begun to write the run's row."""
        run = self._world.ledger.run(pipeline.run_id or "")
        if run is None:
            return lifecycle.was_under_way(row, pipeline)
        return (run.state, run.attempt) == ("running", pipeline.attempt)

    @property
    def writes(self) -> tuple[Put, ...]:
        """Each attempt's charge, and the parts of the month's sum that they are in."""
        return (*map(Put, self._charges), *map(Put, self._parts.values()))

    def _spent_so_far(self) -> list[SpentRow]:
        if self._spent is None:
            self._spent = list(self._world.ledger.spent(self._study.name, self._month))
        others = [row for row in self._spent if row.shard not in self._parts]
        return [*others, *self._parts.values()]

    def _charge(
        self, file: FileVersion, name: str, pipeline: PipelineRow, spent: list[SpentRow]
    ) -> None:
        expected = budget.estimated(name, file)
        study, run_id = self._study.name, pipeline.run_id or ""
        charge = ChargeRow(study, run_id, pipeline.attempt, self._month, expected)
        part = budget.spent_row(charge, spent, expected)
        self._charges.append(charge)
        self._parts[part.shard] = part


def _was_let_in(before: PipelineRow | None, pipeline: PipelineRow) -> bool:
    """Whether an earlier commit let this very attempt in; it may have been started since."""
    if before is None or before.disposition != "ready" or lifecycle.is_held(before):
        return False
    return (before.run_id, before.attempt) == (pipeline.run_id, pipeline.attempt)


def corrected(world: World, study: DeployedStudy, run: RunRow, row: ObjectRow) -> tuple[Put, ...]:
    """What a verdict's transaction writes too: the attempt's actual cost in place of the expected.

    A try besides the one whose cost is known counts as expected. An attempt that had no task
    stays charged as it was.
    """
    besides = tries_besides(run, run.attempt)
    if study.configuration.budget is None or row.version is None or not (run.cost or besides):
        return ()
    charge = world.ledger.charge(run.run_id, run.attempt)
    if charge is None or charge.actual:
        return ()
    cost = besides * budget.estimated(run.pipeline, row.version)
    if run.cost:
        cost += budget.estimated(run.pipeline, row.version, run.cost)
    spent = world.ledger.spent(study.name, charge.month)
    part = budget.spent_row(charge, spent, cost, before=charge.micro_usd)
    return Put(replace(charge, micro_usd=cost, actual=True)), Put(part)


def has_room(world: World, study: DeployedStudy) -> bool:
    """Whether what is held may start now."""
    limit, month = study.configuration.budget, budget.month_of(world.now())
    if limit is None:
        return True
    return budget.held(limit.monthly_usd, month, world.ledger.spent(study.name, month)) is None
