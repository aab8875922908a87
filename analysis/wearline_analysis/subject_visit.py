"""``subject_visit``: what a visit comes to, as means over its valid days and nights.

The rule, which ``valid_day`` of the study configuration states:

- A day (a row of ``day``) is valid that was worn for ``min_wear_h`` and has its measures; a
  night (a row of ``night``) the same, in its window from noon to noon.
- A date counts once. Where several recordings of a visit hold it, the one worn longest counts.
- A mean is over the valid days that have the measure, and needs ``min_days`` of them in the
  visit. Those of weekdays and weekends need the same of the visit as a whole, and a day of
  their own; so the number of days stands beside every mean.
- Saturday and Sunday are the weekend, by the local date on which a day begins. Of nights it is
  those that lead to a Saturday or Sunday, since they are the ones without work the next day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from wearline.core.study import ValidDay
from wearline_analysis import dictionary
from wearline_analysis.cache import POSITION
from wearline_analysis.dictionary import Column
from wearline_analysis.queries import quoted

NAME = "subject_visit"
VISIT = ("study", "subject", "visit", "location", "pipeline")
DAY_TYPES = ("all", "weekday", "weekend")
# Numbers that say which day it was, or say the same as another in hours that are rounded.
_NO_MEASURES = {
    "day": {"day_n", "calendar_h", "recorded_h", "worn_h", "worn_wake_h"},
    "night": {"night_n"},
}
_NUMBERS = ("number", "integer")
# The dates that begin a weekend, as ISO counts them: Monday is 1.
_WEEKEND = {"day": (6, 7), "night": (5, 6)}

HEAD = (
    Column(
        "day_type", "string", None,
        "Which days the means of the row are over: all, weekday or weekend.",
    ),
    Column("files", "integer", None, "Recordings of the visit that hold a day or a night."),
    Column("stale", "boolean", None, "Whether any of them has a stale result."),
    Column("days", "integer", None, "Days of this type that were recorded, valid or not."),
    Column("valid_days", "integer", None, "Valid days of this type."),
    Column("nights", "integer", None, "Nights of this type that were recorded, valid or not."),
    Column("valid_nights", "integer", None, "Valid nights of this type."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of ``day`` or ``night``, the column of its mean, and that of its days."""

    table: str
    source: str
    mean: str
    number: str


def measures(table: str, columns: Iterable[str]) -> list[Measure]:
    """Those of a table's columns that are averaged; nights have ``night_`` before their name.

    >>> measures("night", ["night_n", "asleep_min"])[0].mean
    'night_asleep_min'
    """
    prefix = "night_" if table == "night" else ""
    names = [name for name in columns if name not in _NO_MEASURES[table]]
    return [Measure(table, name, f"{prefix}{name}", f"n_{prefix}{name}") for name in names]


def schema() -> tuple[Column, ...]:
    """Every column, for steps with their default parameters."""
    keys = {each.name: each for each in dictionary.KEYS}
    return (
        *(keys[name] for name in VISIT),
        *HEAD,
        *(column for table in ("day", "night") for column in _of_table(table)),
    )


def columns_of(table: str) -> tuple[Column, ...]:
    """The columns of ``day`` or ``night`` as they are joined."""
    return (*dictionary.KEYS, *dictionary.TABLES[table], *dictionary.STANDING)


def _of_table(table: str) -> Iterator[Column]:
    known = {each.name: each for each in dictionary.TABLES[table] if each.kind in _NUMBERS}
    for measure in measures(table, known):
        column, window = known[measure.source], f"valid {table}s"
        yield replace(
            column,
            name=measure.mean,
            kind="number",
            meaning=f"Mean over {window}: {column.meaning[0].lower()}{column.meaning[1:]}",
        )
        yield Column(measure.number, "integer", None, f"{window.capitalize()} behind it.")


def query(columns: Mapping[str, Sequence[str]], rule: ValidDay) -> str:
    """The query of three rows for each subject, visit, location and pipeline.

    ``columns`` names what is averaged of ``day`` and ``night``, of either or both. Rows are in
    order of their keys. Run by one thread, which adds up in the order of the rows, the same
    tables give the same numbers, bit by bit.
    """
    found = {name: measures(name, columns[name]) for name in columns}
    parts = [part for name in columns for part in _parts(name, found[name], rule)]
    visits = " UNION ".join(f"SELECT DISTINCT {_list(VISIT)} FROM {name}" for name in columns)
    types = ", ".join(f"('{name}', {order})" for order, name in enumerate(DAY_TYPES))
    return f"""
        WITH {", ".join(parts)},
        files AS ({_files(columns)}),
        v AS (SELECT * FROM ({visits}), (VALUES {types}) AS t (day_type, type_order))
        SELECT {_list(VISIT, "v")}, v.day_type, files.files, files.stale,
            {_counts(columns)}{_means(found, rule)}
        FROM v JOIN files ON ({_same_visit("files")}) {_joins(columns)}
        ORDER BY {_list(VISIT, "v")}, v.type_order
    """


def numbers(schema: pa.Schema) -> list[str]:
    """The columns of a table that can be averaged."""
    return [
        field.name
        for field in schema
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        if field.name != POSITION
    ]


def _joins(names: Iterable[str]) -> str:
    def join(part: str) -> str:
        of_type = "" if part.endswith("whole") else f" AND {part}.day_type = v.day_type"
        return f"LEFT JOIN {part} ON ({_same_visit(part)}{of_type})"

    parts = [f"{name}_{part}" for name in names for part in ("counted", "typed", "whole")]
    return " ".join(join(part) for part in parts)


def _parts(name: str, found: Sequence[Measure], rule: ValidDay) -> Iterator[str]:
    """Of a table: its valid dates, and their sums by type of day and over all."""
    weekend = ", ".join(str(day) for day in _WEEKEND[name])
    yield f"""{name}_dated AS (
        SELECT *, unnest(['all', CASE WHEN isodow(date::DATE) IN ({weekend})
            THEN 'weekend' ELSE 'weekday' END]) AS day_type FROM (
            SELECT * FROM {name} QUALIFY row_number() OVER (
                PARTITION BY {_list(VISIT)}, date ORDER BY worn_min DESC NULLS LAST, file DESC, run
            ) = 1))"""
    yield f"""{name}_valid AS (SELECT * FROM {name}_dated
        WHERE reason IS NULL AND worn_min >= {60 * rule.min_wear_h!r}
        ORDER BY {_list(VISIT)}, day_type, date)"""
    yield f"""{name}_counted AS (SELECT {_list(VISIT)}, day_type, count(*) AS recorded
        FROM {name}_dated GROUP BY ALL)"""
    sums = "".join(
        f", avg({quoted(each.source)}) AS {quoted(each.mean)},"
        f" count({quoted(each.source)}) AS {quoted(each.number)}"
        for each in found
    )
    yield f"""{name}_typed AS (SELECT {_list(VISIT)}, day_type, count(*) AS valid{sums}
        FROM {name}_valid GROUP BY ALL)"""
    yield f"{name}_whole AS (SELECT * FROM {name}_typed WHERE day_type = 'all')"


def _files(there: Iterable[str]) -> str:
    each = " UNION ALL ".join(f"SELECT {_list(VISIT)}, file, stale FROM {name}" for name in there)
    return f"""SELECT {_list(VISIT)}, count(DISTINCT file) AS files, bool_or(stale) AS stale
        FROM ({each}) GROUP BY ALL"""


def _counts(there: Iterable[str]) -> str:
    def count(name: str, part: str, column: str) -> str:
        found = f"{name}_{part}.{column}" if name in there else "0"
        prefix = "valid_" if column == "valid" else ""
        return f"coalesce({found}, 0)::BIGINT AS {prefix}{name}s"

    parts = (("counted", "recorded"), ("typed", "valid"))
    return ", ".join(count(name, *part) for name in ("day", "night") for part in parts)


def _means(found: dict[str, list[Measure]], rule: ValidDay) -> str:
    return "".join(
        f""", CASE WHEN {each.table}_whole.{quoted(each.number)} >= {rule.min_days}
            THEN {each.table}_typed.{quoted(each.mean)} END AS {quoted(each.mean)},
            coalesce({each.table}_typed.{quoted(each.number)}, 0)::BIGINT
            AS {quoted(each.number)}"""
        for name in found
        for each in found[name]
    )


def _list(names: Iterable[str], of: str | None = None) -> str:
    prefix = f"{of}." if of else ""
    return ", ".join(f"{prefix}{name}" for name in names)


def _same_visit(other: str) -> str:
    """A visit or a location that is not stated is one all the same."""
    return " AND ".join(f"v.{name} IS NOT DISTINCT FROM {other}.{name}" for name in VISIT)
