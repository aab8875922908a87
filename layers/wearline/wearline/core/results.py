"""What the ledger takes from a ``run.json``. The file itself stays the whole record."""

from __future__ import annotations

import json
from dataclasses import dataclass

from wearline.core.ledger import Reason, Verdict
from wearline.core.run_summary import RunSummary, run_summary

SCHEMA = "wearline.run/1"
# The study's page for people, below the results prefix. No result: each sweep writes it anew.
REPORT = "report.html"
_VERDICTS: dict[str, Verdict] = {"succeeded": "succeeded", "failed": "failed"}


class RunRecordInvalid(ValueError):
    """A ``run.json`` that is not the record of the try it lies under."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The verdict of a try, why, what it cost, and the headline of what it found."""

    state: Verdict
    reason: Reason | None
    cost: dict[str, float]
    summary: RunSummary


def run_of_record(key: str) -> str:
    """The run whose record lies under a key.

    >>> run_of_record("results/runs/1c8a/attempts/1.1/run.json")
    '1c8a'
    """
    return key.rsplit("/", 4)[1]


def run_record(content: bytes, run_id: str, attempt: str) -> RunRecord:
    """Read and verify a ``run.json``. Raises RunRecordInvalid."""
    try:
        record = json.loads(content)
        told = (record["schema"], record["run_id"], record["attempt"])
        if told != (SCHEMA, run_id, attempt):
            raise RunRecordInvalid(f"run.json is of {told}, not of {(SCHEMA, run_id, attempt)}")
        reason = record["reason"]
        return RunRecord(
            state=_VERDICTS[record["verdict"]],
            reason=Reason(str(reason["code"]), str(reason["sentence"])) if reason else None,
            cost={name: float(value) for name, value in record.get("cost", {}).items()},
            summary=run_summary(record),
        )
    except (KeyError, TypeError, ValueError) as broken:
        raise RunRecordInvalid(f"run.json of try {attempt} of run {run_id}: {broken}") from broken
