"""Opening and closing problems: a row for each cause, and one message for each opening."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

from wearline.core.ledger import ObjectRow, ProblemRow
from wearline.core.lifecycle import SOURCES
from wearline.core.problems import Problem
from wearline.ports import Check, Put, RowChanged, World

MOST_CONFLICTS = 8
StillThere = Callable[[World, ProblemRow], bool]


def open_problem(world: World, problem: Problem, cause: ObjectRow | None = None) -> None:
    """Open a problem unless it is open already, and announce each opening.

    With ``cause``, only as long as that row stands. Raises RowChanged when it does not.

    ::

        absent | closed ──put open, announced=no──> send message ──put announced=yes──> open
                                    │ crash                  │ crash
                                    └── the next sighting sends, and marks, again

    The message goes out before the mark, so that an opening is announced at least once.
    """
    for _ in range(MOST_CONFLICTS):
        try:
            return _open_once(world, problem, cause)
        except RowChanged:
            # Another worker, or an earlier try of this very write whose answer was lost.
            continue
    raise RowChanged(f"problem {problem.problem_id} changed {MOST_CONFLICTS} times in a row")


def _open_once(world: World, problem: Problem, cause: ObjectRow | None) -> None:
    row = world.ledger.problem(problem.study, problem.problem_id)
    if row is None or not row.open or row.sentence != problem.sentence:
        row = _put(world, _opened(world, problem, row), cause)
    if not row.announced:
        announce(world, row)


def announce(world: World, row: ProblemRow) -> None:
    """Send the message first and mark after. Raises RowChanged."""
    world.messages.send("problems", [_message(row)])
    _put(world, replace(row, announced=True))


def close_problems(
    world: World,
    study: str,
    prefix: str,
    keep: frozenset[str] = frozenset(),
    cause: ObjectRow | None = None,
) -> None:
    """Close the open problems whose ids begin with ``prefix``, but for those in ``keep``.

    With ``cause``, only as long as that row stands. Raises RowChanged when it does not, or
    when another writer was at one of them.
    """
    for row in world.ledger.problems(study, prefix):
        if row.open and row.problem_id not in keep:
            _put(world, replace(row, open=False, closed=world.now()), cause)


def close_ended(
    world: World, study: str, prefix: str = "", still_there: StillThere | None = None
) -> None:
    """Close the open problems whose cause the ledger no longer holds.

    ::

        open ──no cause──> put closed ──look again: a cause──> put open
                                └───────none─────────────────> closed

    Whoever commits a cause opens its problem after that. If it did so before the second
    look, we see the cause; if after, it sees the problem closed.
    """
    still_there = still_there or has_cause
    for row in world.ledger.problems(study, prefix):
        if row.open and not still_there(world, row):
            close_ended_problem(world, row, still_there)


def close_ended_problem(world: World, row: ProblemRow, still_there: StillThere) -> None:
    try:
        closed = _put(world, replace(row, open=False, closed=world.now()))
        if still_there(world, closed):
            _put(world, replace(closed, open=True, closed=None))
    except RowChanged:
        return


def has_cause(world: World, row: ProblemRow) -> bool:
    """Whether the ledger holds what the problem is about. True for what it cannot tell."""
    match row.kind, row.about:
        case "requirement_missing", (subject, visit, name):
            asked = (name, subject, visit or None)
            return any(asked in unmet for unmet in _unmet(world, row.study, subject))
        case "run_failed", (bucket, key, pipeline):
            file = world.ledger.object(row.study, bucket, key)
            known = file.pipelines.get(pipeline) if file else None
            return known is not None and known.disposition == "failed"
        case "metadata_rejected", (bucket, key, *_):
            source = world.ledger.object(row.study, bucket, key)
            return source is not None and source.kind in SOURCES and not source.deleted
    return True


def _unmet(world: World, study: str, subject: str) -> Iterator[set[tuple[str, str, str | None]]]:
    """What each pipeline lacks of each file that depends on a subject."""
    for place in world.ledger.waiting(study, subject):
        file = world.ledger.object(study, place.bucket, place.key)
        pipeline = file.pipelines.get(place.pipeline) if file else None
        if pipeline is not None:
            yield {(each.name, each.subject, each.visit) for each in pipeline.unmet}


def _opened(world: World, problem: Problem, row: ProblemRow | None) -> ProblemRow:
    still_open = row is not None and row.open
    return ProblemRow(
        study=problem.study,
        problem_id=problem.problem_id,
        kind=problem.kind,
        concerns=problem.concerns,
        sentence=problem.sentence,
        next_step=problem.next_step,
        open=True,
        opened=row.opened if row is not None and still_open else world.now(),
        about=(*problem.scope, *problem.detail),
        announced=row.announced if row is not None and still_open else False,
        rev=row.rev if row else 0,
    )


def _put(world: World, row: ProblemRow, cause: ObjectRow | None = None) -> ProblemRow:
    world.ledger.commit(Put(row), *([Check(cause)] if cause else []))
    return replace(row, rev=row.rev + 1)


def _message(row: ProblemRow) -> dict[str, object]:
    """The message's body: the row without its bookkeeping."""
    hidden = {"rev", "announced", "open", "closed", "about"}
    return {name: value for name, value in asdict(row).items() if name not in hidden}
