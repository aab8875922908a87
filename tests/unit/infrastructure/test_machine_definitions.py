"""What every definition of a state machine keeps, and that it is valid at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from cfnlint.api import lint_all

from .conftest import Templates

Json = dict[str, Any]
MACHINES = ["processing", "catalog"]


def states_of(definition: Json) -> Iterator[tuple[str, Json]]:
    """Every state, those of a Map's processor too."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


def followers(state: Json) -> set[str]:
    direct = {state[key] for key in ("Next", "Default") if key in state}
    caught = {each["Next"] for each in state.get("Catch", [])}
    return direct | caught | {each["Next"] for each in state.get("Choices", [])}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_definition_is_valid(machines: Mapping[str, Json], machine: str) -> None:
    """cfn-lint checks a definition that stands in a template, and none that stands in a file.

    Its schema takes a number alone for a time limit, where AWS takes an expression too:
    https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
    """
    definition = copy.deepcopy(machines[machine])
    for _, state in states_of(definition):
        if str(state.get("TimeoutSeconds", "")).startswith("{%"):
            state["TimeoutSeconds"] = 1
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": "arn:aws:iam::123456789012:role/machine",
                    "Definition": definition,
                },
            }
        },
    }
    found = lint_all(json.dumps(template))
    assert [str(each) for each in found if each.rule.severity != "informational"] == []


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_is_reached_and_every_next_exists(
    machines: Mapping[str, Json], machine: str
) -> None:
    scopes = [machines[machine]]
    scopes += [each["ItemProcessor"] for _, each in states_of(scopes[0]) if "ItemProcessor" in each]
    for scope in scopes:
        reached = {scope["StartAt"]}.union(*(followers(each) for each in scope["States"].values()))
        assert reached == set(scope["States"])


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
            function = templates.named("template", name).properties
            assert state["TimeoutSeconds"] > function.get("Timeout", usual), name


@pytest.mark.parametrize("machine", MACHINES)
def test_every_task_rides_out_faults_of_its_service(
    machines: Mapping[str, Json], machine: str
) -> None:
    for name, state in states_of(machines[machine]):
        if state["Type"] == "Task":
            assert all(each["JitterStrategy"] == "FULL" for each in state["Retry"]), name


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_is_given_exactly_the_functions_that_it_calls(
    machines: Mapping[str, Json], templates: Templates, machine: str
) -> None:
    named = {
        state["Arguments"]["FunctionName"]
        for _, state in states_of(machines[machine])
        if "FunctionName" in state.get("Arguments", {})
    }
    properties = templates.named("template", machine.capitalize()).properties
    assert {f"${{{name}}}" for name in properties["DefinitionSubstitutions"]} == named


def test_logs_of_machines_hold_no_execution_data(templates: Templates) -> None:
    for each in templates.resources("AWS::Serverless::StateMachine"):
        assert each.properties["Logging"]["Level"] == "ERROR"
        assert each.properties["Logging"]["IncludeExecutionData"] is False
        assert each.properties["Tracing"] == {"Enabled": True}
