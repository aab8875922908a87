"""Cells are read strictly: what could mean two things is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.cell_values import CellError, day, number, whole_number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("171.5", "171.5"),
        ("171,5", "171.5"),
        ("1.715", "1.715"),
        ("0,715", "0.715"),
        ("1,7155", "1.7155"),
        ("1234,567", "1234.567"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("-3", "-3"),
        ("\N{MINUS SIGN}3", "-3"),
        ("+.5", "0.5"),
        ("65.", "65"),
        ("1.7E+02", "170"),
    ],
)
def test_number_is_what_is_written(text: str, expected: str) -> None:
    assert number(text) == Fraction(expected)


def test_comma_before_three_digits_is_refused() -> None:
    with pytest.raises(CellError) as refused:
        number("1,715")
    assert refused.value.code == "ambiguous_number"


def test_comma_before_three_digits_is_a_decimal_mark_where_the_file_writes_those() -> None:
    assert number("1,715", ",") == Fraction("1.715")


@pytest.mark.parametrize(
    "text",
    ["tall", "171 cm", "5'11\"", "=171.5", "1_000", "0x10", "inf", "nan", "1e999", "1 715", "١٧١",
     "1,2,3", "12,34.5", "1.2.3", "--1", "", ",", "9" * 31, "1e99999999999"],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(CellError) as refused:
        number(text)
    assert refused.value.code == "number"


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4
    )
)
def test_every_plain_decimal_is_read_exactly(value: object) -> None:
    assert number(f"{value:f}") == Fraction(str(value))


@given(st.text())
def test_no_text_makes_reading_a_number_fail_otherwise(text: str) -> None:
    with suppress(CellError):
        number(text)


def test_whole_number_may_be_written_with_a_zero_fraction() -> None:
    assert whole_number("65.0") == 65
    with pytest.raises(CellError) as refused:
        whole_number("65.5")
    assert refused.value.code == "integer"


@pytest.mark.parametrize("text", ["2024-03-04", "2024-03-04T09:30", "2024-03-04 09:30:15.5"])
def test_iso_date_is_read_without_its_time(text: str) -> None:
    assert day(text) == date(2024, 3, 4)


def test_date_is_read_by_the_stated_format() -> None:
    assert day("04MAR2024", "%d%b%Y") == date(2024, 3, 4)


@pytest.mark.parametrize(
    ("text", "form"),
    [("2024-03", None), ("03/04/2024", None), ("2024-02-30", None), ("20240304", None),
     ("2024-03-04", "%d/%m/%Y"), ("yesterday", None)],
)  # fmt: skip
def test_partial_ambiguous_or_unreal_date_is_refused(text: str, form: str | None) -> None:
    with pytest.raises(CellError) as refused:
        day(text, form)
    assert refused.value.code == "date"
    assert text not in refused.value.what
