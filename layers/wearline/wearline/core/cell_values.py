"""From the text of a cell to a value: numbers, dates and truth values, read strictly.

What could mean two things is refused, never guessed. A refusal says what is wrong without
repeating the cell, because it travels to logs and messages where values must not.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from fractions import Fraction

LONGEST_CELL = 1_000

_DIGITS = r"(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})"
_NUMBER = re.compile(rf"[+-]?{_DIGITS}(?:[eE][+-]?[0-9]{{1,2}})?")
_GROUPED_BY_COMMA = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_GROUPED_BY_DOT = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9.]+)?Z?)?")
_TRUTH = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}


class CellError(ValueError):
    """A cell that cannot be used. ``what`` completes the sentence "The cell ..."."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code
        self.what = what


def number(text: str, *, comma_decimals: bool = False) -> Fraction:
    """The exact number that a cell states. Raises CellError: number, ambiguous_number.

    - A dot alone is the decimal mark: 1.715.
    - A comma alone is the decimal mark, 171,5, unless exactly three digits follow one to
      three, as in 1,715. That is refused, except where ``comma_decimals`` says that the
      file writes decimal commas.
    - Marks that part groups of three digits in front of the other mark, or more than one
      group, are left out: 1,234.5 and 1.234,5 and 1,234,567.

    >>> number("171,5")
    Fraction(343, 2)
    """
    plain = _with_decimal_point(text.replace("\N{MINUS SIGN}", "-"), comma_decimals)
    if not _NUMBER.fullmatch(plain):
        raise CellError("number", "is not a number")
    return Fraction(plain)


def _with_decimal_point(text: str, comma_decimals: bool) -> str:
    commas, dots = text.count(","), text.count(".")
    if (commas and dots) or commas > 1 or dots > 1:
        return _ungrouped(text)
    if commas and not comma_decimals and _GROUPED_BY_COMMA.fullmatch(text):
        raise CellError("ambiguous_number", "has a comma that may part decimals or thousands")
    return text.replace(",", ".")


def _ungrouped(text: str) -> str:
    if _GROUPED_BY_COMMA.fullmatch(text):
        return text.replace(",", "")
    if _GROUPED_BY_DOT.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return ""


def whole_number(text: str, *, comma_decimals: bool = False) -> Fraction:
    """A number without a fractional part, 65 or 65.0. Raises CellError: as number, integer."""
    found = number(text, comma_decimals=comma_decimals)
    if found.denominator != 1:
        raise CellError("integer", "is not a whole number")
    return found


def truth(text: str) -> bool:
    """true, t, yes, y, 1 or false, f, no, n, 0 in any case. Raises CellError: boolean."""
    try:
        return _TRUTH[text.casefold()]
    except KeyError:
        raise CellError("boolean", "is neither true nor false, nor yes nor no") from None


def day(text: str, form: str | None = None) -> date:
    """The calendar day of a date, read with a strptime format or else as ISO 8601.

    A time of day after an ISO date is left out. Partial dates and dates such as 03/04/2024
    are refused without a format. Raises CellError: date.

    >>> day("2024-03-04T09:30"), day("04/03/2024", "%d/%m/%Y")
    (datetime.date(2024, 3, 4), datetime.date(2024, 3, 4))
    """
    try:
        return datetime.strptime(text, form).date() if form else _iso_day(text)  # noqa: DTZ007
    except ValueError:
        raise CellError("date", f"is not a date written as {form or 'YYYY-MM-DD'}") from None


def _iso_day(text: str) -> date:
    found = _DAY.fullmatch(text)
    return date.fromisoformat(found[1] if found else "")
