"""What is measured of a run: times, compute, dollars. No measure tells of which file."""

from __future__ import annotations

from datetime import datetime

from wearline.core.estimates import Estimator
from wearline.core.ledger import ObjectRow, RunRow


def of_start(row: ObjectRow | None, now: str) -> dict[str, float]:
    """Seconds from the arrival of a file to the start of its run."""
    arrived = row.arrived if row else ""
    return {"SecondsToStart": _seconds(arrived, now)} if arrived else {}


def of_verdict(run: RunRow, row: ObjectRow | None) -> dict[str, float]:
    """What a run came to: seconds from its file's arrival, CPU seconds, estimated dollars.

    Dollars are those of the try that counts, at list price on demand; see ``core.estimates``.
    """
    measured: dict[str, float] = {}
    if row and row.arrived and run.ended:
        measured["SecondsToResult"] = _seconds(row.arrived, run.ended)
    if "cpu_s" in run.cost:
        measured["CpuSeconds"] = run.cost["cpu_s"]
    if row and row.version and run.cost:
        estimated = Estimator().estimate(run.pipeline, row.version.size, run.cost)
        measured["EstimatedDollars"] = estimated.usd
    return measured


def _seconds(earlier: str, later: str) -> float:
    between = datetime.fromisoformat(later) - datetime.fromisoformat(earlier)
    return max(0.0, between.total_seconds())
