"""What changed between two releases, and why: runs first, then the columns that they moved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute

from wearline.core.plans import differences
from wearline_analysis import subject_visit
from wearline_analysis.queries import Queries, quoted
from wearline_analysis.releases import Release

Kind = Literal["added", "removed", "replaced"]
_Place = tuple[str, str, str]
# Of a table: what its rows are told by beside their file and pipeline; else their number.
_ROW = {"day": "date", "night": "date"}
_NO_VALUES = {"study", "file", "run", "pipeline", "stale"}


@dataclass(frozen=True, slots=True)
class RunChange:
    """A file's result that came, went, or was made anew, with every reason."""

    kind: Kind
    file: str
    pipeline: str
    before: str | None
    after: str | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column that moved: in how many rows of both, and by how much at most, of numbers."""

    table: str
    column: str
    rows: int
    largest: float | None


@dataclass(frozen=True, slots=True)
class TableChange:
    """Rows that only one of the releases has."""

    table: str
    only_before: int
    only_after: int


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changed from one release to another of the same study."""

    before: str
    after: str
    rule: tuple[str, ...]
    runs: tuple[RunChange, ...]
    tables: tuple[TableChange, ...]
    columns: tuple[ColumnChange, ...]


def difference(before: Release, after: Release) -> Difference:
    """Compare two releases. Rows of a run that both hold are not looked at: it never changes."""
    runs = tuple(_runs(before, after))
    tables, columns = [], []
    for name in sorted({*before.tables, *after.tables}):
        sides = [_rows(each, name, runs) for each in (before, after)]
        table, moved = _compared(name, sides[0], sides[1])
        tables += [table] if table.only_before or table.only_after else []
        columns += moved
    rule = differences(before.manifest.valid_day, after.manifest.valid_day)
    told = tuple(
        f"{name} {before.manifest.valid_day[name]:g} → {after.manifest.valid_day[name]:g}"
        for name in rule
    )
    return Difference(before.name, after.name, told, runs, tuple(tables), tuple(columns))


# ---- runs


def _runs(before: Release, after: Release) -> Iterator[RunChange]:
    olds, news = _by_place(before), _by_place(after)
    for place in sorted({*olds, *news}):
        old, new = olds.get(place), news.get(place)
        _, file, pipeline = place
        if old is None and new is not None:
            yield RunChange("added", file, pipeline, None, new["run"], (_stood(before, place),))
        elif new is None and old is not None:
            yield RunChange("removed", file, pipeline, old["run"], None, (_stood(after, place),))
        elif old is not None and new is not None and old["run"] != new["run"]:
            why = tuple(reasons(old["identity"], new["identity"]))
            yield RunChange("replaced", file, pipeline, old["run"], new["run"], why)


def _by_place(release: Release) -> dict[_Place, dict[str, Any]]:
    return {(row["bucket"], row["file"], row["pipeline"]): row for row in release.runs}


def _stood(release: Release, place: _Place) -> str:
    """Why a file has no result in a release."""
    for row in release.files:
        if (row["bucket"], row["file"], row["pipeline"]) == place:
            reason = f": {row['reason']}" if row["reason"] else ""
            return f"in {release.name} it was {row['standing']}{reason}"
    found = [row for row in release.files if (row["bucket"], row["file"]) == place[:2]]
    return f"in {release.name} it was {found[0]['standing'] if found else 'not there'}"


def reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What of a plan's identity differs, a sentence's part each.

    >>> list(reasons({"metadata": {"height": {"value": 1.7, "unit": "m"}}},
    ...              {"metadata": {"height": {"value": 1.8, "unit": "m"}}}))
    ['height 1.7 m → 1.8 m']
    """
    names = differences(before, after)
    if any(name.startswith("file") for name in names):
        yield "another version of the file"
    if before.get("metadata") != after.get("metadata"):
        yield from _values(before.get("metadata", {}), after.get("metadata", {}))
    if before.get("steps") != after.get("steps"):
        yield from _steps(before.get("steps", []), after.get("steps", []))
    if before.get("processor") != after.get("processor"):
        yield from _processor(before.get("processor", {}), after.get("processor", {}))
    told = ("file", "metadata", "steps", "processor")
    for name in names:
        if not name.startswith(told):
            yield f"{name} {_short(_at(before, name))} → {_short(_at(after, name))}"


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{name} {_value(before.get(name))} → {_value(after.get(name))}"


def _value(told: Mapping[str, Any] | None) -> str:
    return (
        " ".join(str(told[part]) for part in ("value", "unit") if told.get(part) is not None)
        if told
        else "none"
    )


def _steps(before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    olds, news = ([each["process"] for each in steps] for steps in (before, after))
    if olds != news:
        yield f"steps {', '.join(olds)} → {', '.join(news)}"
    for process in sorted({*olds} & {*news}):
        for old, new in zip(_given(before, process), _given(after, process), strict=False):
            for name in sorted({*old, *new}):
                if old.get(name) != new.get(name):
                    yield f"{process}.{name} {_short(old.get(name))} → {_short(new.get(name))}"


def _given(steps: Sequence[Any], process: str) -> list[Mapping[str, Any]]:
    """The parameters of each step that is this process: it may be there more than once."""
    return [each.get("parameters", {}) for each in steps if each["process"] == process]


def _processor(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    told = [each for each in ("release", "engine") if before.get(each) != after.get(each)]
    for name in told:
        yield f"processor {name} {before.get(name)} → {after.get(name)}"
    if not told:
        yield f"another build of processor release {after.get('release')}"


def _at(identity: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  of a JSON document
    found: Any = identity
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _short(value: Any) -> str:  # noqa: ANN401  of a JSON document
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


# ---- tables


def _rows(release: Release, name: str, runs: Sequence[RunChange]) -> pa.Table:
    """The rows of runs that changed; of ``subject_visit`` all, which has no runs of its own."""
    if name not in release.tables:
        return pa.table({})
    rows = release.table(name)
    if name == subject_visit.NAME:
        return rows
    changed = [run for each in runs for run in (each.before, each.after) if run]
    return rows.filter(pa.compute.is_in(rows["run"], pa.array(changed, pa.string())))


def _compared(
    name: str, before: pa.Table, after: pa.Table
) -> tuple[TableChange, list[ColumnChange]]:
    if not (before.num_columns and after.num_columns):
        return TableChange(name, before.num_rows, after.num_rows), []
    keys = _keys(name)
    columns = [each for each in before.column_names if each in after.column_names]
    values = [each for each in columns if each not in _NO_VALUES and each not in keys]
    with Queries({"a": _numbered(before), "b": _numbered(after)}) as queries:
        [found] = queries.table(_query(keys, values, before, after)).to_pylist()
    moved = [
        ColumnChange(name, column, found[f"rows {column}"], found[f"most {column}"])
        for column in values
        if found[f"rows {column}"]
    ]
    return TableChange(name, found["only a"], found["only b"]), moved


def _keys(name: str) -> tuple[str, ...]:
    if name == subject_visit.NAME:
        return (*subject_visit.VISIT, "day_type")
    return ("file", "pipeline", _ROW.get(name, "_row"))


def _numbered(rows: pa.Table) -> pa.Table:
    """With the number of each row in its run."""
    if "run" not in rows.column_names:
        return rows
    seen: dict[str, int] = {}
    numbers = []
    for run in rows["run"].to_pylist():
        seen[run] = seen.get(run, -1) + 1
        numbers.append(seen[run])
    return rows.append_column("_row", pa.array(numbers, pa.int64()))


def _query(keys: Sequence[str], values: Sequence[str], before: pa.Table, after: pa.Table) -> str:
    same = " AND ".join(f"a.{quoted(key)} IS NOT DISTINCT FROM b.{quoted(key)}" for key in keys)
    both = "a.study IS NOT NULL AND b.study IS NOT NULL"
    counts = "".join(
        f""", count(*) FILTER ({both} AND a.{quoted(each)} IS DISTINCT FROM b.{quoted(each)})
            AS {quoted(f"rows {each}")}, {_most(each, before, after)} AS {quoted(f"most {each}")}"""
        for each in values
    )
    return f"""SELECT count(*) FILTER (b.study IS NULL) AS "only a",
        count(*) FILTER (a.study IS NULL) AS "only b"{counts}
        FROM a FULL JOIN b ON ({same})"""


def _most(column: str, before: pa.Table, after: pa.Table) -> str:
    kinds = [rows.schema.field(column).type for rows in (before, after)]
    if all(pa.types.is_floating(kind) or pa.types.is_integer(kind) for kind in kinds):
        return f"max(abs(a.{quoted(column)} - b.{quoted(column)}))"
    return "NULL"
