"""What the report says of a study, before any page is made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.report.made_up import NOW, STUDY, known

from wearline.core.ledger import ObjectRow, ProblemRow
from wearline.core.problems import run_failed_id
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
    row = made.rows[0]
    [pipeline] = row.pipelines
    problem = ProblemRow(
        STUDY.study,
        run_failed_id(row.bucket, row.key, pipeline),
        "run_failed",
        "whatever it says",
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
    file = {"bucket": "b", "key": f"{number} {location} {state}"}
    return {**file, "state": state, "location": location, "values": {"worn_h": number}}


def test_outliers_lie_beyond_the_fences_of_their_own_location() -> None:
    usual = [value(100 + number) for number in range(20)]
    elsewhere = [value(1000 + number, "lumbar") for number in range(20)]
    marked = outliers([*usual, *elsewhere, value(1000), value(9000, state="failed")])
    assert [each["recording"] for each in marked] == [40]
    assert marked[0]["low"] < 100
    assert marked[0]["high"] < 1000


def test_a_handful_of_values_has_no_outliers() -> None:
    usual = [value(100) | {"key": str(number)} for number in range(FEWEST - 2)]
    assert outliers([*usual, value(1e6)]) == []
    assert len(outliers([value(100), *usual, value(1e6)])) == 1


def test_a_file_of_two_pipelines_is_one_value_of_its_measure() -> None:
    usual = [value(100 + number) for number in range(FEWEST - 1)]
    assert outliers([value(1000), *usual, *usual]) == outliers([value(1000), *usual]) != []
    assert outliers([value(1000), *usual[:-1], *usual[:-1]]) == []


def test_recordings_whose_wear_is_unknown_are_not_said_to_have_enough_days(
    made: Known, model: dict[str, Any]
) -> None:
    cells = [cell for row in model["matrix"]["subjects"] for cell in row["cells"] if cell]
    enough = sum(cell["state"] == "succeeded" and cell["enough"] is True for cell in cells)
    assert any(cell["state"] == "succeeded" and cell["enough"] is None for cell in cells)
    assert 0 < model["counts"]["enough_days"] <= enough


def test_of_two_buckets_with_one_key_each_cell_and_problem_opens_its_own() -> None:
    """One key under two buckets: the newer file speaks for the cell; either problem for its own."""
    made = known(200)
    failed = next(row for row in made.rows if "failed" in _states(row))
    [pipeline] = failed.pipelines
    newer = replace(failed, bucket="second", arrived="2026-06-01T07:00:00+00:00")
    problems = [
        ProblemRow(
            STUDY.study, run_failed_id(row.bucket, row.key, pipeline), "run_failed", "", "", "",
            True, made.now,
        )
        for row in (failed, newer)
    ]  # fmt: skip
    told = report_model(replace(made, rows=[failed, newer], problems=problems))
    opened = [told["recordings"][each["recording"]] for each in told["attention"][:2]]
    assert [each["bucket"] for each in opened] == [failed.bucket, "second"]
    [cell] = [
        cell for row in told["matrix"]["subjects"] for cell in row["cells"]
        if cell and cell["state"] == "failed"
    ]  # fmt: skip
    assert told["recordings"][cell["recording"]]["bucket"] == "second"


def _states(row: ObjectRow) -> set[str]:
    return {each.disposition for each in row.pipelines.values()}


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
