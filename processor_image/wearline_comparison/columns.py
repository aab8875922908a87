"""Two tables of the same rows, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

State = Literal["equal", "differs", "only_before", "only_after"]
# They name the run and what made it: two runs never agree on them.
OF_THE_RUN = frozenset({"run", "release"})


@dataclass(frozen=True)
class Difference:
    """Where two columns first differ; `row` counts from 0."""

    row: int
    before: Any
    after: Any


@dataclass(frozen=True)
class Compared:
    """A column of both tables. `max_abs` and `max_rel` are over rows where both have a number.

    `max_rel` is relative to the larger of the two.
    """

    column: str
    state: State
    rows: int
    differing: int = 0
    max_abs: float | None = None
    max_rel: float | None = None
    first: Difference | None = None


def compare(before: pa.Table, after: pa.Table) -> list[Compared]:
    """Every column of either table, in order. Both tables have the same number of rows."""
    names = [name for name in before.column_names if name not in OF_THE_RUN]
    added = [name for name in after.column_names if name not in before.column_names]
    return [_compare(name, before, after) for name in [*names, *added]]


def _compare(name: str, before: pa.Table, after: pa.Table) -> Compared:
    if name not in after.column_names:
        return Compared(name, "only_before", before.num_rows)
    if name not in before.column_names:
        return Compared(name, "only_after", after.num_rows)
    ours, theirs = before[name].to_pylist(), after[name].to_pylist()
    rows = [row for row, pair in enumerate(zip(ours, theirs, strict=True)) if _unlike(*pair)]
    if not rows:
        return Compared(name, "equal", len(ours))
    first = Difference(rows[0], ours[rows[0]], theirs[rows[0]])
    return Compared(name, "differs", len(ours), len(rows), *_largest(ours, theirs), first)


def _unlike(one: Any, other: Any) -> bool:  # noqa: ANN401
    return type(one) is not type(other) or bool(one != other)


def _largest(before: Sequence[Any], after: Sequence[Any]) -> tuple[float | None, float | None]:
    ours, theirs = numbers(before, after)
    if not ours.size:
        return None, None
    apart = np.abs(ours - theirs)
    scale = np.maximum(np.abs(ours), np.abs(theirs))
    relative = np.divide(apart, scale, out=np.zeros_like(apart), where=scale > 0)
    return float(apart.max()), float(relative.max())


def numbers(
    before: Sequence[Any], after: Sequence[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rows where both have a number, as two arrays."""
    pairs = [pair for pair in zip(before, after, strict=True) if all(map(_is_number, pair))]
    both = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _is_number(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, (int, float)) and not isinstance(value, bool)
