"""What a table is: named columns with units and meanings, and rows checked against them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from wearline_processor.plan import OUTPUT_SCHEMA, Keys

Kind = Literal["string", "integer", "number", "boolean", "instant"]
Row: TypeAlias = Mapping[str, Any]

_ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "instant": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True)
class Column:
    """One column: its meaning, its unit, and SKDH's name for it where SKDH computes it."""

    name: str
    kind: Kind
    meaning: str
    unit: str | None = None
    skdh: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of results. `process` is the SKDH process that its `skdh` names belong to."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    process: str | None = None

    def by_skdh(self) -> dict[str, Column]:
        """The columns that SKDH computes, by its names."""
        return {column.skdh: column for column in self.columns if column.skdh}


KEYS: tuple[Column, ...] = (
    Column("study", "string", "The study."),
    Column("subject", "string", "The participant, by the study's pseudonym."),
    Column("visit", "string", "The visit; null where the study has none."),
    Column("location", "string", "Where the device was worn; null where not stated."),
    Column("file", "string", "The key of the recording in its bucket."),
    Column("run", "string", "The run that computed the row; its run.json holds the provenance."),
    Column("pipeline", "string", "The pipeline of the study configuration."),
)


def instants(name: str, meaning: str) -> tuple[Column, Column]:
    """An instant in UTC and the same on the local clock, as ISO 8601 with offset."""
    return (
        Column(f"{name}_utc", "instant", f"{meaning}, in UTC."),
        Column(f"{name}_local", "string", f"{meaning}, on the local clock with its UTC offset."),
    )


def both(name: str, seconds: float | None, zone: ZoneInfo) -> dict[str, Any]:
    """The two values of `instants` for unix seconds; null for none."""
    if seconds is None or not math.isfinite(seconds):
        return {f"{name}_utc": None, f"{name}_local": None}
    moment = datetime.fromtimestamp(round(float(seconds), 6), UTC)
    local = moment.astimezone(zone).isoformat(timespec="milliseconds")
    return {f"{name}_utc": moment, f"{name}_local": local}


def to_arrow(table: Table, keys: Keys, rows: Sequence[Row]) -> pa.Table:
    """The rows under the keys of the run; a value that is not finite is null.

    Raises KeyError when a row has a column that the table has not.
    """
    known = {column.name for column in table.columns}
    if unknown := {name for row in rows for name in row} - known:
        raise KeyError(f"The table {table.name} has no column {sorted(unknown)}.")
    key_names = [field.name for field in fields(keys)]
    key_arrays = [_repeat(value, len(rows)) for value in astuple(keys)]
    arrays = [_array(column, [row.get(column.name) for row in rows]) for column in table.columns]
    schema = pa.schema(
        [pa.field(name, pa.string()) for name in key_names]
        + [pa.field(column.name, _ARROW[column.kind]) for column in table.columns],
        metadata={"wearline.table": table.name, "wearline.schema": OUTPUT_SCHEMA},
    )
    return pa.Table.from_arrays(key_arrays + arrays, schema=schema)


def write_parquet(table: pa.Table, path: Path) -> None:
    """The same bytes for the same table: Parquet itself stores no time of writing."""
    pa.parquet.write_table(table, path, compression="zstd", version="2.6")


def write_csv(table: pa.Table, path: Path) -> None:
    """A convenience for spreadsheets; an empty field is null."""
    options = pa.csv.WriteOptions(quoting_style="needed")
    pa.csv.write_csv(table, path, write_options=options)


def sealed(*groups: Iterable[Column]) -> tuple[Column, ...]:
    """Columns of several groups in order. Raises ValueError when a name comes twice."""
    columns = tuple(column for group in groups for column in group)
    names = [column.name for column in columns]
    if len(set(names)) != len(names):
        raise ValueError(f"A column comes twice in {names}.")
    return columns


def _repeat(value: str | None, count: int) -> pa.Array:
    return pa.array([value] * count, pa.string())


def _array(column: Column, values: Sequence[Any]) -> pa.Array:
    if column.kind == "number":
        values = [_finite(value) for value in values]
    elif column.kind == "integer":
        values = [None if _finite(value) is None else int(value) for value in values]
    elif column.kind == "boolean":
        values = [None if value is None else bool(value) for value in values]
    elif column.kind == "string":
        values = [None if value is None else str(value) for value in values]
    return pa.array(values, _ARROW[column.kind])


def _finite(value: Any) -> float | None:  # noqa: ANN401
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
