"""What every definition of a state machine keeps; tests/unit/templates holds that it is valid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from .conftest import Templates

Json = dict[str, Any]
MACHINES = ["processing", "catalog"]


def states_of(definition: Json) -> Iterator[tuple[str, Json]]:
    """Every state, those of a Map's processor too."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


@pytest.mark.parametrize("machine", MACHINES)
def test_nothing_runs_without_a_time_limit(machines: Mapping[str, Json], machine: str) -> None:
    definition = machines[machine]
    assert definition["TimeoutSeconds"] > 0
    tasks = [(name, each) for name, each in states_of(definition) if each["Type"] == "Task"]
    assert [name for name, each in tasks if "TimeoutSeconds" not in each] == []


@pytest.mark.parametrize("machine", MACHINES)
def test_a_task_waits_longer_for_a_function_than_it_may_run(
    machines: Mapping[str, Json], templates: Templates, machine: str
) -> None:
    usual = templates["template"]["Globals"]["Function"]["Timeout"]
    for name, state in states_of(machines[machine]):
        if state.get("Resource", "").endswith("lambda:invoke"):
            called = state["Arguments"]["FunctionName"].strip("${}").removesuffix("Arn")
            function = templates.named("template", called).properties
            assert state["TimeoutSeconds"] > function.get("Timeout", usual), name


@pytest.mark.parametrize("machine", MACHINES)
def test_every_task_rides_out_faults_of_its_service(
    machines: Mapping[str, Json], machine: str
) -> None:
    for name, state in states_of(machines[machine]):
        if state["Type"] == "Task":
            assert all(each["JitterStrategy"] == "FULL" for each in state["Retry"]), name


def test_logs_of_machines_hold_no_execution_data(templates: Templates) -> None:
    for each in templates.resources("AWS::Serverless::StateMachine"):
        assert each.properties["Logging"]["Level"] == "ERROR"
        assert each.properties["Logging"]["IncludeExecutionData"] is False
        assert each.properties["Tracing"] == {"Enabled": True}
