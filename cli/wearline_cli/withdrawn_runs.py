"""A run of a subject that has withdrawn is not run again: the tombstone holds for commands too."""

from __future__ import annotations

from typing import Any

from wearline.core.audit import EntryInvalid, parsed_entry
from wearline.core.ledger import RunRow
from wearline.core.run_records import removed_runs
from wearline.core.study import classify
from wearline.core.withdrawal import Withdrawn
from wearline_cli.auditing import study_chain
from wearline_cli.environments import CommandError, Environment


class SubjectWithdrawn(CommandError):
    """A run's subject has withdrawn; nothing was done."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(
            f"The subject of run {run_id} has withdrawn: nothing of it is fetched or run again."
        )


def obey_withdrawal(there: Environment, run_id: str) -> None:
    """Raises SubjectWithdrawn for a run of a subject with a tombstone, also where the withdrawal
    has removed the run already and only the audit trail knows of it."""
    row = there.ledger.run(run_id)
    gone = _is_removed(there, run_id) if row is None else _is_withdrawn(there, row)
    if gone:
        raise SubjectWithdrawn(run_id)


def check_subject(there: Environment, row: RunRow, subject: str) -> None:
    """Raises SubjectWithdrawn where the subject that a plan names has a tombstone."""
    if subject in _withdrawn(there, row.study):
        raise SubjectWithdrawn(row.run_id)


def _is_withdrawn(there: Environment, row: RunRow) -> bool:
    """By the key, whatever is left of the plan."""
    configuration = there.configuration(there.study(row.study))
    fields: dict[str, Any] = getattr(classify(configuration, row.bucket, row.key), "fields", {})
    return fields.get("subject") in _withdrawn(there, row.study)


def _withdrawn(there: Environment, study: str) -> Withdrawn:
    return Withdrawn(there.study(study).salt, there.ledger.tombstones(study))


def _is_removed(there: Environment, run_id: str) -> bool:
    return any(
        run_id in _removed(content)
        for study in there.ledger.studies()
        for content in study_chain(there, study.study).entries().values()
    )


def _removed(content: bytes) -> list[str]:
    """The runs that an entry tells were removed; none of one that is not as it was written."""
    try:
        return removed_runs(parsed_entry(content))
    except EntryInvalid:
        return []
