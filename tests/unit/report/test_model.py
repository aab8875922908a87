"""What the report says of a study, before any page is made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.report.made_up import NOW, STUDY, known

from wearline.core.ledger import ProblemRow
from wearline.report.distributions import FEWEST, outliers
from wearline.report.model import Known, age_days, report_model
from wearline.report.pictures import embedded, in_order

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 92


@pytest.fixture(scope="module")
def made() -> Known:
    return known(300)


@pytest.fixture(scope="module")
def model(made: Known) -> dict[str, Any]:
    return report_model(made)


def test_every_data_file_and_pipeline_is_a_recording(made: Known, model: dict[str, Any]) -> None:
    assert len(model["recordings"]) == len(made.rows) == 300
    counted = sum(model["counts"]["states"].values())
    assert counted == 300


def test_the_model_is_plain_json(model: dict[str, Any]) -> None:
    assert json.loads(json.dumps(model, allow_nan=False)) == model


def test_cells_name_the_recording_that_speaks_for_them(model: dict[str, Any]) -> None:
    named = [
        (row["subject"], column, cell)
        for row in model["matrix"]["subjects"]
        for column, cell in zip(model["matrix"]["columns"], row["cells"], strict=True)
        if cell and cell["recording"] is not None
    ]
    assert named
    for subject, column, cell in named:
        recording = model["recordings"][cell["recording"]]
        assert (recording["subject"], recording["visit"]) == (subject, column["visit"])
        assert recording["state"] == cell["state"]


def test_open_problems_come_first_with_the_command_that_helps(
    made: Known, model: dict[str, Any]
) -> None:
    kinds = [each["kind"] for each in model["attention"]]
    assert kinds[: len(made.problems)].count("run_failed") == kinds.count("run_failed")
    failed = next(each for each in model["attention"] if each["kind"] == "run_failed")
    recording = model["recordings"][failed["recording"]]
    assert recording["key"] in failed["command"]
    waiting = next(each for each in model["attention"] if each["kind"] == "requirement_missing")
    assert waiting["command"] == f"wearline metadata missing {STUDY.study}"


def test_what_no_problem_tells_of_needs_a_person_too(model: dict[str, Any]) -> None:
    kinds = {each["kind"] for each in model["attention"]}
    assert {"stale", "too_few_valid_days", "recording_missing"} <= kinds


def test_a_key_with_quotes_makes_a_command_that_a_shell_reads_as_one_word() -> None:
    made = known(60, subjects=("a'; rm -rf $HOME",))
    failed = [each for each in report_model(made)["attention"] if each["kind"] == "run_failed"]
    row = replace(made.rows[0], pipelines={})
    problem = ProblemRow(
        STUDY.study,
        "x",
        "run_failed",
        f"None of s3://{row.bucket}/{row.key}",
        "",
        "",
        True,
        made.now,
    )
    hostile = report_model(replace(made, rows=[row], problems=[problem]))["attention"][0]
    assert hostile["command"].startswith("wearline explain 's3://")
    assert "'\"'\"'" in hostile["command"]
    assert all(each["command"].count("explain") == 1 for each in failed)


def test_flow_counts_a_file_once_and_a_run_on_its_last_day(
    made: Known, model: dict[str, Any]
) -> None:
    assert sum(day["arrived"] for day in model["flow"]) == len(made.rows)
    ended = sum(day["succeeded"] + day["failed"] for day in model["flow"])
    states = model["counts"]["states"]
    assert ended == states["succeeded"] + states["failed"]
    assert [day["day"] for day in model["flow"]] == sorted(day["day"] for day in model["flow"])


def value(number: float, location: str = "wrist", state: str = "succeeded") -> dict[str, Any]:
    return {"state": state, "location": location, "values": {"worn_h": number}}


def test_outliers_lie_beyond_the_fences_of_their_own_location() -> None:
    usual = [value(100 + number) for number in range(20)]
    elsewhere = [value(1000 + number, "lumbar") for number in range(20)]
    marked = outliers([*usual, *elsewhere, value(1000), value(9000, state="failed")])
    assert [each["recording"] for each in marked] == [40]
    assert marked[0]["low"] < 100
    assert marked[0]["high"] < 1000


def test_a_handful_of_values_has_no_outliers() -> None:
    usual = [value(100) for _ in range(FEWEST - 2)]
    assert outliers([*usual, value(1e6)]) == []
    assert len(outliers([value(100), *usual, value(1e6)])) == 1


def test_pictures_of_what_needs_attention_are_embedded_first_within_the_budget(
    model: dict[str, Any],
) -> None:
    order = list(in_order(model))
    ranks = {
        f"{each['run']}/{name}": bool(each["outliers"])
        for each in model["recordings"]
        for name in each.get("pictures", ())
    }
    outlying = [ranks[name] for name, _ in order]
    assert outlying[0]
    assert not any(outlying[-20:])
    taken = embedded(model, lambda _: PNG, most_bytes=1050)
    assert list(taken) == [name for name, _ in order[:10]]


def test_only_pictures_that_are_pictures_are_embedded(model: dict[str, Any]) -> None:
    assert embedded(model, lambda _: b"<svg onload=alert(1)>", most_bytes=10**6) == {}
    assert embedded(model, lambda _: None, most_bytes=10**6) == {}


def test_ages_are_whole_days() -> None:
    assert age_days("2026-05-30T09:00:00+00:00", NOW.isoformat()) == 1
    assert age_days(None, NOW.isoformat()) is None
