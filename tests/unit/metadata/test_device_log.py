"""A device log becomes assignments that count, and problems that say what to mend."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from wearline.core.assignments import Assignment
from wearline.core.device_log_rows import CleanedDeviceLog, clean_device_log
from wearline.core.file_patterns import DeviceLogFiles

STUDY = "parkinson-gait-01"
COLUMNS = ("DEVICE", "SUBJECT", "VISIT", "PLACE", "FROM", "TO")
ROW = ("12345", "S1", "Baseline", "Left wrist", "2024-05-01", "2024-06-01")


def files(**options: Any) -> DeviceLogFiles:
    given = {
        "kind": "device_log",
        "key": "clinical/{site}_devices.csv",
        "serial": {"column": "DEVICE"},
        "subject": {"column": "SUBJECT"},
        "visit": {"column": "VISIT", "map": {"BASELINE": "V1", "WEEK 4": "V2", "SCREENING": None}},
        "location": {
            "column": "PLACE",
            "map": {"Left wrist": "left_wrist", "Right wrist": "right_wrist"},
        },
        "start": {"column": "FROM"},
        "end": {"column": "TO"},
    }
    return DeviceLogFiles.model_validate(
        {name: value for name, value in {**given, **options}.items() if value is not None},
        strict=False,
    )


def written(*rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue().encode()


def cleaned(*rows: tuple[str, ...], **options: Any) -> CleanedDeviceLog:
    return read(written(*rows), **options)


def read(content: bytes, **options: Any) -> CleanedDeviceLog:
    return clean_device_log(content, files(**options), STUDY, {"site": "US01"})


def row(**cells: str) -> tuple[str, ...]:
    return tuple(cells.get(column, usual) for column, usual in zip(COLUMNS, ROW, strict=True))


def only(result: CleanedDeviceLog) -> Assignment:
    assert not result.problems, result.problems
    (each,) = result.values
    return each.assignment


def sentences(result: CleanedDeviceLog) -> list[str]:
    assert result.rejected == result.rows == 1
    return [problem.sentence for problem in result.problems]


def test_row_says_whose_a_device_was_at_which_visit_where_and_when() -> None:
    result = cleaned(ROW)
    assert only(result) == Assignment("12345", "S1", "V1", "left_wrist", "2024-05-01", "2024-06-01")
    assert result.values[0].row_number == 2
    assert (result.rows, result.accepted, result.rejected, result.aside) == (1, 1, 0, 0)


def test_log_may_know_neither_visit_nor_location_nor_end() -> None:
    result = cleaned(ROW, visit=None, location=None, end=None)
    assert only(result) == Assignment("12345", "S1", None, None, "2024-05-01", None)


@pytest.mark.parametrize("empty", ["", "-", "n/a", "."])
def test_row_without_an_end_has_none(empty: str) -> None:
    assert only(cleaned(row(TO=empty))).end is None


@pytest.mark.parametrize(
    ("cell", "serial"),
    [
        ("12345", "12345"),
        ("12345.0", "12345"),
        ("012345", "012345"),
        ("TAS1H52220588", "TAS1H52220588"),
        ("MOS2E39.50", "MOS2E39.50"),
    ],
)
def test_serial_number_is_the_text_or_the_whole_number_of_a_spreadsheet(
    cell: str, serial: str
) -> None:
    assert only(cleaned(row(DEVICE=cell))).serial_number == serial


@pytest.mark.parametrize("cell", ["AX3-12345", "ax3-12345", "Ax3-12345.0"])
def test_serial_number_may_be_part_of_a_text_in_any_case(cell: str) -> None:
    serial = {"column": "DEVICE", "match": "AX3-{serial}"}
    assert only(cleaned(row(DEVICE=cell), serial=serial)).serial_number == "12345"


def test_subject_is_matched_with_what_the_key_says() -> None:
    subject = {"column": "SUBJECT", "match": "{study}-{site}-{subject}"}
    result = cleaned(row(SUBJECT="PARKINSON-GAIT-01-us01-S07"), subject=subject)
    assert only(result).subject == "S07"


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01T09:30:00", "2024-05-01T09:30:00"),
        ("2024-05-01 09:30", "2024-05-01T09:30:00"),
        ("2024-05-01 09:30:15.250", "2024-05-01T09:30:15"),
        ("2024-05-01 00:00:00", "2024-05-01"),
    ],
)
def test_start_is_a_day_or_a_moment_to_the_second(cell: str, moment: str) -> None:
    assert only(cleaned(row(FROM=cell))).start == moment


def test_dates_may_have_a_format_with_or_without_a_time() -> None:
    result = cleaned(
        row(FROM="01.05.2024", TO="01/06/24 17:45"),
        start={"column": "FROM", "format": "%d.%m.%Y"},
        end={"column": "TO", "format": "%d/%m/%y %H:%M"},
    )
    assert (only(result).start, only(result).end) == ("2024-05-01", "2024-06-01T17:45:00")


NO_DATE = "is not a date written as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, without an offset"
NO_PLACE = "is no location that the configuration maps"
SHORTENED = "is a number that a spreadsheet has shortened; format its column as text"


@pytest.mark.parametrize(
    ("column", "cell", "what"),
    [
        ("DEVICE", "", "is empty, so that the row has no serial number"),
        ("DEVICE", "6.01E+12", SHORTENED),
        ("SUBJECT", "N/A", "is empty, so that the row has no subject"),
        ("VISIT", "", "is empty, so that the row has no visit"),
        ("VISIT", "Wk 4", "is no visit that the configuration maps; the nearest is WEEK 4"),
        ("PLACE", "", "is empty, so that the row has no location"),
        ("PLACE", "left writs", f"{NO_PLACE}; the nearest is Left wrist"),
        ("PLACE", "toe", NO_PLACE),
        ("FROM", "", "is empty, so that the row has no start"),
        ("FROM", "05/01/2024", NO_DATE),
        ("FROM", "2024-05-01T09:30:00Z", NO_DATE),
        ("TO", "2024-02-30", NO_DATE),
        ("TO", "2024-04-30", "is before the start of its row"),
        ("TO", "#REF!", "shows the error of a formula"),
    ],
)
def test_row_that_cannot_be_used_says_why(column: str, cell: str, what: str) -> None:
    told = sentences(cleaned(row(**{column: cell})))
    assert told == [f"Row 2, column {column}: the cell {what}."]


def test_serial_number_of_another_form_says_which_was_expected() -> None:
    result = cleaned(row(DEVICE="GA-12345"), serial={"column": "DEVICE", "match": "AX3-{serial}"})
    (sentence,) = sentences(result)
    assert "is not written as AX3-{serial}" in sentence


def test_every_bad_cell_is_a_problem_and_the_other_rows_count() -> None:
    result = cleaned(row(DEVICE="", SUBJECT="", FROM="soon"), row(SUBJECT="S2"))
    assert [problem.column for problem in result.problems] == ["DEVICE", "SUBJECT", "FROM"]
    assert [each.assignment.subject for each in result.values] == ["S2"]
    assert (result.rows, result.accepted, result.rejected) == (2, 1, 1)


@pytest.mark.parametrize(
    ("start", "end", "good"),
    [
        ("2024-05-01", "2024-05-01", True),
        ("2024-05-01T09:00", "2024-05-01", True),
        ("2024-05-01", "2024-05-01T09:00", True),
        ("2024-05-01T09:00", "2024-05-01T08:59", False),
        ("2024-05-02T09:00", "2024-05-01", False),
    ],
)
def test_day_that_ends_a_row_lasts_to_its_last_second(start: str, end: str, good: bool) -> None:
    assert bool(cleaned(row(FROM=start, TO=end)).values) is good


def test_locations_and_visits_that_the_map_leads_to_are_taken_as_they_are() -> None:
    found = only(cleaned(row(VISIT="v2", PLACE="RIGHT_WRIST")))
    assert (found.visit, found.location) == ("V2", "right_wrist")


def test_without_a_map_every_location_is_one() -> None:
    assert only(cleaned(row(PLACE="toe"), location={"column": "PLACE"})).location == "toe"


def test_rows_of_a_visit_that_is_passed_over_and_blank_rows_are_none() -> None:
    result = cleaned(row(VISIT="Screening", DEVICE=""), ("", "", "", "", "", ""), ROW)
    assert (result.rows, result.aside, len(result.values)) == (1, 1, 1)
    assert result.values[0].row_number == 4


def test_row_that_is_said_twice_counts_once_however_its_device_is_written() -> None:
    result = cleaned(ROW, row(DEVICE="0012345.0"), row(SUBJECT="S2"))
    assert [each.row_number for each in result.values] == [2, 4]
    assert (result.rows, result.accepted) == (3, 3)


def test_without_one_of_its_columns_no_row_of_a_log_counts() -> None:
    content = written(ROW, ROW, columns=("DEVICE", "SUBJECT", "VISIT", "PLACE", "FROM", "TILL"))
    result = read(content, end={"column": "UNTIL"})
    (problem,) = result.problems
    assert problem.sentence.startswith("Column UNTIL is missing; the nearest is TILL.")
    assert (result.rows, result.rejected, result.values) == (2, 2, ())


def test_workbook_gives_numbers_and_dates_as_a_person_sees_them() -> None:
    book, content = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(COLUMNS)
    begin, end = datetime(2024, 5, 1, 9, 30), datetime(2024, 6, 1)  # noqa: DTZ001 - as a cell has
    sheet.append((12345.0, "S1", "BASELINE", "left wrist", begin, end))
    book.save(content)
    found = only(read(content.getvalue(), start={"column": "FROM", "format": "%d/%m/%Y"}))
    assert (found.serial_number, found.start, found.end) == (
        "12345",
        "2024-05-01T09:30:00",
        "2024-06-01",
    )


def test_json_lines_are_read_too() -> None:
    line = json.dumps(dict(zip(COLUMNS, ROW, strict=True)) | {"DEVICE": 12345})
    assert only(read(line.encode())).serial_number == "12345"


def test_file_that_is_no_table_is_one_problem() -> None:
    result = read(b"%PDF-1.7")
    assert [(problem.row, problem.code) for problem in result.problems] == [(None, "not_text")]
    assert result.rows == 0


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001 - wall clocks


@given(
    st.lists(MOMENTS, min_size=2, max_size=2), st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"])
)
def test_texts_of_days_and_moments_are_in_the_order_of_time(
    moments: list[datetime], form: str
) -> None:
    first, second = sorted(moments)
    result = cleaned(row(FROM=first.strftime(form), TO=(second + timedelta(days=1)).isoformat()))
    assignment = only(result)
    assert assignment.covers(second.isoformat(timespec="seconds"))
    assert not assignment.covers((first - timedelta(days=1)).isoformat(timespec="seconds"))


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([*ROW, "", "n/a", "Week 4", "12345.0", "2024-05-01 09:30", "2024-13-01"]),
)


@given(st.lists(st.tuples(*[CELLS] * len(COLUMNS)), max_size=4))
def test_every_row_counts_or_says_why_and_no_problem_repeats_a_cell(
    rows: list[tuple[str, ...]],
) -> None:
    result = cleaned(*(("#" + line[0], *line[1:]) for line in rows))
    assert result.rejected == len({problem.row for problem in result.problems if problem.row})
    assert len(result.values) <= result.accepted
    told = " ".join(problem.sentence for problem in result.problems)
    for line in rows:
        assert all(cell not in told for cell in line if len(cell) > 5 and cell not in ROW)


@given(st.binary(max_size=400))
def test_no_content_makes_it_raise(content: bytes) -> None:
    read(content)
    read(written() + content)
