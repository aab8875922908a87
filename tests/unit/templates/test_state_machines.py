"""The definitions of the state machines, which neither SAM nor cfn-lint reads from their files.

Each is inlined, with its substitutions, as a resource of its own, and linted as that.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonata
import pytest
import yaml
from cfnlint.api import lint_all
from cfnlint.decode import cfn_yaml

ROOT = Path(__file__).parents[3]
SUBSTITUTION = re.compile(r"\$\{(\w+)\}")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:wearline"


def machines() -> dict[str, Any]:
    """Return the properties of every state machine of the platform, by its definition file."""
    template = cfn_yaml.load(str(ROOT / "template.yaml"))
    resources = template["Resources"].values()
    found = [r["Properties"] for r in resources if r["Type"] == "AWS::StepFunctions::StateMachine"]
    return {properties["DefinitionS3Location"]: properties for properties in found}


MACHINES = machines()
each_machine = pytest.mark.parametrize("path", MACHINES)


def test_every_definition_belongs_to_the_platform() -> None:
    files = {str(path.relative_to(ROOT)) for path in ROOT.glob("statemachines/*.asl.*")}
    assert files == set(MACHINES)


@each_machine
def test_substitutions_of_template_and_definition_are_the_same(path: str) -> None:
    used = set(SUBSTITUTION.findall(without_comments(path)))
    assert used == set(MACHINES[path].get("DefinitionSubstitutions", {}))


@each_machine
def test_definition_is_valid_amazon_states_language(path: str) -> None:
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": "arn:aws:iam::123456789012:role/wearline",
            "Definition": with_fixed_timeouts(definition(path)),
        },
    }
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": machine}}
    found = lint_all(json.dumps(template))
    assert [str(match) for match in found if not match.rule.id.startswith("I")] == []


@each_machine
def test_every_expression_is_jsonata(path: str) -> None:
    broken = {}
    for expression in expressions(definition(path)):
        try:
            jsonata.Jsonata(expression)
        except jsonata.JException as error:
            broken[expression] = str(error)
    assert broken == {}


@each_machine
def test_every_variable_is_assigned_somewhere(path: str) -> None:
    text = without_comments(path)
    assigned = {name for names in assignments(definition(path)) for name in names}
    used = set(re.findall(r"\$([a-z]\w*)(?!\w*\()", text)) - set(re.findall(r"\$(\w+)\s*:=", text))
    parameters = re.findall(r"\$(\w+)", "".join(re.findall(r"function\(([^)]*)\)", text)))
    assert used - assigned - {*parameters, "states"} == set()


@each_machine
def test_every_state_can_be_reached(path: str) -> None:
    for machine in submachines(definition(path)):
        named = {machine["StartAt"]} | {
            name for s in machine["States"].values() for name in nexts(s)
        }
        assert named == set(machine["States"])


def without_comments(path: str) -> str:
    return re.sub(r"(?m)^\s*#.*$", "", (ROOT / path).read_text())


def definition(path: str) -> Any:
    return yaml.safe_load(SUBSTITUTION.sub(ARN, (ROOT / path).read_text()))


def with_fixed_timeouts(value: Any) -> Any:
    """Put a number for each TimeoutSeconds that is an expression.

    AWS allows one (https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html), the
    schema of cfn-lint does not.
    """
    if isinstance(value, dict):
        fixed = {key: with_fixed_timeouts(inner) for key, inner in value.items()}
        return fixed | {"TimeoutSeconds": 1} if "TimeoutSeconds" in value else fixed
    return [with_fixed_timeouts(inner) for inner in value] if isinstance(value, list) else value


def expressions(value: Any) -> Iterator[str]:
    """Return the text inside each `{% %}`."""
    if isinstance(value, str) and value.startswith("{%"):
        yield value.removeprefix("{%").removesuffix("%}")
    for inner in children(value):
        yield from expressions(inner)


def assignments(value: Any) -> Iterator[set[str]]:
    if isinstance(value, dict) and isinstance(value.get("Assign"), dict):
        yield set(value["Assign"])
    for inner in children(value):
        yield from assignments(inner)


def submachines(value: Any) -> Iterator[Any]:
    if isinstance(value, dict) and "StartAt" in value:
        yield value
    for inner in children(value):
        yield from submachines(inner)


def nexts(state: Any) -> Iterator[str]:
    """Return where a state goes, without looking into the machines inside it."""
    for name in ("Next", "Default"):
        if name in state:
            yield state[name]
    for choice in [*state.get("Choices", []), *state.get("Catch", [])]:
        yield choice["Next"]


def children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
