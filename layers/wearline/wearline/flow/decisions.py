"""Decisions that name nothing: opened when nothing is there, closed when something comes.

A decision and the files that it names come in any order. Whoever of the two commits later
sees the other: a file's waiting row and its own row come before its subject's decisions are
read here, and the decisions before the subject's files are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wearline.core.decisions import Decided, decisions_of, key_entity
from wearline.core.ledger import ObjectRow, ProblemRow
from wearline.core.problems import decision_names_nothing, scope_prefix
from wearline.flow.problems import close_ended, open_problem
from wearline.ports import World


def judge_decisions(world: World, study: str, subjects: Iterable[str]) -> None:
    """Open a problem for each decision about these subjects that names nothing; close others."""
    for subject in sorted(set(subjects)):
        if _open_unnamed(world, study, subject):
            close_unnamed(world, study, subject)


def close_unnamed(world: World, study: str, subject: str) -> None:
    """Close the problems of decisions that name something now, or no longer stand."""
    prefix = scope_prefix("decision_names_nothing", subject)
    close_ended(world, study, prefix, names_nothing)


def _open_unnamed(world: World, study: str, subject: str) -> bool:
    """Whether anything was decided about the subject."""
    standing = list(_standing(world, study, subject))
    for decided in standing:
        if not _names_something(world, study, decided):
            open_problem(world, decision_names_nothing(study, decided))
    return bool(standing)


def names_nothing(world: World, row: ProblemRow) -> bool:
    """Whether the decision that a problem is about still stands, and still names nothing."""
    return any(
        decision_names_nothing(row.study, decided).problem_id == row.problem_id
        and not _names_something(world, row.study, decided)
        for decided in _standing(world, row.study, row.about[0])
    )


def subjects_of(*rows: ObjectRow | None) -> set[str]:
    """What decisions about an object are kept with, as it is and was, deleted ones too."""
    recordings = [row for row in rows if row is not None and row.kind == "data"]
    named = {row.whose["subject"] for row in recordings if "subject" in row.whose}
    return named | {key_entity(row.key) for row in recordings if "subject" not in row.fields}


def _standing(world: World, study: str, subject: str) -> Iterator[Decided]:
    yield from decisions_of(world.ledger.metadata(study, subject))


def _names_something(world: World, study: str, decided: Decided) -> bool:
    """The location is not asked: that recordings can have it was checked with the row."""
    decision = decided.decision
    for place in world.ledger.waiting(study, decision.entity):
        file = world.ledger.object(study, place.bucket, place.key)
        if file is None or file.deleted or file.kind != "data":
            continue
        if decision.selects(file, decision.location):
            return True
    return False
