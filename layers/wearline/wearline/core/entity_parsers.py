"""From the text of a cell to whom and what a row is about: subject, visit, date, device, place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from wearline.core.cell_values import CellError, day, moment
from wearline.core.faults import nearest_word
from wearline.core.file_patterns import (
    DateColumn,
    LocationColumn,
    SerialColumn,
    SubjectColumn,
    VisitColumn,
)
from wearline.core.keys import Field, KeyTemplate, Literal
from wearline.core.value_parsers import Reading

# A subject and a visit become keys of the ledger, which are bounded.
LONGEST_NAME = 128
# What spreadsheets make of the serial numbers 12345 and 6011802123456, the latter past repair.
_WITH_FRACTION = re.compile(r"([0-9]+)\.0+")
_SHORTENED = re.compile(r"[0-9]\.[0-9]+E\+[0-9]+", re.IGNORECASE)


def subject_parser(
    column: SubjectColumn, fields: Mapping[str, str], reading: Reading
) -> Callable[[str], str]:
    """`match` is filled with the fields of the file's key, and any case of it matches."""
    return _parser("subject", column.template, fields, reading)


def serial_parser(
    column: SerialColumn, fields: Mapping[str, str], reading: Reading
) -> Callable[[str], str]:
    """As a subject is read; a number of a spreadsheet is the whole number that it is."""
    read = _parser("serial", column.template, fields, reading, "serial number")

    def parse(text: str) -> str:
        serial = read(text)
        if _SHORTENED.fullmatch(serial):
            what = "is a number that a spreadsheet has shortened; format its column as text"
            raise CellError("serial_number", what)
        whole = _WITH_FRACTION.fullmatch(serial)
        return whole[1] if whole else serial

    return parse


def _parser(
    field: str,
    template: KeyTemplate | None,
    fields: Mapping[str, str],
    reading: Reading,
    what: str | None = None,
) -> Callable[[str], str]:
    """Reads one field of a template, or the text itself where there is none."""
    called = what or field
    filled = _filled(template, fields, field) if template else None

    def parse(text: str) -> str:
        name = _named(text, reading, called)
        if filled is None:
            return name
        found = filled.match(name)
        if found is None:
            code = called.replace(" ", "_")
            raise CellError(code, f"is not written as {filled.text} with what the key says")
        return found[field]

    return parse


def _filled(template: KeyTemplate, fields: Mapping[str, str], wanted: str) -> KeyTemplate:
    """The template with all that is known written out, but the wanted field."""
    known = {name: value for name, value in fields.items() if name != wanted}
    tokens = tuple(
        Literal(known[token.name]) if isinstance(token, Field) and token.name in known else token
        for token in template.tokens
    )
    return replace(template, tokens=tokens, ignore_case=True)


def visit_parser(column: VisitColumn, reading: Reading) -> Callable[[str], str]:
    """A mapped visit by its exact text, else with case and outer white space set aside.

    The visits that the map leads to are accepted as they are. Without a map all are.
    """
    return _mapped("visit", column.map, reading)


def location_parser(column: LocationColumn, reading: Reading) -> Callable[[str], str]:
    """As a visit is read."""
    return _mapped("location", column.map, reading)


def _mapped(
    what: str, meanings: Mapping[str, str | None] | None, reading: Reading
) -> Callable[[str], str]:
    mapping = {said: meant for said, meant in (meanings or {}).items() if meant is not None}
    loose = {meant.casefold(): meant for meant in mapping.values()}
    loose |= {said.strip().casefold(): meant for said, meant in mapping.items()}

    def parse(text: str) -> str:
        name = _named(text, reading, what)
        meant = (mapping.get(name) or loose.get(name.casefold())) if meanings else name
        if meant is None:
            nearest = nearest_word(name, mapping)
            hint = f"; the nearest is {nearest}" if nearest else ""
            raise CellError(what, f"is no {what} that the configuration maps{hint}")
        return meant

    return parse


def visits_aside(column: VisitColumn | None) -> frozenset[str]:
    """The visits whose rows are set aside, in small letters."""
    mapping = (column.map if column else None) or {}
    return frozenset(said.strip().casefold() for said, visit in mapping.items() if visit is None)


def date_parser(column: DateColumn, reading: Reading) -> Callable[[str], str | None]:
    """ISO 8601; None where the cell is missing."""

    def parse(text: str) -> str | None:
        if reading.is_missing(text):
            return None
        return day(text, column.format, iso_dates=reading.iso_dates).isoformat()

    return parse


def start_parser(column: DateColumn, reading: Reading) -> Callable[[str], str]:
    """From when on a device is somebody's: a day, or a moment on the clock of the device."""

    def parse(text: str) -> str:
        if reading.is_missing(text):
            raise CellError("missing_start", "is empty, so that the row has no start")
        return moment(text, column.format, iso_dates=reading.iso_dates)

    return parse


def end_parser(
    column: DateColumn, reading: Reading
) -> Callable[[str | None], Callable[[str], str | None]]:
    """Until when; None where the cell is missing. The end of a row is read beside its start."""

    def beside(start: str | None) -> Callable[[str], str | None]:
        def parse(text: str) -> str | None:
            if reading.is_missing(text):
                return None
            end = moment(text, column.format, iso_dates=reading.iso_dates)
            if start is not None and start[: len(end)] > end:
                raise CellError("end_before_start", "is before the start of its row")
            return end

        return parse

    return beside


def _named(text: str, reading: Reading, what: str) -> str:
    code = what.replace(" ", "_")
    if reading.is_missing(text):
        raise CellError(f"missing_{code}", f"is empty, so that the row has no {what}")
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise CellError(
            code, f"is longer than {LONGEST_NAME} characters, or has some that cannot be printed"
        )
    return text
