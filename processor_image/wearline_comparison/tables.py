"""The tables that two runs wrote of each recording, put side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wearline_comparison.columns import Compared, compare

_RECORDING = "recording_n"


@dataclass(frozen=True)
class Pair:
    """The tables of one name, of both sides, with the rows that both have."""

    table: str
    before: pa.Table
    after: pa.Table
    only_before: int = 0
    only_after: int = 0

    def columns(self) -> list[Compared]:
        found = compare(self.before, self.after)
        return [each for each in found if each.column != _RECORDING]


def pairs(before: Sequence[Path], after: Sequence[Path]) -> list[Pair]:
    """The tables in the folders of the two sides; folder n of both is of the same recording."""
    folders = [*before, *after]
    names = sorted({path.stem for folder in folders for path in folder.glob("*.parquet")})
    return [_pair(name, before, after) for name in names]


def _pair(name: str, before: Sequence[Path], after: Sequence[Path]) -> Pair:
    parts = [
        _aligned(name, number, *sides)
        for number, sides in enumerate(zip(before, after, strict=True), 1)
    ]
    joined = [
        pa.concat_tables([getattr(part, side) for part in parts], promote_options="default")
        for side in ("before", "after")
    ]
    only = [sum(getattr(part, side) for part in parts) for side in ("only_before", "only_after")]
    return Pair(name, joined[0], joined[1], only[0], only[1])


def _aligned(name: str, number: int, before: Path, after: Path) -> Pair:
    """The rows of one recording. Where their numbers differ, rows of the same instant pair up."""
    ours, theirs = (_read(folder / f"{name}.parquet", number) for folder in (before, after))
    pair = Pair(name, ours, theirs)
    if ours.num_rows == theirs.num_rows:
        return pair
    mine, yours = _places(ours), _places(theirs)
    shared = [place for place in mine if place in yours]
    return replace(
        pair,
        before=_take(ours, mine, shared),
        after=_take(theirs, yours, shared),
        only_before=ours.num_rows - len(shared),
        only_after=theirs.num_rows - len(shared),
    )


def _take(table: pa.Table, places: dict[object, int], wanted: Sequence[object]) -> pa.Table:
    return table.take(pa.array([places[place] for place in wanted], pa.int64()))


def _read(path: Path, number: int) -> pa.Table:
    table = pq.read_table(path) if path.exists() else pa.table({})
    column = pa.array([number] * table.num_rows, pa.int64())
    return table.append_column(_RECORDING, column) if path.exists() else table


def _places(table: pa.Table) -> dict[object, int]:
    """Rows by their first instant, or by their position where they have none."""
    named = next((name for name in table.column_names if name.endswith("_utc")), None)
    instants = table[named].to_pylist() if named else range(table.num_rows)
    return {instant: row for row, instant in enumerate(instants)}
