"""A metadata file becomes rows that count, and problems that say what to mend."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.cleaning import Cleaned, clean
from wearline.core.delimited_text import DELIMITERS
from wearline.core.file_patterns import MetadataFiles
from wearline.core.metadata_row import CleanRow

STUDY = "parkinson-gait-01"
SUBJECT = {"column": "USUBJID"}
HEIGHT = {"column": "HEIGHT_CM", "unit": "cm", "minimum": 50, "maximum": 250}
WEIGHT = {"column": "WEIGHT", "unit": "kg"}
VISIT = {"column": "VISIT", "map": {"BASELINE": "V1", "WEEK 4": "V2"}}


def files(
    entity: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
    **options: object,
) -> MetadataFiles:
    return MetadataFiles.model_validate(
        {
            "kind": "metadata",
            "key": "clinical/{site}_{date:%Y%m%d}.csv",
            "entity": {"subject": SUBJECT, **(entity or {})},
            "values": values or {"height": HEIGHT},
            **options,
        },
        strict=False,
    )


def cleaned(text: str, pattern: MetadataFiles | None = None) -> Cleaned:
    fields = {"site": "US01", "date": "20240105"}
    return clean(text.encode(), pattern or files(), study=STUDY, fields=fields)


def heights(result: Cleaned) -> dict[str, float | str]:
    return {row.subject: row.values["height"].value for row in result.values}


def codes(result: Cleaned) -> list[tuple[int | None, str | None, str]]:
    return [(problem.row, problem.column, problem.code) for problem in result.problems]


def test_value_is_in_si_units_exactly_with_its_column() -> None:
    (row,) = cleaned("USUBJID,HEIGHT_CM\nS1,171.5\n").values
    assert (row.subject, row.visit, row.date, row.row_number) == ("S1", None, None, 2)
    height = row.values["height"]
    assert (height.value, height.unit, height.column) == (1.715, "m", "HEIGHT_CM")


def test_bad_row_is_a_problem_and_the_good_rows_count() -> None:
    result = cleaned("USUBJID,HEIGHT_CM\nS1,171.5\nS2,tall\nS3,165\n")
    assert heights(result) == {"S1": 1.715, "S3": 1.65}
    assert (result.rows, result.accepted, result.rejected) == (3, 2, 1)
    (problem,) = result.problems
    assert problem.sentence == "Row 3, column HEIGHT_CM: the cell is not a number."


def test_every_bad_cell_of_a_row_is_a_problem_of_its_own() -> None:
    pattern = files(values={"height": HEIGHT, "weight": WEIGHT})
    result = cleaned("USUBJID,HEIGHT_CM,WEIGHT\n,1715,heavy\n", pattern)
    assert codes(result) == [
        (2, "HEIGHT_CM", "range"),
        (2, "USUBJID", "missing_subject"),
        (2, "WEIGHT", "number"),
    ]
    assert result.rejected == 1


def test_bounds_are_in_the_unit_of_the_column_and_belong_to_the_range() -> None:
    result = cleaned("USUBJID,HEIGHT_CM\nS1,50\nS2,250\nS3,49.9\nS4,250.1\n")
    assert heights(result) == {"S1": 0.5, "S2": 2.5}
    assert [problem.sentence for problem in result.problems] == [
        "Row 4, column HEIGHT_CM: the cell is below the minimum of 50 cm.",
        "Row 5, column HEIGHT_CM: the cell is above the maximum of 250 cm.",
    ]


def test_decimal_commas_count_in_a_semicolon_file() -> None:
    metres = files(values={"height": {"column": "HEIGHT", "unit": "m"}})
    assert heights(cleaned("USUBJID;HEIGHT\nS1;1,715\n", metres)) == {"S1": 1.715}


def test_ambiguous_comma_is_a_problem_elsewhere() -> None:
    metres = files(values={"height": {"column": "HEIGHT", "unit": "m"}})
    result = cleaned('USUBJID,HEIGHT\nS1,"1,715"\nS2,"1,72"\n', metres)
    assert heights(result) == {"S2": 1.72}
    assert codes(result) == [(2, "HEIGHT", "ambiguous_number")]


@pytest.mark.parametrize("marker", ["", "NA", "n/a", ".", "NaN", "null", " "])
def test_missing_marker_states_nothing_and_rejects_nothing(marker: str) -> None:
    pattern = files(values={"height": HEIGHT, "weight": WEIGHT})
    result = cleaned(f"USUBJID,HEIGHT_CM,WEIGHT\nS1,{marker},80\n", pattern)
    assert [set(row.values) for row in result.values] == [{"weight"}]
    assert result.problems == ()


def test_markers_of_a_column_add_to_those_of_the_file() -> None:
    pattern = files(values={"height": {**HEIGHT, "missing": ["999"]}}, missing=["unknown"])
    result = cleaned("USUBJID,HEIGHT_CM\nS1,999\nS2,Unknown\nS3,\n", pattern)
    assert [row.values for row in result.values] == [{}, {}, {}]


def test_row_shorter_than_the_header_lacks_its_last_values() -> None:
    assert cleaned("USUBJID,HEIGHT_CM\nS1\n").values[0].values == {}


def test_formula_is_text_and_never_evaluated() -> None:
    result = cleaned('USUBJID,HEIGHT_CM\n=cmd|calc,170\nS2,=170+1\n"=""001""",171\n')
    assert heights(result) == {"=cmd|calc": 1.7, '="001"': 1.71}
    assert codes(result) == [(3, "HEIGHT_CM", "number")]


def test_integer_text_and_choice_keep_what_is_written() -> None:
    values = {
        "age": {"column": "AGE", "type": "integer"},
        "note": {"column": "NOTE", "type": "text"},
        "side": {"column": "SIDE", "choices": ["left", "right"]},
    }
    (row,) = cleaned("USUBJID,AGE,NOTE,SIDE\nS1,65.0,=1+1,LEFT\n", files(values=values)).values
    assert {name: value.value for name, value in row.values.items()} == {
        "age": 65,
        "note": "=1+1",
        "side": "left",
    }


def test_text_outside_the_choices_is_a_problem() -> None:
    values = {"side": {"column": "SIDE", "choices": ["left", "right"]}}
    (problem,) = cleaned("USUBJID,SIDE\nS1,both\n", files(values=values)).problems
    assert problem.sentence == "Row 2, column SIDE: the cell is none of left, right."


class TestEntities:
    def test_subject_is_taken_out_of_the_identifier_with_study_and_site_of_the_key(self) -> None:
        entity = {"subject": {**SUBJECT, "match": "{study}-{site}-{subject}"}}
        result = cleaned(
            "USUBJID,HEIGHT_CM\nPARKINSON-GAIT-01-US01-007,170\n"
            "parkinson-gait-01-UK01-008,170\nother-US01-009,170\n",
            files(entity),
        )
        assert heights(result) == {"007": 1.7}
        assert codes(result) == [(3, "USUBJID", "subject"), (4, "USUBJID", "subject")]

    def test_field_that_the_key_does_not_have_is_free(self) -> None:
        entity = {"subject": {**SUBJECT, "match": "{country}-{subject}"}}
        assert heights(cleaned("USUBJID,HEIGHT_CM\nDE-S-1,170\n", files(entity))) == {"S-1": 1.7}

    def test_leading_zeros_stay(self) -> None:
        assert heights(cleaned("USUBJID,HEIGHT_CM\n001,170\n")) == {"001": 1.7}

    @pytest.mark.parametrize("said", ["BASELINE", "baseline", " Baseline ", "V1", "v1"])
    def test_visit_is_mapped_exactly_else_in_any_case(self, said: str) -> None:
        result = cleaned(f"USUBJID,VISIT,HEIGHT_CM\nS1,{said},170\n", files({"visit": VISIT}))
        assert [row.visit for row in result.values] == ["V1"]

    def test_exact_visit_wins_over_one_in_another_case(self) -> None:
        visit = {"column": "VISIT", "map": {"Week": "V1", "WEEK": "V2"}}
        result = cleaned("USUBJID,VISIT,HEIGHT_CM\nS1,WEEK,170\n", files({"visit": visit}))
        assert [row.visit for row in result.values] == ["V2"]

    def test_unmapped_visit_is_a_problem_that_offers_the_nearest(self) -> None:
        result = cleaned("USUBJID,VISIT,HEIGHT_CM\nS1,WEEK 5,170\n", files({"visit": VISIT}))
        assert "the nearest is WEEK 4" in result.problems[0].sentence

    def test_row_without_visit_is_a_problem(self) -> None:
        result = cleaned("USUBJID,VISIT,HEIGHT_CM\nS1,,170\n", files({"visit": VISIT}))
        assert codes(result) == [(2, "VISIT", "missing_visit")]

    def test_date_is_read_by_its_format_and_may_be_missing(self) -> None:
        pattern = files({"date": {"column": "VSDT", "format": "%d%b%Y"}})
        result = cleaned("USUBJID,VSDT,HEIGHT_CM\nS1,04MAR2024,170\nS2,,171\n", pattern)
        assert [row.date for row in result.values] == ["2024-03-04", None]

    @pytest.mark.parametrize("name", ["x" * 129, "a\x00b", '"a\nb"'])
    def test_name_that_the_ledger_cannot_hold_is_a_problem(self, name: str) -> None:
        assert codes(cleaned(f"USUBJID,HEIGHT_CM\n{name},170\n")) == [(2, "USUBJID", "subject")]


class TestColumns:
    @pytest.mark.parametrize("header", ["usubjid,height_cm", " USUBJID ,\ufeffHeight_cm"])
    def test_case_and_white_space_of_a_header_are_set_aside(self, header: str) -> None:
        assert heights(cleaned(f"{header}\nS1,170\n")) == {"S1": 1.7}

    def test_exact_name_wins_over_the_same_in_another_case(self) -> None:
        assert heights(cleaned("USUBJID,height_cm,HEIGHT_CM\nS1,1,170\n")) == {"S1": 1.7}

    def test_missing_value_column_costs_its_value_and_names_the_nearest(self) -> None:
        pattern = files(values={"height": HEIGHT, "weight": WEIGHT})
        result = cleaned("USUBJID,HEIGHT_CMS,WEIGHT\nS1,170,80\n", pattern)
        assert [set(row.values) for row in result.values] == [{"weight"}]
        assert codes(result) == [(None, "HEIGHT_CM", "missing_column")]
        assert "the nearest is HEIGHT_CMS" in result.problems[0].sentence

    def test_missing_subject_column_is_one_problem_and_rejects_every_row(self) -> None:
        result = cleaned("SUBJID,HEIGHT_CM\nS1,170\nS2,171\n")
        assert (result.rows, result.rejected) == (2, 2)
        assert codes(result) == [(None, "USUBJID", "missing_column")]

    @pytest.mark.parametrize("title", ["Heights of the study", "Heights,made on Monday,by us"])
    def test_header_below_a_title_is_told_with_its_line(self, title: str) -> None:
        result = cleaned(f"{title}\n\nUSUBJID,HEIGHT_CM\nS1,170\n")
        assert [each.code for each in result.problems] == ["header_not_first"]
        told = result.problems[0].sentence
        assert "The header must be the first line; it seems to be in line 3." in told

    def test_header_far_below_is_not_looked_for(self) -> None:
        result = cleaned("Heights\n" + "text\n" * 9 + "USUBJID,HEIGHT_CM\nS1,170\n")
        assert {each.code for each in result.problems} == {"missing_column"}

    def test_file_without_header_shows_none_of_its_values(self) -> None:
        result = cleaned("Jane Doe,170\nJohn Doe,171\n")
        assert len(result.problems) == 2
        assert not any("Doe" in problem.sentence for problem in result.problems)

    def test_wanted_column_that_is_there_twice_is_a_problem(self) -> None:
        result = cleaned("USUBJID,HEIGHT_CM,HEIGHT_CM,NOTE,NOTE\nS1,170,171,a,b\n")
        assert codes(result) == [(None, "HEIGHT_CM", "duplicate_column")]


class TestRowsOfOneEntity:
    def test_row_said_twice_counts_once(self) -> None:
        result = cleaned("USUBJID,HEIGHT_CM\nS1,170\nS1,170.0\n")
        assert [row.row_number for row in result.values] == [2]
        assert (result.rows, result.accepted, result.problems) == (2, 2, ())

    def test_rows_that_differ_are_all_rejected_and_name_each_other(self) -> None:
        result = cleaned("USUBJID,HEIGHT_CM\nS1,170\nS2,165\nS1,171\nS1,170\n")
        assert heights(result) == {"S2": 1.65}
        assert result.rejected == 3
        assert [problem.row for problem in result.problems] == [2, 4, 5]
        assert all("Rows 2, 4 and 5," in problem.sentence for problem in result.problems)

    def test_many_differing_rows_are_named_in_part(self) -> None:
        rows = "".join(f"S1,{height}\n" for height in range(150, 200))
        result = cleaned(f"USUBJID,HEIGHT_CM\n{rows}")
        assert len(result.problems) == 50
        assert "Rows 2, 3, 4 and 47 more," in result.problems[0].sentence

    def test_rows_may_complete_each_other(self) -> None:
        pattern = files(values={"height": HEIGHT, "weight": WEIGHT})
        result = cleaned("USUBJID,HEIGHT_CM,WEIGHT\nS1,170,\nS1,,80\n", pattern)
        assert [set(row.values) for row in result.values] == [{"height"}, {"weight"}]

    def test_row_that_takes_no_part_in_a_conflict_counts(self) -> None:
        pattern = files(values={"height": HEIGHT, "weight": WEIGHT})
        result = cleaned("USUBJID,HEIGHT_CM,WEIGHT\nS1,170,\nS1,171,\nS1,,80\n", pattern)
        assert [row.row_number for row in result.values] == [4]

    def test_rejected_row_contradicts_nothing(self) -> None:
        result = cleaned("USUBJID,HEIGHT_CM\nS1,170\nS1,17000\n")
        assert heights(result) == {"S1": 1.7}

    def test_visits_and_dates_keep_rows_apart(self) -> None:
        pattern = files({"visit": VISIT, "date": {"column": "VSDT"}})
        result = cleaned(
            "USUBJID,VISIT,VSDT,HEIGHT_CM\n"
            "S1,V1,2024-01-01,170\nS1,V2,2024-01-01,171\nS1,V2,2024-01-02,172\n",
            pattern,
        )
        assert result.accepted == 3


def test_unreadable_file_is_one_problem_about_the_file() -> None:
    result = clean(b"PK\x03\x04", files(), study=STUDY, fields={})
    assert (result.values, result.rows) == ((), 0)
    assert codes(result) == [(None, None, "not_text")]


def test_stated_delimiter_and_encoding_are_used() -> None:
    pattern = files(delimiter="~", encoding="cp1250")
    content = "USUBJID~HEIGHT_CM\nŁ1~170\n".encode("cp1250")
    assert heights(clean(content, pattern, study=STUDY, fields={})) == {"Ł1": 1.7}


CELLS = st.one_of(
    st.sampled_from(["S1", "S2", "170", "171,5", "1,715", "NA", "", "V1", "WEEK 4", "2024-01-01"]),
    st.text(max_size=8),
)
ROWS = st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=12)
EVERYTHING = files({"visit": VISIT, "date": {"column": "VSDT"}})


def written(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    header = ["USUBJID", "VISIT", "VSDT", "HEIGHT_CM"]
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode("utf-8", "surrogatepass")


@given(ROWS, st.sampled_from(DELIMITERS))
def test_every_row_is_accepted_or_has_a_problem(rows: list[list[str]], delimiter: str) -> None:
    result = clean(written(rows, delimiter), EVERYTHING, study=STUDY, fields={})
    rejected = {problem.row for problem in result.problems}
    assert result.rows == result.accepted + result.rejected
    assert len(rejected) == result.rejected
    assert not rejected & {row.row_number for row in result.values}
    assert len(result.values) <= result.accepted


@given(ROWS, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(rows: list[list[str]], random: Random) -> None:
    shuffled = random.sample(rows, len(rows))
    before, after = (
        clean(written(each), EVERYTHING, study=STUDY, fields={}) for each in (rows, shuffled)
    )
    assert (before.rows, before.rejected) == (after.rows, after.rejected)
    assert sorted(map(_said, before.values)) == sorted(map(_said, after.values))


def _said(row: CleanRow) -> tuple[str, ...]:
    return (row.subject, str(row.visit), str(row.date), str(row.values.get("height")))


SECRET = "Zq7vX9"  # pragma: allowlist secret


@given(ROWS, st.integers(0, 11), st.integers(0, 3))
def test_no_problem_repeats_what_a_cell_holds(rows: list[list[str]], row: int, place: int) -> None:
    if rows:
        rows[row % len(rows)][place] = SECRET
    result = clean(written(rows), EVERYTHING, study=STUDY, fields={})
    assert not any(SECRET in problem.sentence for problem in result.problems)


@given(st.binary(max_size=200))
def test_no_content_makes_cleaning_raise(content: bytes) -> None:
    clean(b"USUBJID,HEIGHT_CM\n" + content, files(), study=STUDY, fields={})
    clean(content, files(), study=STUDY, fields={})
