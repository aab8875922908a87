"""Pipelines saved by SKDH: read as data, carried over whole, or refused."""

from __future__ import annotations

import pytest

from wearline.core.definitions import read_definition
from wearline.core.release_signatures import release_signature

from .example import problems

RELEASE = release_signature("skdh-0.17.18")


def step(process: str, module: str, parameters: str = "{}", **others: str) -> str:
    lines = {"module": module, "name": process, "package": "skdh", "parameters": parameters}
    lines |= {"plot_file": "null", "process": process, "save_file": "null"} | others
    return "- " + "\n  ".join(f"{key}: {value}" for key, value in lines.items()) + "\n"


def saved(*steps: str, version: str = "0.17.18") -> str:
    listed = "\n" + "".join(steps) if steps else " []\n"
    return f"Steps:{listed}Version: {version}\n"


CUTPOINTS = (
    "{cutpoints: {kwargs: {take_abs: true}, light: 0.09145833333333334, metric: metric_enmo, "
    "moderate: 0.4370833333333334, sedentary: 0.08041666666666666}}"
)


def test_what_skdh_saved_becomes_steps_without_what_is_the_default() -> None:
    text = saved(
        step("ReadCwa", "io.axivity", "{ext_error: warn, trim_keys: null}"),
        step("GetDayWindowIndices", "preprocessing.window_days", "{bases: [0], periods: [24]}"),
        step("CtaWearDetection", "preprocessing.wear_detection", "{temp_thresh: 25.0}"),
        step("Sleep", "sleep.sleep", "{day_window: !!python/tuple [12, 24], start_buffer: 0}"),
        step("ActivityLevelClassification", "activity.core", CUTPOINTS),
    )
    found = read_definition(text, "a.skdh", RELEASE)
    assert found.faults == []
    assert found.document.faults == []
    assert found.format == {"type": "axivity"}
    assert found.steps == [
        {"GetDayWindowIndices": {"bases": [0], "periods": [24]}},
        {"CtaWearDetection": {"temp_threshold": 25.0}},
        {"Sleep": {}},
        {"ActivityLevelClassification": {"cutpoints": "esliger_rwirst_adult"}},
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "this is no pipeline saved by SKDH, which has Steps and Version"),
        (
            saved(step("system", "path", package="os")),
            "system comes from the package os; only skdh is run",
        ),
        (
            saved(step("MyOwn", "mine")),
            "MyOwn cannot be carried over: skdh-0.17.18 has no such step",
        ),
        (
            saved(step("Sleep", "utility.internal")),
            "Sleep of skdh.utility.internal is not Sleep of skdh.sleep",
        ),
        (
            saved(step("Sleep", "sleep.sleep", save_file="out.csv")),
            (
                "save_file cannot be carried over: Wearline writes all tables and pictures; "
                "set it to null"
            ),
        ),
        (
            saved(step("Sleep", "sleep.sleep", name="first")),
            "the name 'first' cannot be carried over; results are named by table",
        ),
        (
            saved(step("MultiReader", "io.multireader")),
            "MultiReader cannot be carried over: a recording is one file",
        ),
        (
            saved(step("Sleep", "sleep.sleep"), step("ReadBin", "io.geneactiv")),
            "ReadBin is not the first step; only the first can read",
        ),
        (
            saved(step("ReadBin", "io.geneactiv", "{trim_keys: [a, b]}")),
            "trim_keys of ReadBin cannot be carried over",
        ),
        (
            saved(version="0.18.0"),
            (
                "SKDH 0.18.0 saved it, and the pipeline runs on 0.17.18; save it with 0.17.18, "
                "or name a later version"
            ),
        ),
    ],
)
def test_what_cannot_be_carried_over_is_refused(text: str, sentence: str) -> None:
    found = read_definition(text, "a.skdh", RELEASE)
    assert [fault.sentence for fault in found.faults] == [sentence]


def test_only_the_tag_of_tuples_is_read() -> None:
    text = saved(step("Sleep", "sleep.sleep", "!!python/object/apply:os.system [ls]"))
    [fault] = read_definition(text, "a.skdh", RELEASE).document.faults
    assert fault.sentence == "the tag !!python/object/apply:os.system is not read; leave it out"
    assert fault.place.line == 5


STUDY = """
study: a
timezone: {default: UTC}
buckets: [{name: a-data}]
results: {bucket: a-data, prefix: results/}
files:
  wrist: {kind: data, key: "raw/{subject}.bin", pipelines: [p]FORMAT}
pipelines:
  p: {skdh: 0.17.18, definition: p.skdh}
"""


def checked(definition: str, form: str = "") -> list[str]:
    from wearline.core.study_file import StudyFileError, parse_study

    try:
        parse_study(STUDY.replace("FORMAT", form), "study.yaml", lambda _: definition)
    except StudyFileError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_a_reader_step_becomes_the_format_of_the_files() -> None:
    assert checked(saved(step("ReadBin", "io.geneactiv"))) == []


def test_a_reader_step_must_agree_with_the_format_given() -> None:
    assert checked(saved(step("ReadBin", "io.geneactiv")), ", format: axivity") == [
        "study.yaml:7:73: files.wrist.format: the definition of p reads geneactiv, not axivity"
    ]


def test_a_csv_reader_needs_the_format_written_out() -> None:
    assert checked(saved(step("ReadCSV", "io.csv"))) == [
        (
            "study.yaml:7:3: files.wrist: SKDH saves too little of its CSV reader; "
            "add the format: {csv: ...}"
        ),
    ]


def test_a_definition_of_steps_alone_needs_a_format() -> None:
    assert checked(saved()) == ["study.yaml:7:3: files.wrist: 'format' is missing"]


def test_a_bad_parameter_is_placed_in_the_definition() -> None:
    text = saved(step("Sleep", "sleep.sleep", "{tso_perc: 120}"))
    found = checked(text, ", format: geneactiv")
    assert "p.skdh:5:26: Steps.0.parameters.tso_perc: expected at most 100, found 120" in found


def test_a_definition_that_is_missing_is_one_problem() -> None:
    text = "pipelines: {p: {skdh: 0.17.18, definition: nowhere.skdh}}"
    assert sum("nowhere.skdh" in problem for problem in problems(text)) == 1
