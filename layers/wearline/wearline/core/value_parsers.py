"""From the text of a cell to a metadata value, in SI units where it has a unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from wearline.core.cell_values import CellError, day, number, truth, whole_number
from wearline.core.file_patterns import ValueColumn
from wearline.core.tables import Decimal
from wearline.core.units import PIPELINE_UNITS, Conversion, UnitError, conversion


@dataclass(frozen=True, slots=True)
class Value:
    """A cleaned value: a number in the SI ``unit``, or without a unit as it was written.

    A date is ISO 8601. ``column`` is where it stands in the file.
    """

    value: float | str | bool
    unit: str | None
    column: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one file are to be read."""

    missing: frozenset[str]
    decimal: Decimal | None = None
    iso_dates: bool = False

    def is_missing(self, text: str) -> bool:
        return text.casefold() in self.missing


ParseValue = Callable[[str, str], Value | None]


def markers(texts: Iterable[str]) -> frozenset[str]:
    """Texts that mean "not known", in any case. An empty cell is missing whatever else is."""
    return frozenset(text.strip().casefold() for text in ("", *texts))


def value_parser(name: str, stated: ValueColumn, column: str, reading: Reading) -> ParseValue:
    """Reads a cell and the unit beside it, empty where there is none; None where missing.

    The parser raises CellError. Raises UnitError for a unit that the check of the
    configuration refuses.
    """
    missing = reading.missing | markers(stated.missing)
    match stated.kind:
        case "number" | "integer":
            parse = _numbers(name, stated, column, reading)
        case "text":
            parse = _texts(stated, column)
        case "date":
            parse = _dates(stated, column, reading)
        case "boolean":
            parse = _truths(column)
    return lambda text, unit: None if text.casefold() in missing else parse(text, unit)


def _numbers(name: str, stated: ValueColumn, column: str, reading: Reading) -> ParseValue:
    whole = stated.kind == "integer"
    read = whole_number if whole else number
    own = conversion(stated.unit, name) if stated.unit else None
    in_range = _range_check(stated, own)

    def parse(text: str, unit: str) -> Value:
        found = read(text, reading.decimal)
        convert = own if reading.is_missing(unit) else _beside(unit, name, own)
        if convert is None:
            if name in PIPELINE_UNITS:
                raise CellError("unit", "has no unit")
            in_range(found)
            return Value(int(found) if whole else float(found), None, column)
        si = convert(found)
        in_range(si)
        return Value(float(si), convert.unit or None, column)

    return parse


def _beside(unit: str, name: str, own: Conversion | None) -> Conversion:
    """The conversion of a unit that stands beside its value."""
    try:
        found = conversion(unit, name)
    except UnitError:
        raise CellError("unit", f"has a unit that is not known, or is none of {name}") from None
    if own is not None and found.unit != own.unit:
        raise CellError("unit", f"has a unit that measures something else than {name}")
    return found


def _range_check(stated: ValueColumn, own: Conversion | None) -> Callable[[Fraction], None]:
    """Bounds count as they are written: 50.1 is exactly 50.1."""
    unit = f" {stated.unit}" if stated.unit else ""

    def bound(limit: float | None) -> Fraction | None:
        exact = None if limit is None else Fraction(str(limit))
        return own(exact) if own and exact is not None else exact

    minimum, maximum = bound(stated.minimum), bound(stated.maximum)

    def check(found: Fraction) -> None:
        if minimum is not None and found < minimum:
            raise CellError("range", f"is below the minimum of {stated.minimum:g}{unit}")
        if maximum is not None and found > maximum:
            raise CellError("range", f"is above the maximum of {stated.maximum:g}{unit}")

    return check


def _texts(stated: ValueColumn, column: str) -> ParseValue:
    """A choice is found by its exact text, else in any case, and given as configured."""
    choices = stated.choices or ()
    loose = {choice.casefold(): choice for choice in reversed(choices)}

    def parse(text: str, _: str) -> Value:
        known = text if not choices or text in choices else loose.get(text.casefold())
        if known is None:
            raise CellError("choice", f"is none of {', '.join(choices)}")
        return Value(known, None, column)

    return parse


def _dates(stated: ValueColumn, column: str, reading: Reading) -> ParseValue:
    def parse(text: str, _: str) -> Value:
        found = day(text, stated.format, iso_dates=reading.iso_dates)
        return Value(found.isoformat(), None, column)

    return parse


def _truths(column: str) -> ParseValue:
    return lambda text, _: Value(truth(text), None, column)
