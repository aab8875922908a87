"""Cleans one row of a metadata file: whom it is about, and its values in SI units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from wearline.core.cell_values import LONGEST_CELL, CellError
from wearline.core.entity_parsers import date_parser, subject_parser, visit_parser, visits_aside
from wearline.core.file_patterns import MetadataFiles
from wearline.core.keys import composed
from wearline.core.tables import RawRow, Table
from wearline.core.value_parsers import ParseValue, Reading, Value, markers, value_parser
from wearline.core.workbooks import NOT_CALCULATED

T = TypeVar("T")
# What spreadsheets show for a formula that failed, also when they write CSV.
FORMULA_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)


@dataclass(frozen=True, slots=True)
class CleanRow:
    """What one row says; ``date`` is ISO 8601, ``row_number`` is the spreadsheet's."""

    subject: str
    visit: str | None
    date: str | None
    row_number: int
    values: Mapping[str, Value]

    @property
    def said(self) -> dict[str, tuple[float | str | bool, str | None]]:
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


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that is none of ours: of a test or a visit that the configuration passes over."""

    row: int


@dataclass(frozen=True, slots=True)
class CleanedTable(Generic[T]):
    """What a table says. ``rows == accepted + rejected``; blank rows are no rows.

    ``values`` has a row fewer than ``accepted`` for every row that repeats another. Rows that
    the configuration passes over are counted in ``aside`` alone.
    """

    values: tuple[T, ...]
    problems: tuple[RowProblem, ...]
    rows: int
    rejected: int
    aside: int = 0

    @property
    def accepted(self) -> int:
        return self.rows - self.rejected


@dataclass(frozen=True, slots=True)
class _ValueCell:
    """Where a value stands in a row, and how it is read."""

    column: str
    unit_column: str | None
    parse: ParseValue


class RowReader:
    """Reads the cells of one raw row, and collects every problem of it."""

    def __init__(self, raw: RawRow, places: Mapping[str, int]) -> None:
        self._raw, self._places = raw, places
        self.problems: list[RowProblem] = []

    def text(self, column: str | None) -> str:
        """A cell in the one Unicode form that keys are compared in; empty where there is none."""
        place = self._places.get(column or "", len(self._raw.cells))
        text = self._raw.cells[place] if place < len(self._raw.cells) else ""
        return composed(text)

    def read(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The parsed cell; None after noting the problem that it is."""
        text = self.text(column)
        try:
            found = parse(_bounded(text))
        except CellError as error:
            self._note(column, _formula_error(text) or error)
            return None
        wrong = _formula_error(text)
        if found is not None and wrong is not None:
            self._note(column, wrong)
            return None
        return found

    def _note(self, column: str, error: CellError) -> None:
        number = self._raw.number
        sentence = f"Row {number}, column {column}: the cell {error.what}."
        self.problems.append(RowProblem(number, column, error.code, sentence))


def _bounded(text: str) -> str:
    if len(text) > LONGEST_CELL:
        raise CellError("too_long", f"is longer than {LONGEST_CELL:,} characters")
    return text


def _formula_error(text: str) -> CellError | None:
    if text == NOT_CALCULATED:
        what = "has a formula without a stored result; save the workbook in Excel"
        return CellError("formula", what)
    if text.upper() in FORMULA_ERRORS:
        return CellError("formula", "shows the error of a formula")
    return None


class RowCleaner:
    """Cleans the rows of one table. ``places`` says where the found columns stand, from 0.

    ``fields`` are those of the file's key, and the study's name. Raises UnitError when made,
    for a unit that the check of the configuration refuses.
    """

    def __init__(
        self,
        pattern: MetadataFiles,
        places: Mapping[str, int],
        fields: Mapping[str, str],
        table: Table,
    ) -> None:
        entity = pattern.entity
        reading = Reading(
            markers(pattern.missing), pattern.decimal or table.decimal, table.iso_dates
        )
        self._places, self._entity, self._long = places, entity, pattern.long
        self._subject = subject_parser(entity.subject, fields, reading)
        self._visit = visit_parser(entity.visit, reading) if entity.visit else None
        self._date = date_parser(entity.date, reading) if entity.date else None
        self._visits_aside = visits_aside(entity.visit)
        self._values = _value_cells(pattern, places, reading)
        self._tests = {
            (value.test or "").casefold(): name for name, value in pattern.values.items()
        }

    def clean(self, raw: RawRow) -> CleanRow | SetAside | list[RowProblem]:
        """The row, or every problem that keeps it from counting."""
        if raw.fault:
            code, what = raw.fault
            return [RowProblem(raw.number, None, code, f"Row {raw.number}: it {what}.")]
        row = RowReader(raw, self._places)
        cells = self._wanted(row)
        if cells is None:
            return SetAside(raw.number)
        entity = self._entity
        subject = row.read(entity.subject.column, self._subject)
        visit = row.read(entity.visit.column, self._visit) if entity.visit and self._visit else None
        date = row.read(entity.date.column, self._date) if entity.date and self._date else None
        values = {name: _read(row, cell) for name, cell in cells.items()}
        if row.problems or subject is None:
            return row.problems
        stated = {name: value for name, value in values.items() if value is not None}
        return CleanRow(subject, visit, date, raw.number, stated)

    def _wanted(self, row: RowReader) -> Mapping[str, _ValueCell] | None:
        """The values that the row is asked for; None where it is to be set aside."""
        visit = self._entity.visit
        if visit is not None and row.text(visit.column).casefold() in self._visits_aside:
            return None
        if self._long is None:
            return self._values
        name = self._tests.get(row.text(self._long.test).casefold())
        return None if name is None else {name: self._values[name]}


def _read(row: RowReader, cell: _ValueCell) -> Value | None:
    unit = row.text(cell.unit_column)
    return row.read(cell.column, lambda text: cell.parse(text, unit))


def _value_cells(
    pattern: MetadataFiles, places: Mapping[str, int], reading: Reading
) -> dict[str, _ValueCell]:
    """How each value is read whose column the file has."""
    cells = {}
    for name, value in pattern.values.items():
        column = pattern.long.value if pattern.long else value.column or ""
        unit = pattern.long.unit if pattern.long else value.unit_column
        if column in places:
            cells[name] = _ValueCell(column, unit, value_parser(name, value, column, reading))
    return cells
