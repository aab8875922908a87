"""What leaves the ledger, the queues and the results says nothing of whom it is about.

A canary stands wherever a site or a device could put a name: in keys, in subject codes, in cells
of metadata, in the header of a recording. Each path of a file is gone down once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from tests.trials import Trial
from tests.watched import watched

pytestmark = pytest.mark.engine

SERVICE = frozenset({"service"})
CANARY = "Kanarienvogel"
STUDY = """
study: <study>
timezone: {default: UTC}
buckets: [{name: <study>-data}]
results: {bucket: <study>-data, prefix: biomarkers/}
files:
  lumbar:
    kind: data
    key: raw/{subject}/{visit}_lumbar.csv
    format: {csv: {time: timestamp, accel: [x, y, z], unit: g, clock: utc}}
    location: lumbar
    pipelines: [look]
  demographics:
    kind: metadata
    key: clinical/{release}_demographics.csv
    entity: {subject: {column: SUBJECT}}
    values: {height: {column: HEIGHT, unit: cm, minimum: 50, maximum: 250, pick: only}}
pipelines:
  look: {skdh: 0.17.18, requires: [height], steps: []}
"""
SUBJECT = f"{CANARY}001"
SOUND = f"raw/{SUBJECT}/V1_lumbar.csv"
BROKEN = f"raw/{SUBJECT}/V2_lumbar.csv"
WAITS = f"raw/{CANARY}002/V1_lumbar.csv"
NOTHING = f"other/{CANARY}.txt"


def recording() -> str:
    samples = [f"{1767225600 + n / 50:.2f},0.01,0.02,1.0" for n in range(3000)]
    return "\n".join(["timestamp,x,y,z", *samples]) + "\n"


@pytest.fixture(scope="module")
def trial(new_trial: Callable[[str], Trial]) -> Trial:
    """A study in which every kind of file went its way."""
    trial = new_trial(STUDY)
    trial.put(WAITS, recording())
    trial.put(SOUND, recording())
    trial.put(BROKEN, f"# {CANARY}, born {CANARY}\n{CANARY};{CANARY}\n")
    trial.put(NOTHING, CANARY)
    trial.put(
        f"clinical/{CANARY}_demographics.csv",
        f"SUBJECT,HEIGHT\n{SUBJECT},171\n{CANARY}003,{CANARY}\n",
    )
    trial.pipeline(SOUND, "succeeded")
    trial.pipeline(BROKEN, "failed")
    trial.pipeline(WAITS, "waiting")
    trial.delete(NOTHING)
    trial.sweep()
    return trial


def test_logs_and_the_metrics_in_them_name_no_file_and_no_subject(trial: Trial) -> None:
    lines = list(_log_lines(trial))
    assert any("RunSucceeded" in line for line in lines), "metrics are in the logs"
    assert any('"event": "fetched"' in line for line in lines)
    assert [line for line in lines if CANARY in line] == []


def test_whatever_alarms_and_dashboard_watch_is_written_with_the_same_dimensions(
    trial: Trial,
) -> None:
    written = {each for line in _log_lines(trial) for each in _measures(line)}
    elsewhere = {("RunSuperseded", SERVICE), ("RunAgain", SERVICE)}  # no run here ends so
    assert len(watched()) > 20
    assert watched() - elsewhere <= written


def _measures(line: str) -> Iterator[tuple[str, frozenset[str]]]:
    if '"CloudWatchMetrics"' in line:
        for told in json.loads(line)["_aws"]["CloudWatchMetrics"]:
            if told["Namespace"] == "Wearline/local":
                for metric, names in product(told["Metrics"], told["Dimensions"]):
                    yield metric["Name"], frozenset(names)


def test_a_run_is_executed_without_a_word_of_its_file(trial: Trial) -> None:
    """Not even in its data, which only the environment's own key opens on AWS."""
    told = [json.dumps(each, default=str) for each in _executions(trial, "ProcessingMachineArn")]
    assert told
    assert [each for each in told if CANARY in each] == []


def test_a_sweep_is_named_for_its_study_alone(trial: Trial) -> None:
    """Ranges of keys are in its data, which is encrypted and goes to no log."""
    names = [each["name"] for each in _executions(trial, "CatalogMachineArn")]
    assert names
    assert [name for name in names if CANARY in name] == []


def _log_lines(trial: Trial) -> Iterator[str]:
    logs: Any = trial.there.session.client("logs", endpoint_url=trial.there.endpoint)
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            events = logs.get_paginator("filter_log_events")
            for found in events.paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in found["events"])


def _executions(trial: Trial, machine: str) -> Iterator[dict[str, Any]]:
    """Every execution with its input, output and history."""
    machines = trial.there.stepfunctions
    for page in machines.get_paginator("list_executions").paginate(
        stateMachineArn=trial.there.outputs[machine]
    ):
        for each in page["executions"]:
            arn = each["executionArn"]
            history = machines.get_paginator("get_execution_history").paginate(executionArn=arn)
            yield {
                **machines.describe_execution(executionArn=arn),
                "history": [event for found in history for event in found["events"]],
            }
