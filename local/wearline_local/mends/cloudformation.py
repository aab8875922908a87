"""Updates of nested stacks, as on AWS CloudFormation.

A resource that an update does not touch keeps its attributes, in a nested stack too: without them
the second deployment could not resolve `Fn::GetAtt` on it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from functools import partial
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]


def mend() -> None:
    """Hand the attributes of before to the update of a nested stack's resource."""
    provisioners._update_resource = partial(_update, provisioners._update_resource)


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
