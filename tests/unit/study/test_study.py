"""The configuration as the functions read it: stored, classified, resolved."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.formats import plan_format
from wearline.core.steps import NoCaseForValue, resolve_steps
from wearline.core.study import (
    DataFile,
    DecisionsFile,
    Ignored,
    MetadataFile,
    StudyConfiguration,
    classify,
)

from .example import BUCKET, study

STUDY = study()
LUMBAR = "raw/UK01/S 07+é%/V1_lumbar_2024-03-11.csv"


def test_what_is_stored_is_read_back_the_same() -> None:
    stored = STUDY.model_dump_json()
    again = StudyConfiguration.model_validate_json(stored)
    assert again == STUDY
    assert again.model_dump_json() == stored


def test_a_key_becomes_what_its_pattern_says() -> None:
    assert classify(STUDY, BUCKET, LUMBAR) == DataFile(
        "lumbar",
        {"site": "UK01", "subject": "S 07+é%", "visit": "V1", "date": "2024-03-11"},
    )
    assert classify(STUDY, BUCKET, "clinical/demographics_20240301.csv") == MetadataFile(
        "demographics", {"date": "20240301"}
    )
    assert classify(STUDY, BUCKET, "clinical/decisions_20240301.csv") == DecisionsFile(
        "decisions", {"date": "20240301"}
    )


@pytest.mark.parametrize(
    ("bucket", "key", "code"),
    [
        (BUCKET, "biomarkers/runs/1/run.json", "result"),
        (BUCKET, "raw/UK01/", "folder"),
        (BUCKET, "notes/read me.txt", "no_pattern"),
        ("another-bucket", LUMBAR, "other_bucket"),
    ],
)
def test_what_is_nothing_to_the_study_is_ignored_with_the_reason(
    bucket: str, key: str, code: str
) -> None:
    found = classify(STUDY, bucket, key)
    assert isinstance(found, Ignored)
    assert found.code == code
    assert key not in found.reason


@given(st.text(), st.text())
def test_classifying_never_raises(bucket: str, key: str) -> None:
    assert isinstance(classify(STUDY, bucket, key), Ignored)
    classify(STUDY, BUCKET, key)


def test_the_site_sets_the_time_zone_and_else_the_default() -> None:
    assert STUDY.time_zone({"site": "UK01"}) == "Europe/London"
    assert STUDY.time_zone({"site": "US01"}) == "America/New_York"


def test_a_choice_takes_the_case_of_the_recording() -> None:
    steps = resolve_steps(STUDY.pipelines["sleep-and-activity"], {"location": "right_wrist"})
    assert steps[-1] == {
        "process": "ActivityLevelClassification",
        "parameters": {"cutpoints": "esliger_rwirst_adult"},
    }


@pytest.mark.parametrize("location", ["lumbar", "from", None])
def test_a_choice_without_a_case_for_the_recording_says_what_to_do(location: str | None) -> None:
    with pytest.raises(NoCaseForValue, match=r"Add a case, or correct the location\."):
        resolve_steps(STUDY.pipelines["sleep-and-activity"], {"location": location})


def test_a_plan_names_a_format_with_its_options() -> None:
    files = STUDY.data_files()
    assert plan_format(files["wrist"].format) == {"type": "axivity"}
    assert plan_format(files["lumbar"].format) == {
        "type": "csv",
        "time": "timestamp",
        "accel": ["x", "y", "z"],
        "unit": "g",
        "gyro_unit": "rad/s",
        "clock": "local",
    }


def test_a_csv_without_a_clock_starts_when_its_key_says() -> None:
    lumbar = study(
        ("{date:%Y-%m-%d}.csv", "{start:%Y%m%dT%H%M%S}.csv"),
        ("time: timestamp", 'start: "{start}", sampling_rate: 100'),
    ).data_files()["lumbar"]
    fields = lumbar.template.match("raw/UK01/S1/V1_lumbar_20240311T093000.csv")
    assert fields is not None
    planned = plan_format(lumbar.format, lumbar.template.dates(fields))
    assert planned["start"] == "2024-03-11T09:30:00"


def test_the_functions_import_neither_yaml_nor_units() -> None:
    script = (
        "import sys, wearline.core.study, wearline.core.steps, wearline.core.release_signatures;"
        "print([name for name in ('yaml', 'pint', 'boto3') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
