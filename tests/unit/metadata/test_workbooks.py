"""An Excel workbook becomes what a person sees who opens it."""

# ruff: noqa: DTZ001  the times of a workbook have no zone

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook

from wearline.core import tables, workbooks
from wearline.core.metadata_table import read_table
from wearline.core.tables import RawRow, Table, TableError, TableOptions

OPTIONS = TableOptions(columns=("USUBJID", "HEIGHT_CM"))


def workbook(*rows: list[Any], change: Callable[[Workbook], None] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def table(content: bytes, options: TableOptions = OPTIONS) -> Table:
    return read_table(content, options)


def cells(content: bytes, options: TableOptions = OPTIONS) -> list[tuple[str, ...]]:
    return [row.cells for row in table(content, options).rows]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  Müller\u200b ", "Müller"),
        (171.5, "171.5"),
        (0.1 + 0.2, "0.3"),
        (1.715, "1.715"),
        (178.0, "178"),
        (10**12, "1000000000000"),
        (True, "true"),
        (date(2024, 3, 4), "2024-03-04"),
        (datetime(2024, 3, 4), "2024-03-04"),
        (datetime(2024, 3, 4, 9, 30), "2024-03-04T09:30:00"),
        (time(9, 30), "09:30:00"),
        (None, ""),
    ],
)
def test_cell_is_what_a_person_sees(value: object, text: str) -> None:
    assert cells(workbook(["USUBJID", "X"], ["S1", value]))[0] == ("S1", text)[: 2 if text else 1]


def test_identifier_keeps_the_leading_zeros_of_its_format() -> None:
    def padded(book: Workbook) -> None:
        book.worksheets[0]["A2"].number_format = "000"

    assert cells(workbook(["USUBJID"], [7], change=padded)) == [("007",)]


def test_dates_are_known_to_be_dates() -> None:
    assert table(workbook(["USUBJID"], ["S1"])).iso_dates


def test_formula_counts_by_its_stored_result() -> None:
    content = workbook(["USUBJID", "HEIGHT_CM"], ["S1", "=85*2"])
    content = _with_sheet(
        content, lambda xml: re.sub(rb"</f><v ?/?>(</v>)?", b"</f><v>170</v>", xml)
    )
    assert cells(content) == [("S1", "170")]


def test_formula_without_a_stored_result_is_not_taken_for_empty() -> None:
    assert cells(workbook(["USUBJID", "HEIGHT_CM"], ["S1", "=85*2"])) == [
        ("S1", workbooks.NOT_CALCULATED)
    ]


def test_rows_are_numbered_as_excel_shows_them() -> None:
    content = workbook([], ["USUBJID"], ["S1"], [], ["S2"])
    assert list(table(content).rows) == [RawRow(3, ("S1",)), RawRow(5, ("S2",))]


def test_notes_beside_the_table_are_left_out() -> None:
    content = workbook(["USUBJID", "HEIGHT_CM", None], ["S1", 170, None, "ask the site"])
    assert table(content).header == ("USUBJID", "HEIGHT_CM")
    assert cells(content) == [("S1", "170")]


def test_sheet_is_the_visible_one_that_shows_most_of_the_wanted_columns() -> None:
    def sheets(book: Workbook) -> None:
        book.worksheets[0].title = "Read me"
        heights = book.create_sheet("Heights")
        heights.append(["USUBJID", "HEIGHT_CM"])
        heights.append(["S1", 170])
        old = book.create_sheet("Old")
        old.append(["USUBJID", "HEIGHT_CM", "x"])
        old.sheet_state = "hidden"

    content = workbook(["USUBJID is the subject"], change=sheets)
    assert cells(content) == [("S1", "170")]
    assert cells(content, TableOptions(sheet="Read me")) == []
    assert table(content, TableOptions(sheet="Old")).header[2] == "x"


def test_sheet_that_is_not_there_is_named() -> None:
    with pytest.raises(TableError, match="no sheet Demographics") as refused:
        table(workbook(["A"]), TableOptions(sheet="Demographics"))
    assert refused.value.code == "sheet"


def test_one_stray_cell_in_the_last_corner_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    def stray(book: Workbook) -> None:
        book.worksheets[0]["XFD5000"] = "x"

    assert cells(workbook(["USUBJID"], ["S1"], change=stray)) == [("S1",)]
    monkeypatch.setattr(tables, "MAX_ROWS", 100)
    with pytest.raises(TableError, match="more than 100 rows"):
        cells(workbook(["USUBJID"], ["S1"], change=stray))


def test_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 1000)
    with pytest.raises(TableError, match="unpacks to more than") as refused:
        table(workbook(["USUBJID"], ["S1"]))
    assert refused.value.code == "workbook"


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.9, 0.99])
def test_damaged_workbook_is_refused_with_a_sentence(keep: float) -> None:
    content = workbook(["USUBJID"], ["S1"])
    with pytest.raises(TableError):
        list(table(content[: int(len(content) * keep)]).rows)


def test_workbook_with_a_broken_sheet_is_refused() -> None:
    content = _with_sheet(workbook(["USUBJID"], ["S1"]), lambda xml: xml[: len(xml) // 2])
    with pytest.raises(TableError, match="cannot be read"):
        list(table(content).rows)


def test_other_archives_are_no_workbooks() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("data.csv", "USUBJID\nS1\n")
    with pytest.raises(TableError, match="a ZIP archive"):
        table(content.getvalue())


def test_old_or_encrypted_workbook_says_what_to_do() -> None:
    with pytest.raises(TableError, match="old Excel workbook, or one with a password; save it as"):
        table(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))


def _with_sheet(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(changed, "w") as after,
    ):
        for part in before.namelist():
            data = before.read(part)
            after.writestr(part, change(data) if "sheet1.xml" in part else data)
    return changed.getvalue()
