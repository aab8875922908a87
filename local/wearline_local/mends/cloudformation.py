"""Updates of nested stacks and definitions of state machines, as on AWS CloudFormation.

A resource that an update does not touch keeps its attributes, in a nested stack too: without them
the second deployment could not resolve `Fn::GetAtt` on it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html

A role has the permissions boundary that its template gives it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html

The file that a state machine's DefinitionS3Location names holds JSON or YAML.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-stepfunctions-statemachine-s3location.html
"""

import json
from functools import partial
from typing import Any

import yaml
from ministack.services import cloudformation, iam
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]


def mend() -> None:
    """Mend updates of nested stacks and boundaries of roles, and read definitions in YAML."""
    provisioners._update_resource = partial(_update, provisioners._update_resource)
    provisioners._sfn_definition = partial(_definition, provisioners._sfn_definition)
    role = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]
    role["create"] = partial(_create_role, role["create"])
    role["update"] = partial(_update_role, role["update"])


def _create_role(original: Any, logical_id: str, properties: Properties, stack_name: str) -> Any:
    made = original(logical_id, properties, stack_name)
    _bound(made[0], properties)
    return made


def _update_role(
    original: Any, physical_id: str, old: Properties, new: Properties, *rest: Any
) -> Any:
    made = original(physical_id, old, new, *rest)
    _bound(made[0], new)
    return made


def _bound(name: str, properties: Properties) -> None:
    role = iam._roles[name]
    if boundary := properties.get("PermissionsBoundary"):
        role["PermissionsBoundary"] = boundary
    else:
        role.pop("PermissionsBoundary", None)


def _definition(original: Any, properties: Properties) -> str:
    return json.dumps(yaml.safe_load(original(properties)))  # JSON is YAML


def _update(
    original: Any,
    resource_type: str,
    physical_id: str,
    old: Properties,
    new: Properties,
    stack_name: str,
    logical_id: str | None = None,
    attributes: Properties | None = None,
) -> Any:
    if attributes is None:
        before = cloudformation._stacks.get(stack_name, {}).get("_resources", {})
        attributes = before.get(logical_id, {}).get("Attributes")
    return original(resource_type, physical_id, old, new, stack_name, logical_id, attributes)
