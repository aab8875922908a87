"""A study's budget: estimated compute of a calendar month (UTC), in millionths of a US dollar.

An attempt is charged what its file is expected to take before it is started, and what it took
once that is known. The charge has a row of its own, so that no attempt is ever counted twice;
the month's sum is spread over many rows, so that a burst of starts does not meet in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from wearline.core.estimates import Estimator
from wearline.core.ledger import ChargeRow, FileVersion, Reason, SpentRow
from wearline.core.plans import execution_name

MICRO = 1_000_000
SHARDS = 64


def month_of(now: str) -> str:
    """The calendar month of a moment in UTC.

    >>> month_of("2026-03-11T10:00:00+00:00")
    '2026-03'
    """
    return now[:7]


def held(monthly_usd: float, month: str, spent: Iterable[SpentRow]) -> Reason | None:
    """Why no run may be started any more this month; None while one may.

    The last start may pass the budget; the one after it is held.
    """
    if micro_usd(spent) < monthly_usd * MICRO:
        return None
    return Reason(
        "budget",
        f"The study's budget of {monthly_usd:g} US dollars for {month} is used up. It goes on next"
        " month, or when the study is deployed with a higher budget.",
    )


def micro_usd(spent: Iterable[SpentRow]) -> int:
    return sum(row.micro_usd for row in spent)


def estimated(pipeline: str, file: FileVersion, cost: Mapping[str, float] | None = None) -> int:
    """What an attempt over a file comes to, by its size or by the ``cost`` that it had."""
    return round(Estimator().estimate(pipeline, file.size, cost).usd * MICRO)


def spent_row(
    charge: ChargeRow, spent: Iterable[SpentRow], micro_usd: int, before: int = 0
) -> SpentRow:
    """The part of the month's sum that a charge is in, with ``micro_usd`` in place of before."""
    shard = int(charge.run_id[:8], 16) % SHARDS
    there = next((row for row in spent if row.shard == shard), None)
    part = there or SpentRow(charge.study, charge.month, shard)
    return replace(part, micro_usd=part.micro_usd + micro_usd - before)


def charge_name(run_id: str, attempt: int) -> str:
    """What stands for one attempt: the name of its execution."""
    return execution_name(run_id, attempt)
