"""A person who withdraws stays withdrawn: the tombstone, and the record that it was done.

The tombstone is a keyed hash of the subject. Its key is a random salt of the study, made
when the study is first deployed and kept in its row: so a tombstone tells nothing without
the ledger, and the same subject of two studies has two.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Container
from dataclasses import dataclass, replace

from wearline.core.assignments import Assignment, assignment_value, entries
from wearline.core.decisions import Decision, decision_value, decisions_of
from wearline.core.ledger import MetadataRow, ObjectRow, Reason, RunRow

WITHDRAWN = Reason("withdrawn", "Its subject has withdrawn; nothing is made of it.")
SALT_BYTES = 32
_STANDING_FOR = "withdrawn:"


def new_salt() -> str:
    return secrets.token_hex(SALT_BYTES)


def tombstone(salt: str, subject: str) -> str:
    """What stands for a subject that has withdrawn."""
    return hmac.new(bytes.fromhex(salt), subject.encode(), hashlib.sha256).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The subjects of a study that have withdrawn, known by their tombstones alone."""

    salt: str
    tombstones: frozenset[str] = frozenset()

    def __contains__(self, subject: object) -> bool:
        if not self.tombstones or not isinstance(subject, str):
            return False
        if subject.startswith(_STANDING_FOR):
            return subject.removeprefix(_STANDING_FOR) in self.tombstones
        return tombstone(self.salt, subject) in self.tombstones

    def names(self, subject: str) -> frozenset[str]:
        """How a subject may be called."""
        return frozenset((subject, self.name_for(subject)) if self.salt else (subject,))

    def name_for(self, subject: str) -> str:
        """What may be written in place of a subject that has withdrawn: it is known by that."""
        if subject.startswith(_STANDING_FOR):
            return subject
        return _STANDING_FOR + tombstone(self.salt, subject)


def is_stand_in(subject: str) -> bool:
    """Whether a name stands for somebody who has withdrawn."""
    return subject.startswith(_STANDING_FOR)


def is_of(run: RunRow, names: Container[str], files: Container[tuple[str, str]]) -> bool:
    """Whether a run goes when a subject withdraws: it is of one of the subject's files, or was
    planned for the subject, whosever the file is by now."""
    return run.subject in names or (run.bucket, run.key) in files


def still_tells(row: ObjectRow, names: Container[str], runs: Container[str]) -> bool:
    """Whether a file's row names somebody, or a run in force that was planned for them:
    ``runs`` are those."""
    pipelines = row.pipelines.values()
    named = [row.assigned.get("subject"), *(u.subject for each in pipelines for u in each.unmet)]
    said = (name for name in named if name and not is_stand_in(name))
    return any(name in names for name in said) or any(
        each.run_id in runs for each in pipelines if each.run_id
    )


def names_removed(row: ObjectRow, runs: Container[str]) -> bool:
    """Whether a file that was forgotten, and became somebody else's while ``runs`` were removed,
    names one of them as it was before."""
    known = (each for each in row.pipelines.values() if each.attempt <= row.attempts_gone)
    return any(each.run_id in runs for each in known if each.run_id)


def without(row: MetadataRow, gone: Withdrawn) -> MetadataRow:
    """What a device log or a decision says, without the names of those who have withdrawn.

    That it says so must stay: whose a recording is was decided by it, and it must not become
    somebody else's.
    """
    if not gone.tombstones:
        return row
    values = dict(row.values)
    for entry in entries([row]):
        if entry.assignment.subject in gone:
            name, value = assignment_value(_without(entry.assignment, gone), entry.row)
            values[name] = value
    for decided in decisions_of([row]):
        if _names(decided.decision) in gone:
            name, value = decision_value(_decision_without(decided.decision, gone), decided.row)
            values[name] = value
    return replace(row, values=values)


def _names(decision: Decision) -> str | None:
    """The subject that a decision gives a recording to."""
    return decision.details.get("subject") if decision.action == "reassign" else None


def _without(assignment: Assignment, gone: Withdrawn) -> Assignment:
    return replace(assignment, subject=gone.name_for(assignment.subject), visit=None, location=None)


def _decision_without(decision: Decision, gone: Withdrawn) -> Decision:
    subject = gone.name_for(decision.details["subject"])
    return replace(decision, details={"subject": subject}, reason="withdrawn", author="")
