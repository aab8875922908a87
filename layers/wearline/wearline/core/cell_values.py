"""From the text of a cell to a value: numbers, dates and truth values, read strictly.

What could mean two things is refused, never guessed. A refusal says what is wrong without
repeating the cell, because it travels to logs and messages where values must not.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from fractions import Fraction

from wearline.core.tables import Decimal

LONGEST_CELL = 1_000

_DIGITS = r"(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})"
_NUMBER = re.compile(rf"[+-]?{_DIGITS}(?:[eE][+-]?[0-9]{{1,2}})?")
_GROUPED_BY_COMMA = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_GROUPED_BY_DOT = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9.]+)?Z?)?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]{1,9})?)?"
)
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


def number(text: str, decimal: Decimal | None = None) -> Fraction:
    """The exact number that a cell states. Raises CellError: number, ambiguous_number.

    - A dot alone is the decimal mark: 1.715.
    - A comma alone is the decimal mark, 171,5, unless exactly three digits follow one to
      three, as in 1,715. That is refused, except where ``decimal`` is a comma.
    - Marks that part groups of three digits in front of the other mark, or more than one
      group, are left out: 1,234.5 and 1.234,5 and 1,234,567.
    - Where ``decimal`` is a point, a comma can only part groups of three digits.

    >>> number("171,5")
    Fraction(343, 2)
    """
    plain = _with_decimal_point(text.replace("\N{MINUS SIGN}", "-"), decimal)
    if not _NUMBER.fullmatch(plain):
        raise CellError("number", "is not a number")
    return Fraction(plain)


def _with_decimal_point(text: str, decimal: Decimal | None) -> str:
    commas, dots = text.count(","), text.count(".")
    if (commas and dots) or commas > 1 or dots > 1 or (commas and decimal == "."):
        return _ungrouped(text, decimal)
    if commas and decimal is None and _GROUPED_BY_COMMA.fullmatch(text):
        raise CellError("ambiguous_number", "has a comma that may part decimals or thousands")
    return text.replace(",", ".")


def _ungrouped(text: str, decimal: Decimal | None) -> str:
    if decimal != "," and _GROUPED_BY_COMMA.fullmatch(text):
        return text.replace(",", "")
    if decimal != "." and _GROUPED_BY_DOT.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return ""


def whole_number(text: str, decimal: Decimal | None = None) -> Fraction:
    """A number without a fractional part, 65 or 65.0. Raises CellError: as number, integer."""
    found = number(text, decimal)
    if found.denominator != 1:
        raise CellError("integer", "is not a whole number")
    return found


def truth(text: str) -> bool:
    """true, t, yes, y, 1 or false, f, no, n, 0 in any case. Raises CellError: boolean."""
    try:
        return _TRUTH[text.casefold()]
    except KeyError:
        raise CellError("boolean", "is neither true nor false, nor yes nor no") from None


def day(text: str, form: str | None = None, *, iso_dates: bool = False) -> date:
    """The calendar day of a date, read with a strptime format or else as ISO 8601.

    A time of day after an ISO date is left out. Partial dates and dates such as 03/04/2024
    are refused without a format. With ``iso_dates`` the text may be a date that a workbook
    gave as ISO 8601, whatever the format; one that would be another day by each is refused.
    Raises CellError: date, ambiguous_date.

    >>> day("2024-03-04T09:30"), day("04/03/2024", "%d/%m/%Y")
    (datetime.date(2024, 3, 4), datetime.date(2024, 3, 4))
    """
    found = {_day(text, form)} if form is None or not iso_dates else {_day(text), _day(text, form)}
    match sorted(each for each in found if each is not None):
        case [only]:
            return only
        case []:
            raise CellError("date", f"is not a date written as {form or 'YYYY-MM-DD'}")
        case _:
            raise CellError("ambiguous_date", "is one date by its format and another by ISO 8601")


def _day(text: str, form: str | None = None) -> date | None:
    try:
        return datetime.strptime(text, form).date() if form else _iso_day(text)  # noqa: DTZ007
    except ValueError:
        return None


def _iso_day(text: str) -> date:
    found = _DAY.fullmatch(text)
    return date.fromisoformat(found[1] if found else "")


def moment(text: str, form: str | None = None, *, iso_dates: bool = False) -> str:
    """A day, or a moment to the second, in ISO 8601 without an offset.

    Read as ``day`` reads, but a time of day counts. One of 00:00:00 says no more than its day,
    because a workbook cannot tell the two apart. Raises CellError: date, ambiguous_date.

    >>> moment("2024-05-01 09:30"), moment("2024-05-01T00:00:00")
    ('2024-05-01T09:30:00', '2024-05-01')
    """
    forms = {form, None} if iso_dates else {form}
    match sorted({each for each in (_moment(text, one) for one in forms) if each is not None}):
        case [only]:
            return only.removesuffix("T00:00:00")
        case []:
            written = form or "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, without an offset"
            raise CellError("date", f"is not a date written as {written}")
        case _:
            raise CellError("ambiguous_date", "is one date by its format and another by ISO 8601")


def _moment(text: str, form: str | None = None) -> str | None:
    try:
        if form is not None:
            return datetime.strptime(text, form).isoformat(timespec="seconds")  # noqa: DTZ007
        written = "T".join(filter(None, _parts(text)))
        return datetime.fromisoformat(written).isoformat()
    except ValueError:
        return None


def _parts(text: str) -> tuple[str, ...]:
    """Day and time of an ISO date without an offset, the time to the second."""
    found = _MOMENT.fullmatch(text)
    return found.groups("") if found else ()
