"""Units of metadata, converted exactly with pint.

A measure becomes the SI unit of its kind: a length is in metres, a mass in kilograms.
Ages are counted in years, because a calendar year has no exact number of seconds. The
units are the few in which people are described, and not all that pint knows: a typing
error shall be an unknown unit, never an exotic one.

Numbers are fractions throughout, so that 171.5 cm is 1.715 m and not 1.7149999. pint is
imported when a unit is first asked for: most functions convert nothing, and its import
takes a quarter of a second.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pint

# What the processor's steps take, by the name of the metadata value. Source: SKDH 0.17.18,
# `skdh.gait.GaitLumbar.predict` (height or leg_length, in metres).
PIPELINE_UNITS = {"height": "m", "leg_length": "m"}

# Lower case, and no prefixes but those written out. inch and pound are exact by the
# international yard and pound agreement of 1959.
_DEFINITIONS = """
meter = [length] = m = metre
centimeter = meter / 100 = cm = centimetre
millimeter = meter / 1000 = mm = millimetre
kilometer = 1000 * meter = km = kilometre
inch = 254 / 10000 * meter = in = inches
foot = 12 * inch = ft = feet
yard = 3 * foot = yd
kilogram = [mass] = kg
gram = kilogram / 1000 = g
pound = 45359237 / 100000000 * kilogram = lb = lbs
ounce = pound / 16 = oz
stone = 14 * pound = st
second = [time] = s = sec
millisecond = second / 1000 = ms
minute = 60 * second = min
hour = 3600 * second = h = hr
year = [age] = _ = yr
month = year / 12 = _ = mo
kelvin = [temperature]; offset: 0 = K = k
degree_celsius = kelvin; offset: 273.15 = degc = celsius = c
degree_fahrenheit = 5 / 9 * kelvin; offset: 233.15 + 200 / 9 = degf = fahrenheit = f
percent = 1 / 100 = _ = pct
"""
_FACTOR = r"[a-z_]+(?:(?:\*\*|\^)[1-3])?"
# Clinical systems write kg/m2.
_POWER = re.compile(r"(?<=[a-z])([23])(?![0-9])")
_EXPRESSION = re.compile(rf"{_FACTOR}(?:[*/]{_FACTOR}){{0,3}}")


class UnitError(Exception):
    """A unit that Wearline does not know, or that does not measure what it is used for."""

    def __init__(self, unit: str, sentence: str, nearest: str | None = None) -> None:
        super().__init__(sentence)
        self.unit = unit
        self.sentence = sentence
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Conversion:
    """An exact way from a unit to its SI unit: ``number * scale + offset``.

    ``unit`` is the SI unit's symbol, such as m, kg, kg*m**-2, s, year, K, or an empty
    text for a plain ratio.
    """

    scale: Fraction
    offset: Fraction
    unit: str

    def __call__(self, number: Fraction) -> Fraction:
        return number * self.scale + self.offset


def conversion(unit: str, name: str | None = None) -> Conversion:
    """From ``unit`` to the SI unit, checked against what the pipelines take as ``name``.

    ``unit`` is a unit or an expression of units, in any case, such as cm, LB or kg/m^2.
    Raises UnitError where it is unknown, or measures something else than ``name`` needs.

    >>> conversion("CM", "height")(Fraction("171.5")), conversion("CM").unit
    (Fraction(343, 200), 'm')
    """
    plain = unit.strip().lower().replace("%", "percent").replace("°", "deg")
    found = _conversion(_POWER.sub(r"**\1", plain))
    if found is None:
        raise _unknown(unit)
    needed = PIPELINE_UNITS.get(name or "", found.unit)
    if found.unit != needed:
        raise UnitError(unit, f"{unit} is no measure of {name}, which is needed in {needed}.")
    return found


@cache
def _conversion(unit: str) -> Conversion | None:
    if not _EXPRESSION.fullmatch(unit):
        return None
    import pint

    registry = _registry()
    try:
        zero, one = (registry.Quantity(Fraction(n), unit).to_base_units() for n in (0, 1))
    except pint.PintError:
        return None
    offset = Fraction(zero.magnitude)
    return Conversion(Fraction(one.magnitude) - offset, offset, _symbol(one.unit_items()))


def _symbol(powers: Iterable[tuple[str, object]]) -> str:
    terms = [(_registry().get_symbol(unit), power) for unit, power in powers]
    return "*".join(symbol if power == 1 else f"{symbol}**{power}" for symbol, power in terms)


@cache
def _registry() -> pint.UnitRegistry[Fraction]:
    import pint

    registry: pint.UnitRegistry[Fraction] = pint.UnitRegistry(None, non_int_type=Fraction)
    for definition in _DEFINITIONS.strip().splitlines():
        registry.define(definition)
    return registry


def _unknown(unit: str) -> UnitError:
    nearest = difflib.get_close_matches(unit.strip().lower(), _known_names(), n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]}?" if nearest else ", such as cm, kg or year."
    return UnitError(unit, f"{unit} is not a known unit{hint}", nearest[0] if nearest else None)


def _known_names() -> Iterable[str]:
    for line in _DEFINITIONS.strip().splitlines():
        name, _, *aliases = line.split(" = ")
        yield from (known for known in (name, *aliases) if known.islower())
