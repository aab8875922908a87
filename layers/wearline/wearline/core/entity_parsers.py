"""From the text of a cell to whom a row is about: subject, visit, and date."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace

from wearline.core.cell_values import CellError, day
from wearline.core.file_patterns import DateColumn, SubjectColumn, VisitColumn
from wearline.core.keys import Field, KeyTemplate, Literal
from wearline.core.value_parsers import Reading

# A subject and a visit become keys of the ledger, which are bounded.
LONGEST_NAME = 128


def subject_parser(
    column: SubjectColumn, fields: Mapping[str, str], reading: Reading
) -> Callable[[str], str]:
    """`match` is filled with the fields of the file's key, and any case of it matches."""
    filled = _filled(column.template, fields) if column.template else None

    def parse(text: str) -> str:
        name = _named(text, reading, "subject")
        if filled is None:
            return name
        found = filled.match(name)
        if found is None:
            raise CellError("subject", f"is not written as {filled.text} with what the key says")
        return found["subject"]

    return parse


def _filled(template: KeyTemplate, fields: Mapping[str, str]) -> KeyTemplate:
    """The template with all that is known written out, but the subject."""
    known = {name: value for name, value in fields.items() if name != "subject"}
    tokens = tuple(
        Literal(known[token.name]) if isinstance(token, Field) and token.name in known else token
        for token in template.tokens
    )
    return replace(template, tokens=tokens, ignore_case=True)


def visit_parser(column: VisitColumn, reading: Reading) -> Callable[[str], str]:
    """A mapped visit by its exact text, else with case and outer white space set aside.

    The visits that the map leads to are accepted as they are. Without a map all are.
    """
    mapping = {said: visit for said, visit in (column.map or {}).items() if visit is not None}
    loose = {visit.casefold(): visit for visit in mapping.values()}
    loose |= {said.strip().casefold(): visit for said, visit in mapping.items()}

    def parse(text: str) -> str:
        name = _named(text, reading, "visit")
        visit = (mapping.get(name) or loose.get(name.casefold())) if column.map else name
        if visit is None:
            nearest = difflib.get_close_matches(name, mapping, n=1)
            hint = f"; the nearest is {nearest[0]}" if nearest else ""
            raise CellError("visit", f"is no visit that the configuration maps{hint}")
        return visit

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


def _named(text: str, reading: Reading, what: str) -> str:
    if reading.is_missing(text):
        raise CellError(f"missing_{what}", f"is empty, so that the row has no {what}")
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise CellError(
            what, f"is longer than {LONGEST_NAME} characters, or has some that cannot be printed"
        )
    return text
