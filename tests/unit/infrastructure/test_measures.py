"""What is measured, and that alarms and dashboard watch nothing that nobody measures."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.watched import watched

from wearline.core.ledger import FileVersion, ObjectRow, RunRow
from wearline.core.measures import of_start, of_verdict

from .conftest import ROOT, Templates

RUNBOOK, TRIED = (ROOT / "docs/runbook.md").read_text(), "## Tried"
PROMISES = "## What tells that a promise is broken"
FILE = FileVersion("b", "k", "1", "e", 100_000_000, "2026-01-01T00:00:00+00:00")
ROW = ObjectRow("gait", "b", "k", "data", version=FILE, arrived="2026-01-01T00:00:00.000+00:00")
RUN = RunRow(
    "0" * 40, "gait", "b", "k", "sleep", "succeeded", 1, "2026-01-01T00:00:10.000+00:00",
    ended="2026-01-01T00:03:00.500+00:00", cost={"cpu_s": 120.0, "wall_s": 150.0},
)  # fmt: skip


def test_a_start_is_measured_from_the_arrival_of_its_file() -> None:
    assert of_start(ROW, "2026-01-01T00:00:12.500+00:00") == {"SecondsToStart": 12.5}
    assert of_start(None, "2026-01-01T00:00:12.500+00:00") == {}


def test_a_verdict_tells_time_compute_and_dollars() -> None:
    measured = of_verdict(RUN, ROW)
    assert measured["SecondsToResult"] == 180.5
    assert measured["CpuSeconds"] == 120.0
    assert measured["EstimatedDollars"] == pytest.approx(0.0029, rel=0.1)


def test_a_run_without_a_record_of_its_cost_costs_nothing_that_we_know() -> None:
    assert set(of_verdict(replace(RUN, cost={}), ROW)) == {"SecondsToResult"}


def test_states_of_a_run_that_the_dashboard_shows_are_those_that_the_machine_tells_apart() -> None:
    machine = (ROOT / "statemachines/processing.asl.yaml").read_text()
    told = {f"Run{state.capitalize()}" for state in re.findall(r"input\.state = '(\w+)'", machine)}
    assert len(told) == 4
    assert told <= {name for name, _ in watched()}


def test_the_runbook_knows_every_alarm_and_no_other(templates: Templates) -> None:
    named = {
        each.properties["AlarmName"]["Fn::Sub"].removeprefix("wearline-${Environment}-")
        for each in templates.resources("AWS::CloudWatch::Alarm")
    }
    assert alarms_in(RUNBOOK.partition(TRIED)[0]) == named


def test_the_runbook_says_of_each_alarm_how_it_was_tried(templates: Templates) -> None:
    tried = RUNBOOK.partition(TRIED)[2]
    others = {
        each.properties["AlarmName"]["Fn::Sub"].removeprefix("wearline-${Environment}-")
        for each in templates.resources("AWS::CloudWatch::Alarm")
    }
    assert alarms_in(tried) == {name for name in others if not name.endswith("dead-letters")}
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", tried):
        assert f"def {name}(" in tests, name


def test_each_promise_names_alarms_that_there_are(templates: Templates) -> None:
    section = RUNBOOK.partition(PROMISES)[2].partition(TRIED)[0]
    rows = re.findall(r"^\| (\d[^|]*) \| ([^|]*) \|$", section, re.MULTILINE)
    assert sorted(n for about, _ in rows for n in re.findall(r"(\d),", about)) == list("1234567")
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+|recovered|unaccounted)`", section))
    assert named <= alarms_in(RUNBOOK.partition(PROMISES)[0])


def alarms_in(page: str) -> set[str]:
    rows = re.findall(r"^\| (`[^|]+`) \|", page, re.MULTILINE)
    return {alarm for row in rows for alarm in re.findall(r"`([\w-]+)`", row)}
