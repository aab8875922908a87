"""Whether the budget lets an attempt start, and what it came to. Without a budget: no reads.

::

    no charge ──month's sum below the budget──> charged (expected) ──verdict──> charged (actual)
        │                                          ^ crash: the charge is there, and it starts
        └──budget used up──> held, looked at again by each sweep and after each deployment
"""

from __future__ import annotations

from dataclasses import replace

from wearline.core import budget
from wearline.core.ledger import ChargeRow, ObjectRow, PipelineRow, Reason, RunRow
from wearline.flow.studies import DeployedStudy
from wearline.ports import Put, World


def charged_or_held(
    world: World, study: DeployedStudy, row: ObjectRow, name: str, pipeline: PipelineRow
) -> Reason | None:
    """Charge an attempt that is about to start; or the reason why it may not. Charged once.

    Raises RowChanged when another start came first.
    """
    limit, file, run_id = study.configuration.budget, row.version, pipeline.run_id or ""
    if limit is None or file is None or world.ledger.charge(run_id, pipeline.attempt):
        return None
    month = budget.month_of(world.now())
    spent = list(world.ledger.spent(study.name, month))
    reason = budget.held(limit.monthly_usd, month, spent)
    if reason is not None:
        return reason
    expected = budget.estimated(name, file)
    charge = ChargeRow(study.name, run_id, pipeline.attempt, month, expected)
    world.ledger.commit(Put(charge), Put(budget.spent_row(charge, spent, expected)))
    return None


def corrected(world: World, study: DeployedStudy, run: RunRow, row: ObjectRow) -> tuple[Put, ...]:
    """What a verdict's transaction writes too: the attempt's actual cost in place of the expected.

    An attempt of which no cost is known stays charged as expected.
    """
    if study.configuration.budget is None or not run.cost or row.version is None:
        return ()
    charge = world.ledger.charge(run.run_id, run.attempt)
    if charge is None or charge.actual:
        return ()
    cost = budget.estimated(run.pipeline, row.version, run.cost)
    spent = world.ledger.spent(study.name, charge.month)
    part = budget.spent_row(charge, spent, cost, before=charge.micro_usd)
    return Put(replace(charge, micro_usd=cost, actual=True)), Put(part)


def has_room(world: World, study: DeployedStudy) -> bool:
    """Whether what is held may start now."""
    limit, month = study.configuration.budget, budget.month_of(world.now())
    if limit is None:
        return True
    return budget.held(limit.monthly_usd, month, world.ledger.spent(study.name, month)) is None
