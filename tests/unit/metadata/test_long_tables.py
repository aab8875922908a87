"""Long tables: a test code, a value and a unit a row, as in the VS domain of CDISC SDTM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from wearline.core.cleaning import Cleaned, clean
from wearline.core.file_patterns import MetadataFiles

VS = (Path(__file__).parent / "files" / "vs_v5.xpt").read_bytes()
LONG = {"test": "VSTESTCD", "value": "VSSTRESN", "unit": "VSSTRESU"}
HEIGHT = {"test": "HEIGHT", "unit": "cm", "minimum": 50, "maximum": 250}


def files(**changed: Any) -> MetadataFiles:
    described = {
        "kind": "metadata",
        "key": "clinical/{site}_vs.xpt",
        "entity": {
            "subject": {"column": "USUBJID", "match": "{study}-{site}-{subject}"},
            "visit": {"column": "VISIT", "map": {"BASELINE": "V1", "WEEK 4": "V2"}},
        },
        "long": LONG,
        "values": {"height": HEIGHT},
    }
    return MetadataFiles.model_validate({**described, **changed}, strict=False)


def cleaned(content: bytes | str, pattern: MetadataFiles | None = None) -> Cleaned:
    raw = content if isinstance(content, bytes) else content.encode()
    fields = {"site": "US01"}
    return clean(raw, pattern or files(), study="parkinson-gait-01", fields=fields)


def said(result: Cleaned) -> dict[tuple[str, str | None], dict[str, tuple[object, object]]]:
    return {(row.subject, row.visit): dict(row.said) for row in result.values}


def vs(*rows: str) -> str:
    header = "USUBJID,VISIT,VSTESTCD,VSSTRESN,VSSTRESU"
    return "\n".join([header, *(f"parkinson-gait-01-US01-{row}" for row in rows)])


def test_vital_signs_of_a_transport_file_become_heights_in_metres() -> None:
    result = cleaned(VS)
    assert said(result) == {
        ("S01", "V1"): {"height": (1.715, "m")},
        ("S02", "V1"): {"height": (1.715, "m")},
        ("S02", "V2"): {"height": (1.65735, "m")},
        ("S03", "V1"): {},
    }
    assert (result.rows, result.accepted, result.aside) == (4, 4, 2)


def test_each_row_has_its_own_unit() -> None:
    result = cleaned(vs("S1,BASELINE,HEIGHT,171.5,cm", "S2,BASELINE,HEIGHT,67,in"))
    assert said(result)["S2", "V1"] == {"height": (1.7018, "m")}


def test_bounds_hold_in_every_unit() -> None:
    result = cleaned(vs("S1,BASELINE,HEIGHT,2.6,m", "S2,BASELINE,HEIGHT,2.5,m"))
    assert [problem.sentence for problem in result.problems] == [
        "Row 2, column VSSTRESN: the cell is above the maximum of 250 cm."
    ]


def test_row_without_a_unit_has_that_of_the_configuration() -> None:
    assert said(cleaned(vs("S1,BASELINE,HEIGHT,171.5,")))["S1", "V1"] == {"height": (1.715, "m")}


def test_row_without_any_unit_is_no_height() -> None:
    pattern = files(values={"height": {"test": "HEIGHT"}})
    (problem,) = cleaned(vs("S1,BASELINE,HEIGHT,171.5,"), pattern).problems
    assert (problem.code, problem.column) == ("unit", "VSSTRESN")


@pytest.mark.parametrize("unit", ["kg", "cubit"])
def test_unit_that_is_none_of_a_height_is_refused_without_repeating_it(unit: str) -> None:
    (problem,) = cleaned(vs(f"S1,BASELINE,HEIGHT,70,{unit}")).problems
    assert problem.code == "unit"
    assert unit not in problem.sentence


def test_rows_of_other_tests_and_of_visits_set_aside_are_none() -> None:
    pattern = files(
        entity={
            "subject": {"column": "USUBJID"},
            "visit": {"column": "VISIT", "map": {"BASELINE": "V1", "UNSCHEDULED": None}},
        }
    )
    rows = vs("S1,BASELINE,PULSE,high,", "S1,Unscheduled,HEIGHT,tall,cm", "S1,BASELINE,HEIGHT,1,m")
    result = cleaned(rows, pattern)
    assert (result.rows, result.rejected, result.aside, result.problems) == (1, 0, 2, ())


def test_test_codes_match_in_any_case() -> None:
    assert said(cleaned(vs("S1,BASELINE,Height,171.5,cm")))


def test_two_heights_at_one_visit_that_differ_are_both_rejected() -> None:
    result = cleaned(vs("S1,BASELINE,HEIGHT,171.5,cm", "S1,BASELINE,HEIGHT,171.0,cm"))
    assert [problem.code for problem in result.problems] == ["conflict", "conflict"]


def test_values_of_one_visit_stand_side_by_side() -> None:
    pattern = files(values={"height": HEIGHT, "weight": {"test": "WEIGHT"}})
    result = cleaned(vs("S1,BASELINE,HEIGHT,171.5,cm", "S1,BASELINE,WEIGHT,154,lb"), pattern)
    assert [set(row.values) for row in result.values] == [{"height"}, {"weight"}]


def test_long_table_without_its_value_column_cannot_be_used() -> None:
    result = cleaned("USUBJID,VISIT,VSTESTCD,X\nparkinson-gait-01-US01-S1,BASELINE,HEIGHT,1\n")
    assert (result.rows, result.rejected) == (1, 1)
    assert [problem.column for problem in result.problems] == ["VSSTRESN", "VSSTRESU"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"values": {"height": {"column": "H", "unit": "cm"}}}, "of a long table has a test"),
        ({"long": None}, "has a test, which needs 'long'"),
        ({"values": {"height": {"column": "H", "test": "T"}}}, "and not both"),
        ({"values": {"height": {}}}, "'column' is missing"),
    ],
)
def test_values_are_columns_or_tests(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        files(**changed)
