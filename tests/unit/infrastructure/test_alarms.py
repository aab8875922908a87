"""Alarms that one study's good work cannot keep silent for another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wearline.core.platform import Platform
from wearline.core.study_file import read_study
from wearline.core.study_stack import study_stack
from wearline_cli import verification

from .conftest import Templates


@pytest.mark.parametrize("machine", ["processing", "catalog"])
def test_every_way_of_dying_of_a_machine_rings(templates: Templates, machine: str) -> None:
    ringing = [
        {
            each["MetricStat"]["Metric"]["MetricName"]
            for each in alarm.properties.get("Metrics", [])
            if "MetricStat" in each
            and f"-{machine}" in str(each["MetricStat"]["Metric"].get("Dimensions"))
        }
        for alarm in templates.resources("AWS::CloudWatch::Alarm")
    ]
    assert {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"} in ringing


def test_the_study_that_verifies_deployments_does_not_hide_that_no_other_is_swept(
    templates: Templates, tmp_path: Path, platform: Platform
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(
        verification.DOCUMENT.format(study="check", bucket="check-data", skdh="0.17.18")
    )
    checking = study_stack(read_study(path).study, platform)["Resources"]
    rate = checking["CatalogSchedule"]["Properties"]["ScheduleExpression"]
    days = re.fullmatch(r"rate\((\d+) days\)", rate)
    assert days
    [silence] = [
        each.properties
        for each in templates.resources("AWS::CloudWatch::Alarm")
        if each.properties.get("MetricName") == "SweepFinished"
    ]
    assert int(days[1]) * 86400 > 30 * silence["Period"] * silence["EvaluationPeriods"]
