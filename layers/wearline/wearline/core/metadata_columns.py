"""Finds the columns that the configuration names in the header that a file really has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wearline.core.file_patterns import MetadataFiles
from wearline.core.tables import RawRow, name_key


@dataclass(frozen=True, slots=True)
class ColumnProblem:
    """A column that is not there, or is there twice."""

    column: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each configured column stands (from 0); ``unusable`` when no row can count."""

    places: Mapping[str, int]
    problems: tuple[ColumnProblem, ...]
    unusable: bool


def wanted_columns(pattern: MetadataFiles) -> tuple[str, ...]:
    """All columns that the pattern names: those of the entity first."""
    units = (pattern.long and pattern.long.unit, *_unit_columns(pattern))
    named = [*_entity_columns(pattern), *_value_columns(pattern), *units]
    return tuple(dict.fromkeys(column for column in named if column))


def find_columns(header: Sequence[str], pattern: MetadataFiles) -> Columns:
    """The place of every column that the pattern names, and a problem for each that has none."""
    places, problems = places_of(header, wanted_columns(pattern))
    entity_found = all(column in places for column in _entity_columns(pattern))
    long = pattern.long is not None
    value_found = (all if long else any)(column in places for column in _value_columns(pattern))
    return Columns(places, problems, unusable=not (entity_found and value_found))


def places_of(
    header: Sequence[str], columns: Iterable[str]
) -> tuple[dict[str, int], tuple[ColumnProblem, ...]]:
    """The place of each column by its name, and a problem for each that has none."""
    found = {column: _find(header, column) for column in columns}
    places = {column: place for column, place in found.items() if isinstance(place, int)}
    return places, tuple(place for place in found.values() if isinstance(place, ColumnProblem))


def header_below(rows: Iterable[RawRow], wanted: Sequence[str]) -> ColumnProblem | None:
    """That the header is no first line: a line of ``rows`` has every wanted column."""
    keys = {name_key(column) for column in wanted}
    for row in rows:
        if keys <= {name_key(cell) for cell in row.cells}:
            sentence = (
                f"The header must be the first line; it seems to be in line {row.number}."
                " Remove the lines above it."
            )
            return ColumnProblem(wanted[0], "header_not_first", sentence)
    return None


def _entity_columns(pattern: MetadataFiles) -> list[str]:
    parts = (pattern.entity.subject, pattern.entity.visit, pattern.entity.date)
    return [part.column for part in parts if part is not None]


def _value_columns(pattern: MetadataFiles) -> list[str]:
    if pattern.long is not None:
        return [pattern.long.test, pattern.long.value]
    return [value.column for value in pattern.values.values() if value.column]


def _unit_columns(pattern: MetadataFiles) -> list[str | None]:
    return [value.unit_column for value in pattern.values.values()]


def _find(header: Sequence[str], column: str) -> int | ColumnProblem:
    exact = [place for place, name in enumerate(header) if name == column]
    alike = [place for place, name in enumerate(header) if name_key(name) == name_key(column)]
    match exact or alike:
        case [place]:
            return place
        case []:
            return _missing(header, column)
        case _:
            sentence = f"Column {column} is there more than once; rename or remove the others."
            return ColumnProblem(column, "duplicate_column", sentence)


def _missing(header: Sequence[str], column: str) -> ColumnProblem:
    """Names the nearest column only where it is near: a file without header has values there."""
    names = {name_key(name): name for name in reversed(header)}
    nearest = difflib.get_close_matches(name_key(column), names, n=1, cutoff=0.6)
    hint = f"; the nearest is {names[nearest[0]]}" if nearest else ""
    sentence = f"Column {column} is missing{hint}. Rename the column, or correct the configuration."
    return ColumnProblem(column, "missing_column", sentence)
