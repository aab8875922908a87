"""Cleans a device log: from its bytes to assignments, and problems that a person can mend.

The rules are those of metadata (``cleaning``), and:

- Every column that the configuration names must be there, or no row counts: a log without its
  ends, or without its locations, would say something else.
- A serial number, a subject and a start must be in each row, and a visit and a location where
  they have a column. A row without an end lasts until the device's next.
- A serial number that a spreadsheet made a number, ``12345.0``, is ``12345``.
- ``start`` and ``end`` are days, or moments to the second, on the clock of the device.
- A row of a visit that is mapped to null is set aside. A row said twice counts once. What rows of
  several people mean for one recording is judged where the recording is known (``assignments``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wearline.core.assignments import Assignment, device_entity
from wearline.core.entity_parsers import (
    end_parser,
    location_parser,
    serial_parser,
    start_parser,
    subject_parser,
    visit_parser,
    visits_aside,
)
from wearline.core.file_patterns import DateColumn, DeviceLogFiles, LocationColumn, VisitColumn
from wearline.core.metadata_columns import places_of
from wearline.core.metadata_row import CleanedTable, RowProblem, RowReader, SetAside
from wearline.core.metadata_table import read_table
from wearline.core.tables import RawRow, Table, TableError, TableOptions
from wearline.core.value_parsers import Reading, markers


@dataclass(frozen=True, slots=True)
class CleanAssignment:
    """What one row says; ``row_number`` is the spreadsheet's."""

    row_number: int
    assignment: Assignment


CleanedDeviceLog = CleanedTable[CleanAssignment]


def clean_device_log(
    content: bytes, pattern: DeviceLogFiles, study: str, fields: Mapping[str, str]
) -> CleanedDeviceLog:
    """The assignments of a log that count, and a problem for all that does not.

    ``fields`` are those of the file's key: `match` templates are filled with them and with
    ``study``. Pure, and no content makes it raise.
    """
    options = TableOptions(pattern.delimiter, pattern.encoding, pattern.sheet, _columns(pattern))
    try:
        table = read_table(content, options)
        places, absent = places_of(table.header, _columns(pattern))
        if absent:
            problems = tuple(RowProblem(None, p.column, p.code, p.sentence) for p in absent)
            count = sum(1 for _ in table.rows)
            return CleanedTable((), problems, count, count)
        cleaner = _RowCleaner(pattern, places, {**fields, "study": study}, table)
        return _cleaned([cleaner.clean(raw) for raw in table.rows])
    except TableError as error:
        problem = RowProblem(None, None, error.code, error.sentence)
        return CleanedTable((), (problem,), 0, 0)


def _columns(pattern: DeviceLogFiles) -> tuple[str, ...]:
    parts = (
        *(pattern.serial, pattern.subject, pattern.visit),
        *(pattern.location, pattern.start, pattern.end),
    )
    return tuple(dict.fromkeys(part.column for part in parts if part is not None))


def _cleaned(outcomes: list[CleanAssignment | SetAside | list[RowProblem]]) -> CleanedDeviceLog:
    good = [outcome for outcome in outcomes if isinstance(outcome, CleanAssignment)]
    bad = [outcome for outcome in outcomes if isinstance(outcome, list)]
    once = {_identity(each.assignment): each for each in reversed(good)}
    return CleanedTable(
        values=tuple(sorted(once.values(), key=lambda each: each.row_number)),
        problems=tuple(problem for problems in bad for problem in problems),
        rows=len(good) + len(bad),
        rejected=len(bad),
        aside=len(outcomes) - len(good) - len(bad),
    )


def _identity(assignment: Assignment) -> tuple[str | None, ...]:
    device = device_entity(assignment.serial_number)
    return (device, *assignment.said, assignment.start, assignment.end)


class _RowCleaner:
    """Cleans the rows of one log. ``places`` says where its columns stand, from 0."""

    def __init__(
        self,
        pattern: DeviceLogFiles,
        places: Mapping[str, int],
        fields: Mapping[str, str],
        table: Table,
    ) -> None:
        reading = Reading(markers(pattern.missing), iso_dates=table.iso_dates)
        self._pattern, self._places = pattern, places
        self._serial = serial_parser(pattern.serial, fields, reading)
        self._subject = subject_parser(pattern.subject, fields, reading)
        self._visit = visit_parser(pattern.visit, reading) if pattern.visit else None
        self._location = location_parser(pattern.location, reading) if pattern.location else None
        self._start = start_parser(pattern.start, reading)
        self._end = end_parser(pattern.end, reading) if pattern.end else None
        self._visits_aside = visits_aside(pattern.visit)

    def clean(self, raw: RawRow) -> CleanAssignment | SetAside | list[RowProblem]:
        """The assignment, or every problem that keeps the row from counting."""
        if raw.fault:
            code, what = raw.fault
            return [RowProblem(raw.number, None, code, f"Row {raw.number}: it {what}.")]
        row, pattern = RowReader(raw, self._places), self._pattern
        if pattern.visit and row.text(pattern.visit.column).casefold() in self._visits_aside:
            return SetAside(raw.number)
        serial = row.read(pattern.serial.column, self._serial)
        subject = row.read(pattern.subject.column, self._subject)
        visit = _read(row, pattern.visit, self._visit)
        location = _read(row, pattern.location, self._location)
        start = row.read(pattern.start.column, self._start)
        end = _read(row, pattern.end, self._end(start) if self._end else None)
        if row.problems or serial is None or subject is None or start is None:
            return row.problems
        assignment = Assignment(serial, subject, visit, location, start, end)
        return CleanAssignment(raw.number, assignment)


def _read(
    row: RowReader,
    part: VisitColumn | LocationColumn | DateColumn | None,
    parse: Callable[[str], str | None] | None,
) -> str | None:
    return None if part is None or parse is None else row.read(part.column, parse)
