"""Cleans one row of a metadata file: whom it is about, and its values in SI units."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from wearline.core.cell_values import LONGEST_CELL, CellError, day, number, whole_number
from wearline.core.file_patterns import (
    DateColumn,
    MetadataFiles,
    SubjectColumn,
    ValueColumn,
    VisitColumn,
)
from wearline.core.keys import Field, KeyTemplate, Literal
from wearline.core.metadata_table import RawRow
from wearline.core.units import conversion

T = TypeVar("T")
Parser = Callable[[str], T]
# A subject and a visit become keys of the ledger, which are bounded.
LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Value:
    """A cleaned value: a number in the SI ``unit``, or without a unit as it was written."""

    value: float | str
    unit: str | None
    column: str


@dataclass(frozen=True, slots=True)
class CleanRow:
    """What one row says; ``date`` is ISO 8601, ``row_number`` is the spreadsheet's."""

    subject: str
    visit: str | None
    date: str | None
    row_number: int
    values: Mapping[str, Value]

    @property
    def said(self) -> dict[str, tuple[float | str, str | None]]:
        return {name: (value.value, value.unit) for name, value in self.values.items()}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in a metadata file, without what is written there.

    ``row`` is None for the file as a whole, ``column`` for a row as a whole.
    """

    row: int | None
    column: str | None
    code: str
    sentence: str


class RowCleaner:
    """Cleans the rows of one file. ``places`` says where the found columns stand, from 0.

    Raises UnitError when made, for a unit that the check of the configuration refuses.
    """

    def __init__(
        self,
        pattern: MetadataFiles,
        places: Mapping[str, int],
        fields: Mapping[str, str],
        *,
        comma_decimals: bool,
    ) -> None:
        entity, missing = pattern.entity, _markers(pattern.missing)
        self._places = places
        self._subject = (entity.subject.column, _subject_parser(entity.subject, fields, missing))
        self._visit = entity.visit and (entity.visit.column, _visit_parser(entity.visit, missing))
        self._date = entity.date and (entity.date.column, _date_parser(entity.date, missing))
        self._values = {
            name: (value.column, _value_parser(name, value, missing, comma_decimals))
            for name, value in pattern.values.items()
            if value.column in places
        }

    def clean(self, raw: RawRow) -> CleanRow | list[RowProblem]:
        """The row, or every problem that keeps it from counting."""
        if raw.fault:
            code, what = raw.fault
            return [RowProblem(raw.number, None, code, f"Row {raw.number}: it {what}.")]
        problems: list[RowProblem] = []

        def read(column: str, parse: Parser[T]) -> T | None:
            try:
                return parse(self._text(raw, column))
            except CellError as error:
                sentence = f"Row {raw.number}, column {column}: the cell {error.what}."
                problems.append(RowProblem(raw.number, column, error.code, sentence))
                return None

        subject = read(*self._subject)
        visit = read(*self._visit) if self._visit else None
        date = read(*self._date) if self._date else None
        values = {name: read(*value) for name, value in self._values.items()}
        if problems or subject is None:
            return problems
        stated = {name: value for name, value in values.items() if value is not None}
        return CleanRow(subject, visit, date, raw.number, stated)

    def _text(self, raw: RawRow, column: str) -> str:
        place = self._places[column]
        text = raw.cells[place] if place < len(raw.cells) else ""
        if len(text) > LONGEST_CELL:
            raise CellError("too_long", f"is longer than {LONGEST_CELL:,} characters")
        return text


def _subject_parser(
    column: SubjectColumn, fields: Mapping[str, str], missing: frozenset[str]
) -> Parser[str]:
    filled = _filled(column.template, fields) if column.template else None

    def parse(text: str) -> str:
        name = _entity_name(text, missing, "subject")
        if filled is None:
            return name
        found = filled.match(name)
        if found is None:
            raise CellError("subject", f"is not written as {filled.text} with what the key says")
        return found["subject"]

    return parse


def _filled(template: KeyTemplate, fields: Mapping[str, str]) -> KeyTemplate:
    """The template with all that is known written out, but the subject; any case matches."""
    known = {name: value for name, value in fields.items() if name != "subject"}
    tokens = tuple(
        Literal(known[token.name]) if isinstance(token, Field) and token.name in known else token
        for token in template.tokens
    )
    return replace(template, tokens=tokens, ignore_case=True)


def _visit_parser(column: VisitColumn, missing: frozenset[str]) -> Parser[str]:
    """A mapped visit by its exact text, else with case and outer white space set aside.

    The visits that the map leads to are accepted as they are. Without a map all are.
    """
    mapping = column.map or {}
    loose = {visit.casefold(): visit for visit in mapping.values()}
    loose |= {said.strip().casefold(): visit for said, visit in mapping.items()}

    def parse(text: str) -> str:
        name = _entity_name(text, missing, "visit")
        visit = (mapping.get(name) or loose.get(name.casefold())) if mapping else name
        if visit is None:
            nearest = difflib.get_close_matches(name, mapping, n=1)
            hint = f"; the nearest is {nearest[0]}" if nearest else ""
            raise CellError("visit", f"is no visit that the configuration maps{hint}")
        return visit

    return parse


def _entity_name(text: str, missing: frozenset[str], what: str) -> str:
    if text.casefold() in missing:
        raise CellError(f"missing_{what}", f"is empty, so that the row has no {what}")
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise CellError(
            what, f"is longer than {LONGEST_NAME} characters, or has some that cannot be printed"
        )
    return text


def _date_parser(column: DateColumn, missing: frozenset[str]) -> Parser[str | None]:
    return _unless_missing(missing, lambda text: day(text, column.format).isoformat())


def _value_parser(
    name: str, column: ValueColumn, missing: frozenset[str], comma_decimals: bool
) -> Parser[Value | None]:
    parse = (
        _text_parser(column)
        if column.kind == "text"
        else _number_parser(name, column, comma_decimals)
    )
    return _unless_missing(missing | _markers(column.missing), parse)


def _number_parser(name: str, column: ValueColumn, comma_decimals: bool) -> Parser[Value]:
    whole = column.kind == "integer"
    read = whole_number if whole else number
    convert = conversion(column.unit, name) if column.unit else None

    def parse(text: str) -> Value:
        found = read(text, comma_decimals=comma_decimals)
        _check_range(found, column)
        if convert is not None:
            return Value(float(convert(found)), convert.unit or None, column.column)
        return Value(int(found) if whole else float(found), None, column.column)

    return parse


def _check_range(found: Fraction, column: ValueColumn) -> None:
    """Bounds count as they are written: 50.1 is exactly 50.1."""
    unit = f" {column.unit}" if column.unit else ""
    if column.minimum is not None and found < Fraction(str(column.minimum)):
        raise CellError("range", f"is below the minimum of {column.minimum:g}{unit}")
    if column.maximum is not None and found > Fraction(str(column.maximum)):
        raise CellError("range", f"is above the maximum of {column.maximum:g}{unit}")


def _text_parser(column: ValueColumn) -> Parser[Value]:
    """A choice is found by its exact text, else in any case, and given as configured."""
    choices = column.choices or ()
    loose = {choice.casefold(): choice for choice in reversed(choices)}

    def parse(text: str) -> Value:
        known = text if not choices or text in choices else loose.get(text.casefold())
        if known is None:
            raise CellError("choice", f"is none of {', '.join(choices)}")
        return Value(known, None, column.column)

    return parse


def _unless_missing(markers: frozenset[str], parse: Parser[T]) -> Parser[T | None]:
    return lambda text: None if text.casefold() in markers else parse(text)


def _markers(markers: Iterable[str]) -> frozenset[str]:
    """An empty cell is missing whatever else is."""
    return frozenset(marker.strip().casefold() for marker in ("", *markers))
