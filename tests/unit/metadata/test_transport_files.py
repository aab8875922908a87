"""SAS transport files become tables. Those in files/ were written by ReadStat."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core import tables
from wearline.core.metadata_table import read_table
from wearline.core.tables import Table, TableError, TableOptions
from wearline.core.transport_files import ibm_number

FILES = Path(__file__).parent / "files"
VERSION_5 = (FILES / "vs_v5.xpt").read_bytes()
VERSION_8 = (FILES / "vs_v8.xpt").read_bytes()


def table(content: bytes, options: TableOptions | None = None) -> Table:
    return read_table(content, options or TableOptions())


def column(found: Table, name: str) -> list[str]:
    place = found.header.index(name)
    return [row.cells[place] for row in found.rows]


def test_names_and_texts_of_version_5() -> None:
    found = table(VERSION_5)
    assert found.header[:4] == ("STUDYID", "USUBJID", "VISIT", "VSTESTCD")
    assert column(found, "VSTESTCD") == ["HEIGHT", "WEIGHT", "HEIGHT", "HEIGHT", "HEIGHT", "TEMP"]


def test_long_names_and_letters_of_version_8() -> None:
    assert column(table(VERSION_8), "VISIT") == ["Überprüfung"] * 6
    assert "VSSTRESN_STANDARD_RESULT" in table(VERSION_8).header


@pytest.mark.parametrize(
    ("content", "name"), [(VERSION_5, "VSSTRESN"), (VERSION_8, "VSSTRESN_STANDARD_RESULT")]
)
def test_numbers_are_those_that_were_written_and_missing_is_empty(
    content: bytes, name: str
) -> None:
    assert column(table(content), name) == ["171.5", "70.1", "1.715", "65.25", "", "36.6"]


@pytest.mark.parametrize("content", [VERSION_5, VERSION_8])
def test_formats_tell_days_and_times_from_numbers(content: bytes) -> None:
    assert table(content).iso_dates
    assert column(table(content), "VSDT")[:3] == ["2024-01-03", "2024-01-03", "2024-01-04"]
    assert column(table(content), "VSDTM")[0] == "2024-01-03T09:00:59"


def test_first_observation_is_row_two_as_in_a_spreadsheet() -> None:
    assert [row.number for row in table(VERSION_5).rows] == [2, 3, 4, 5, 6, 7]


def test_data_set_is_found_by_its_columns_or_named() -> None:
    other = VERSION_5[240:].replace(b"VSSTRESN", b"OTHER   ").replace(b"VS      ", b"XX      ", 1)
    both = VERSION_5 + other
    assert "OTHER" in table(both, TableOptions(columns=("OTHER",))).header
    assert "VSSTRESN" in table(both, TableOptions(sheet="vs")).header
    with pytest.raises(TableError, match="no data set called DM"):
        table(both, TableOptions(sheet="DM"))


def test_too_many_observations_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    with pytest.raises(TableError, match="more than 3 rows"):
        list(table(VERSION_5).rows)


@given(st.integers(min_value=0, max_value=len(VERSION_5)))
def test_cut_file_is_a_shorter_table_or_refused(length: int) -> None:
    try:
        rows = list(table(VERSION_5[:length]).rows)
    except TableError:
        return
    assert len(rows) <= 6


@given(st.floats(min_value=1e-60, max_value=1e60), st.sampled_from([-1.0, 0.0, 1.0]))
def test_ibm_numbers_hold_any_measure_exactly(size: float, sign: float) -> None:
    assert ibm_number(_ibm(sign * size)) == sign * size


@pytest.mark.parametrize("code", b"._AZ")
@pytest.mark.parametrize("length", [2, 3, 8])
def test_every_missing_value_is_missing_at_every_length(code: int, length: int) -> None:
    assert ibm_number(bytes([code]) + bytes(length - 1)) is None


def _ibm(number: float) -> bytes:
    """IBM hexadecimal floating point, by the definition."""
    if number == 0:
        return bytes(8)
    mantissa, exponent = math.frexp(abs(number))
    sixteens = -(-exponent // 4)
    fraction = int(math.ldexp(mantissa, exponent - 4 * sixteens + 56))
    sign = 0x80 if number < 0 else 0
    return bytes([sign | (sixteens + 64)]) + fraction.to_bytes(7, "big")
