"""CSV as spreadsheets really write it becomes the same table."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core import delimited_text, tables
from wearline.core.delimited_text import DELIMITERS
from wearline.core.metadata_table import read_table
from wearline.core.tables import TableError, TableOptions

OPTIONS = TableOptions(columns=("USUBJID", "HEIGHT_CM"))


def cells(content: bytes, options: TableOptions = OPTIONS) -> list[tuple[str, ...]]:
    table = read_table(content, options)
    return [table.header, *(row.cells for row in table.rows)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encoding_is_found(encoding: str) -> None:
    content = "USUBJID,HEIGHT_CM\nMüller,171.5\n".encode(encoding)
    assert cells(content) == [("USUBJID", "HEIGHT_CM"), ("Müller", "171.5")]


def test_excels_csv_of_a_macintosh_is_told_by_its_line_ends() -> None:
    content = "USUBJID;GRÖSSE\rMüller;171,5\r".encode("mac_roman")
    assert cells(content) == [("USUBJID", "GRÖSSE"), ("Müller", "171,5")]


def test_stated_encoding_is_the_only_one_tried() -> None:
    content = "USUBJID,HEIGHT_CM\nŁukasz,171.5\n".encode("cp1250")
    options = TableOptions(encoding="cp1250")
    assert cells(content, options)[1] == ("Łukasz", "171.5")
    with pytest.raises(TableError) as refused:
        read_table(content, TableOptions(encoding="utf-8"))
    assert refused.value.code == "encoding"


def test_unknown_encoding_is_named() -> None:
    with pytest.raises(TableError, match="No encoding is called utf-9"):
        read_table(b"A\n1\n", TableOptions(encoding="utf-9"))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(TableError) as refused:
        read_table(b"A,B\n\x81\x8d,1\n", OPTIONS)
    assert refused.value.code == "encoding"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ending_are_found(delimiter: str, ending: str) -> None:
    text = ending.join([f"USUBJID{delimiter}HEIGHT_CM", f"S1{delimiter}171.5", ""])
    assert cells(text.encode()) == [("USUBJID", "HEIGHT_CM"), ("S1", "171.5")]


def test_delimiter_is_the_one_that_shows_the_wanted_columns() -> None:
    content = b"USUBJID;HEIGHT_CM;last, first, middle, suffix\nS1;171,5;x, y\n"
    assert cells(content)[1] == ("S1", "171,5", "x, y")


def test_stated_delimiter_counts_before_what_the_header_shows() -> None:
    assert cells(b"USUBJID~HEIGHT_CM\nS1~1,5\n", TableOptions(delimiter="~"))[1] == ("S1", "1,5")


def test_first_line_that_names_the_delimiter_for_excel_is_no_row() -> None:
    table = read_table(b"sep=|\r\nUSUBJID|HEIGHT_CM\r\nS1|171.5\r\n", TableOptions())
    assert table.header == ("USUBJID", "HEIGHT_CM")
    assert [row.number for row in table.rows] == [2]


def test_semicolons_show_that_commas_are_decimal_marks() -> None:
    assert read_table(b"USUBJID;HEIGHT_CM\n", OPTIONS).decimal == ","
    assert read_table(b"USUBJID,HEIGHT_CM\n", OPTIONS).decimal is None


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    content = b'\nUSUBJID,HEIGHT_CM\n"S\n1",170\n\n , \nS2,171\n'
    table = read_table(content, OPTIONS)
    assert [(row.number, row.cells[0]) for row in table.rows] == [(3, "S\n1"), (6, "S2")]


def test_white_space_and_invisible_marks_around_cells_are_set_aside() -> None:
    content = "USUBJID , HEIGHT_CM\n\u00a0S1\u200b ,\t171.5 \n".encode()
    assert cells(content) == [("USUBJID", "HEIGHT_CM"), ("S1", "171.5")]


def test_unquoted_decimal_comma_is_a_fault_and_not_a_shorter_number() -> None:
    rows = list(read_table(b"USUBJID,HEIGHT_CM\nS1,171,5\nS2,170,\n", OPTIONS).rows)
    assert rows[0].fault is not None
    assert rows[0].fault[0] == "too_many_cells"
    assert rows[1].fault is None


def test_broken_quotes_cost_their_row_and_not_the_next() -> None:
    content = b'USUBJID,HEIGHT_CM\n"S1"x,170\nS2,171\n"S3,172\n'
    rows = list(read_table(content, OPTIONS).rows)
    assert [row.fault and row.fault[0] for row in rows] == ["quotes", None, "quotes"]
    assert rows[1].cells == ("S2", "171")


def test_huge_cell_is_a_fault_and_not_a_crash() -> None:
    content = b"USUBJID,HEIGHT_CM\n" + b"x" * 200_000 + b",170\nS2,171\n"
    rows = list(read_table(content, OPTIONS).rows)
    assert [row.fault is None for row in rows] == [False, True]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n \n\n", "empty"),
        (b"PK\x03\x04rest", "not_text"),
        (b"\xd0\xcf\x11\xe0rest", "not_text"),
        (b'"USUBJID"x,HEIGHT_CM\nS1,171.5\n', "header"),
        (b"A," * tables.MAX_COLUMNS + b"A\n", "too_many_columns"),
    ],
)
def test_file_that_is_no_table_says_why(content: bytes, code: str) -> None:
    with pytest.raises(TableError) as refused:
        read_table(content, OPTIONS)
    assert refused.value.code == code


def test_file_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(TableError) as refused:
        read_table(b"A" * 11, OPTIONS)
    assert refused.value.code == "file_too_large"


def test_file_is_bounded_in_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    assert len(list(read_table(b"A\n1\n", OPTIONS).rows)) == 1
    with pytest.raises(TableError) as refused:
        list(read_table(b"A\n1\n2\n", OPTIONS).rows)
    assert refused.value.code == "too_many_rows"


def test_blank_lines_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    with pytest.raises(TableError) as refused:
        read_table(b"\n\n\nA\n", OPTIONS)
    assert refused.value.code == "too_many_rows"


def test_line_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_text, "MAX_LINE", 10)
    with pytest.raises(TableError) as refused:
        list(read_table(b"A\n" + b"," * 11, OPTIONS).rows)
    assert refused.value.code == "line_too_long"


WORDS = st.text(st.characters(codec="cp1252", exclude_categories=["C", "Z"]), min_size=1)


@given(
    rows=st.lists(st.tuples(WORDS, WORDS), max_size=5),
    delimiter=st.sampled_from(DELIMITERS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[tuple[str, str]], delimiter: str, encoding: str
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([("USUBJID", "HEIGHT_CM"), *rows])
    assert cells(written.getvalue().encode(encoding))[1:] == rows


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_table_or_a_table_error(content: bytes) -> None:
    with suppress(TableError):
        table = read_table(content, OPTIONS)
        assert all(row.fault or any(row.cells) for row in table.rows)
