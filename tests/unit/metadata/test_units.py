"""Units become SI units exactly, and a typing error is never an exotic unit."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.units import UnitError, conversion


@pytest.mark.parametrize(
    ("number", "unit", "expected", "si"),
    [
        ("171.5", "cm", 1.715, "m"),
        ("1715", "mm", 1.715, "m"),
        ("70", "in", 1.778, "m"),
        ("5.5", "feet", 1.6764, "m"),
        ("10", "lb", 4.5359237, "kg"),
        ("22.5", "kg/m^2", 22.5, "kg*m**-2"),
        ("30", "min", 1800.0, "s"),
        ("98.6", "degF", 310.15, "K"),
        ("36.6", "°C", 309.75, "K"),
        ("12.5", "%", 0.125, ""),
    ],
)
def test_measure_becomes_the_exact_si_number(
    number: str, unit: str, expected: float, si: str
) -> None:
    convert = conversion(unit)
    assert float(convert(Fraction(number))) == expected
    assert convert.unit == si


@pytest.mark.parametrize("unit", ["cm", "CM", " Cm ", "centimeter", "centimetres"])
def test_spellings_of_a_unit_are_one_unit(unit: str) -> None:
    assert conversion(unit) == conversion("cm")


def test_ages_are_counted_in_years_because_a_year_has_no_exact_seconds() -> None:
    assert conversion("years").unit == "year"
    assert conversion("months")(Fraction(18)) == Fraction(3, 2)


@given(st.decimals("0", "300", places=1))
def test_centimetres_give_the_float_nearest_to_the_written_metres(height: object) -> None:
    metres = conversion("cm", "height")(Fraction(str(height)))
    assert float(metres) == float(f"{height}e-2")


@pytest.fixture(scope="module")
def library() -> pint.UnitRegistry[Fraction]:
    return pint.UnitRegistry(non_int_type=Fraction)


@pytest.mark.parametrize(
    "unit",
    ["meter", "cm", "mm", "km", "inch", "foot", "yard", "kg", "g", "pound", "ounce", "stone",
     "second", "ms", "minute", "hour", "kelvin", "percent"],
)  # fmt: skip
def test_units_are_as_the_library_defines_them(
    unit: str, library: pint.UnitRegistry[Fraction]
) -> None:
    assert conversion(unit)(Fraction(1)) == library.Quantity(Fraction(1), unit).to_base_units().m


@pytest.mark.parametrize("unit", ["", "5", "(", "cmm", "m**m", "m**99", "furlong", "cm*3", "os"])
def test_unknown_unit_is_refused(unit: str) -> None:
    with pytest.raises(UnitError, match="is not a known unit"):
        conversion(unit)


def test_unknown_unit_offers_the_nearest() -> None:
    with pytest.raises(UnitError) as refused:
        conversion("centimter")
    assert refused.value.nearest == "centimeter"
    assert refused.value.unit == "centimter"


def test_unit_of_another_kind_is_refused_for_a_value_that_pipelines_take() -> None:
    with pytest.raises(UnitError, match="kg is no measure of height, which is needed in m"):
        conversion("kg", "height")


def test_units_library_is_not_imported_before_a_unit_is_asked_for() -> None:
    code = (
        "import sys, wearline.core.cleaning, wearline.core.resolution; print('pint' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert printed.stdout.strip() == b"False"
