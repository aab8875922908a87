"""Days that count, by the study's ``valid_day``, from what the ledger keeps of a run."""

from __future__ import annotations

from wearline.core.run_summary import RunSummary
from wearline.core.study import ValidDay


def valid_days(summary: RunSummary | None, rule: ValidDay) -> int | None:
    """Local dates worn for at least ``min_wear_h``; None where no step looked for wear."""
    worn = (
        [day.values["worn_h"] for day in summary.days if "worn_h" in day.values] if summary else []
    )
    return sum(hours >= rule.min_wear_h for hours in worn) if worn else None
