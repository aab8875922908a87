"""A data manager's word on recordings: how it is read, and what it makes of a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.study.example import BUCKET, study

from wearline.aws import rows
from wearline.core.admission import Excluded, Planned, Waits, admit, whose
from wearline.core.completeness import completeness
from wearline.core.decision_rows import CleanedDecisions, clean_decisions
from wearline.core.decisions import applying
from wearline.core.file_patterns import DecisionsFiles
from wearline.core.ledger import FileVersion, MetadataRow, ObjectRow, Release, Source, StudyRow
from wearline.core.study import DataFile, classify
from wearline.flow.metadata import decision_rows

STUDY = study()
KEY = "raw/US01/S1/V1_left_wrist_2024-03-10.cwa"
LUMBAR = "raw/US01/S1/V1_lumbar_2024-03-10.csv"
HEADER = "key,subject,visit,location,action,details,reason,author,date\n"
BY = "wrong person,me,2024-04-01"
ROW = StudyRow(
    STUDY.study, "1", "f" * 64, "", {"skdh-0.17.18": Release("h", "t")}, "2024-01-01T00:00:00+00:00"
)


def pattern() -> DecisionsFiles:
    found = STUDY.files["decisions"]
    assert isinstance(found, DecisionsFiles)
    return found


def cleaned(*lines: str) -> CleanedDecisions:
    return clean_decisions((HEADER + "\n".join(lines)).encode(), pattern(), STUDY)


def held(*lines: str, day: str = "20240401", modified: str = "2024-04-01") -> list[MetadataRow]:
    """The rows of the ledger that a decisions file becomes."""
    result = cleaned(*lines)
    assert not result.problems, result.problems
    file = FileVersion(
        BUCKET, f"clinical/decisions_{day}.csv", None, "e", 1, f"{modified}T00:00:00Z"
    )
    source = ObjectRow(
        STUDY.study,
        BUCKET,
        file.key,
        "decisions",
        pattern="decisions",
        fields={"date": day},
        version=file,
    )
    return list(decision_rows(source, pattern(), result))


def height(subject: str, metres: float) -> MetadataRow:
    return MetadataRow(
        STUDY.study,
        subject,
        "V1",
        Source(BUCKET, "clinical/demographics_20240101.csv", None, "e", "2024-01-01", "2024-01-01"),
        1,
        "demographics",
        values={"height": {"value": metres, "unit": "m", "column": "HEIGHT_CM", "row": 2}},
    )


def file(key: str = KEY) -> ObjectRow:
    found = classify(STUDY, BUCKET, key)
    assert isinstance(found, DataFile)
    version = FileVersion(BUCKET, key, None, "e", 1, "2024-03-20T00:00:00+00:00")
    return ObjectRow(
        STUDY.study,
        BUCKET,
        key,
        "data",
        pattern=found.pattern,
        fields=dict(found.fields),
        version=version,
    )


def identity(*rows: MetadataRow, key: str = KEY, pipeline: str = "sleep-and-activity") -> Any:
    found = admit(STUDY, ROW, file(key), pipeline, rows)
    assert isinstance(found, Planned), found
    return found.plan.identity


def test_excluded_recording_says_why_and_by_whom() -> None:
    found = admit(STUDY, ROW, file(), "sleep-and-activity", held(f"{KEY},,,,exclude,,{BY}"))
    assert isinstance(found, Excluded)
    assert found.reason.sentence == "wrong person (me, 2024-04-01)"
    assert len(found.rests_on) == 1


@pytest.mark.parametrize(
    ("selectors", "selected"),
    [
        (f"{KEY},,,", True),
        (f"s3://{BUCKET}/{KEY},,,", True),
        (",S1,,", True),
        (",S1,V1,left_wrist", True),
        (",S1,V2,", False),
        (",S1,,right_wrist", False),
        (",S2,,", False),
        (KEY.replace("left", "right") + ",,,", False),
    ],
)
def test_selectors_must_all_agree(selectors: str, selected: bool) -> None:
    found = admit(STUDY, ROW, file(), "sleep-and-activity", held(f"{selectors},exclude,,{BY}"))
    assert isinstance(found, Excluded) == selected


def test_exclusion_comes_before_what_the_recording_waits_for() -> None:
    assert isinstance(admit(STUDY, ROW, file(LUMBAR), "gait", []), Waits)
    assert isinstance(
        admit(STUDY, ROW, file(LUMBAR), "gait", held(f",S1,,,exclude,,{BY}")), Excluded
    )


def test_withdrawn_decision_changes_nothing() -> None:
    (row,) = held(f"{KEY},,,,exclude,,{BY}")
    assert identity(replace(row, withdrawn=True)) == identity()


def test_accepted_finding_no_longer_fails_the_run() -> None:
    found = identity(*held(f",S1,,,accept,gaps,{BY}"))
    assert found["quality"]["accept"] == ["gaps"]
    assert found["decisions"] == []


def test_reassigned_recording_is_of_the_other_subject_and_takes_its_height() -> None:
    rows = [*held(f"{LUMBAR},,,,reassign,subject=S2,{BY}"), height("S1", 1.5), height("S2", 1.8)]
    assert whose(STUDY, file(LUMBAR), rows) == "S2"
    found = identity(*rows, key=LUMBAR, pipeline="gait")
    assert found["recording"]["subject"] == found["fields"]["subject"] == "S2"
    assert found["metadata"]["height"]["value"] == 1.8


def test_reassigned_location_chooses_the_parameters_too() -> None:
    found = identity(*held(f"{KEY},,,,reassign,location=right_wrist,{BY}"))
    assert found["recording"]["location"] == "right_wrist"
    assert found["steps"][-1]["parameters"]["cutpoints"] == "esliger_rwirst_adult"


def test_trims_all_cut_and_are_instants() -> None:
    found = identity(
        *held(
            f"{KEY},,,,trim,from=2024-03-10T01:00; to=2024-03-12T18:00,{BY}",
            f"{KEY},,,,trim,from=2024-03-10T12:00+00:00,{BY}",
        )
    )
    assert found["decisions"] == [
        {
            "action": "trim",
            "from": "2024-03-10T12:00:00.000+00:00",
            "to": "2024-03-12T22:00:00.000+00:00",
        }
    ]


def test_later_date_decides_then_the_newer_file() -> None:
    one = f"{KEY},,,,reassign,visit=V2,why,me,2024-04-02"
    other = f"{KEY},,,,reassign,visit=V1,why,me,2024-04-01"
    assert identity(*held(one, other))["recording"]["visit"] == "V2"
    older = held(one, day="20240402")
    newer = held(one.replace("V2", "V9"), day="20240403")
    assert identity(*newer, *older)["recording"]["visit"] == "V9"


def test_every_decision_that_applies_is_in_the_origin() -> None:
    found = admit(
        STUDY,
        ROW,
        file(),
        "sleep-and-activity",
        held(f",S1,,,accept,gaps,{BY}", f",S1,V2,,exclude,,{BY}"),
    )
    assert isinstance(found, Planned)
    (origin,) = found.plan.origin["decisions"]
    assert (origin["reason"], origin["author"], origin["row"]) == ("wrong person", "me", 2)
    assert origin["source"]["key"] == "clinical/decisions_20240401.csv"


def test_another_reason_makes_no_other_run() -> None:
    one = identity(*held(f",S1,,,accept,gaps,{BY}"))
    assert one == identity(*held(",S1,,,accept,gaps,another reason,you,2024-05-01"))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("raw/US01/nothing.txt,,,,exclude,,why,me,2024-04-01", "key"),
        (",,,,exclude,,why,me,2024-04-01", "selects_nothing"),
        (f"{KEY},S2,,,exclude,,why,me,2024-04-01", "subject"),
        (",S1,,left_wirst,exclude,,why,me,2024-04-01", "location"),
        (",S1,,,forget,,why,me,2024-04-01", "action"),
        (",S1,,,accept,gpa,why,me,2024-04-01", "details"),
        (",S1,,,accept,,why,me,2024-04-01", "details"),
        (",S1,,,reassign,,why,me,2024-04-01", "details"),
        (",S1,,,reassign,height=2,why,me,2024-04-01", "details"),
        (",S1,,,reassign,location=nose,why,me,2024-04-01", "location"),
        (",S1,,,trim,from=yesterday,why,me,2024-04-01", "details"),
        (",S1,,,trim,,why,me,2024-04-01", "details"),
        (",S1,,,exclude,,,me,2024-04-01", "missing"),
        (",S1,,,exclude,,why,,2024-04-01", "missing"),
        (",S1,,,exclude,,why,me,01/04/2024", "date"),
    ],
)
def test_row_that_cannot_be_meant_is_a_problem_that_repeats_nothing(row: str, code: str) -> None:
    good = ",S1,,,exclude,,why,me,2024-04-01"
    result = cleaned(row, good)
    assert [problem.code for problem in result.problems] == [code]
    assert (result.rows, result.rejected) == (2, 1)
    assert "gpa" not in result.problems[0].sentence


def test_file_without_its_columns_is_one_problem_for_each() -> None:
    result = clean_decisions(b"key,action\nx,exclude\n", pattern(), STUDY)
    assert [problem.column for problem in result.problems] == ["reason", "author", "date"]
    assert result.rejected == 1


def test_decision_comes_back_from_the_ledger_as_it_went() -> None:
    (row,) = held(
        f"{KEY},,,,trim,from=2024-03-10T09:00,{BY}",
        f",S1,,,accept,gaps,{BY}",
        f",S1,,,exclude,,{BY}",
    )
    back = rows.parsed(MetadataRow, rows.item(row))
    assert back == row
    assert applying(STUDY, file(), [back]) == applying(STUDY, file(), [row])


def test_reassigned_recording_stands_where_it_was_put() -> None:
    decided = held(f"{KEY},,,,reassign,subject=S2; visit=V2; location=right_wrist,{BY}")
    found = completeness(STUDY, [file()], decided)
    (there,) = [cell for cell in found.cells if cell.key == KEY]
    assert (there.subject, there.visit, there.location) == ("S2", "V2", "right_wrist")
    assert found.subjects == ("S2",)
