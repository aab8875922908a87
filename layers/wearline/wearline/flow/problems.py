"""Opening and closing problems: a row for each cause, and one message for each opening."""

from __future__ import annotations

from dataclasses import asdict, replace

from wearline.core.ledger import ProblemRow
from wearline.core.problems import Problem
from wearline.ports import Put, RowChanged, World

MOST_CONFLICTS = 8


def open_problem(world: World, problem: Problem) -> None:
    """Open a problem unless it is open already, and announce each opening.

    ::

        absent | closed ──put open, announced=no──> send message ──put announced=yes──> open
                                    │ crash                  │ crash
                                    └── the next sighting sends, and marks, again

    The message goes out before the mark, so that an opening is announced at least once.
    """
    for _ in range(MOST_CONFLICTS):
        try:
            return _open_once(world, problem)
        except RowChanged:
            # Another worker, or an earlier try of this very write whose answer was lost.
            continue
    raise RowChanged(f"problem {problem.problem_id} changed {MOST_CONFLICTS} times in a row")


def _open_once(world: World, problem: Problem) -> None:
    row = world.ledger.problem(problem.study, problem.problem_id)
    if row is None or not row.open or row.sentence != problem.sentence:
        row = _put(world, _opened(world, problem, row))
    if not row.announced:
        world.messages.send("problems", [_message(row)])
        _put(world, replace(row, announced=True))


def close_problems(
    world: World, study: str, prefix: str, keep: frozenset[str] = frozenset()
) -> None:
    """Close the open problems whose ids begin with ``prefix``, but for those in ``keep``."""
    for row in world.ledger.problems(study, prefix):
        if row.open and row.problem_id not in keep:
            try:
                _put(world, replace(row, open=False, closed=world.now()))
            except RowChanged:
                continue


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
        announced=row.announced if row is not None and still_open else False,
        rev=row.rev if row else 0,
    )


def _put(world: World, row: ProblemRow) -> ProblemRow:
    world.ledger.commit(Put(row))
    return replace(row, rev=row.rev + 1)


def _message(row: ProblemRow) -> dict[str, object]:
    """The message's body: the row without its bookkeeping."""
    hidden = {"rev", "announced", "open", "closed"}
    return {name: value for name, value in asdict(row).items() if name not in hidden}
