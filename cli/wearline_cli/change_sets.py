"""What CloudFormation would change, nested stacks included: change sets, deleted when shown."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from wearline_cli.environments import CommandError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

NAME = "wearline-shown"
SAM = "samcli-deploy"
SIGNS = {"Add": "+", "Remove": "-"}
REPLACED = {"True": " (replaced)", "Conditional": " (may be replaced)"}
NOTHING = ("didn't contain changes", "No updates are to be performed")
DELETED_WITHIN_S = 120


class NoChangeSet(CommandError):
    """CloudFormation could not say what would change."""

    def __init__(self, stack: str, why: str) -> None:
        self.stack, self.why = stack, why
        super().__init__(
            f"What would change in stack {stack} cannot be shown: {why} Nothing was changed."
        )


def shown_changes(client: CloudFormationClient, stack: str, **asked: Any) -> list[str]:  # noqa: ANN401
    """A line for each resource that an update would change; none where nothing would.

    ``asked`` is the template with its parameters and capabilities, as CreateChangeSet takes
    them. Raises NoChangeSet.
    """
    with _change_set(client, stack, asked) as made:
        return [*_lines(client, made)]


def platform_changes(client: CloudFormationClient, stack: str, change_set: str) -> list[str]:
    """What a change set of the SAM CLI, which stops at nested stacks, would change in them too.

    Its template and parameters are asked about anew. Raises NoChangeSet.
    """
    asked = client.describe_change_set(StackName=stack, ChangeSetName=change_set)
    template: Any = client.get_template(
        StackName=stack, ChangeSetName=change_set, TemplateStage="Original"
    )["TemplateBody"]
    return shown_changes(
        client,
        stack,
        TemplateBody=template,
        Parameters=asked.get("Parameters", []),
        Tags=asked.get("Tags", []),
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        IncludeNestedStacks=True,
    )


def sams_change_sets(client: CloudFormationClient, stack: str) -> set[str]:
    """The ids of those that the SAM CLI made and nobody carried out."""
    pages = client.get_paginator("list_change_sets").paginate(StackName=stack)
    return {
        each["ChangeSetId"]
        for page in pages
        for each in page["Summaries"]
        if each["ChangeSetName"].startswith(SAM)
        and each.get("ExecutionStatus") != "EXECUTE_COMPLETE"
    }


@contextmanager
def _change_set(
    client: CloudFormationClient, stack: str, asked: dict[str, Any]
) -> Iterator[str | None]:
    """A change set of this template, None where nothing would change; deleted at the end.

    Its name is new each time: one that a killed command left is in nobody's way.
    """
    name = f"{NAME}-{uuid.uuid4().hex[:12]}"
    try:
        client.create_change_set(
            StackName=stack, ChangeSetName=name, ChangeSetType="UPDATE", **asked
        )
    except ClientError as refused:
        raise NoChangeSet(stack, f"{refused}.") from refused
    try:
        yield _awaited(client, stack, name)
    finally:
        delete(client, stack, name)


def _awaited(client: CloudFormationClient, stack: str, name: str) -> str | None:
    try:
        waiter = client.get_waiter("change_set_create_complete")
        waiter.wait(StackName=stack, ChangeSetName=name, WaiterConfig={"Delay": 1})
    except WaiterError as failed:
        found = client.describe_change_set(StackName=stack, ChangeSetName=name)
        why = found.get("StatusReason", "")
        if any(each in why for each in NOTHING):
            return None
        raise NoChangeSet(stack, f"{why or failed}.") from failed
    return client.describe_change_set(StackName=stack, ChangeSetName=name)["ChangeSetId"]


def _lines(client: CloudFormationClient, change_set: str | None, depth: int = 1) -> Iterator[str]:
    if change_set is None:
        return
    pages = client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
    for each in (one["ResourceChange"] for page in pages for one in page.get("Changes", [])):
        sign, replaced = SIGNS.get(each["Action"], "~"), REPLACED.get(each.get("Replacement", ""))
        named = f"{each['ResourceType']} {each['LogicalResourceId']}"
        yield f"{'  ' * depth}{sign} {named}{replaced or ''}"
        yield from _lines(client, each.get("ChangeSetId"), depth + 1)


def delete(client: CloudFormationClient, stack: str, name: str) -> None:
    """Delete a change set, and wait until those of nested stacks are gone with it."""
    client.delete_change_set(StackName=stack, ChangeSetName=name)
    for _ in range(DELETED_WITHIN_S):
        try:
            found = client.describe_change_set(StackName=stack, ChangeSetName=name)
        except client.exceptions.ChangeSetNotFoundException:
            return
        if found["Status"] == "DELETE_FAILED":
            return
        time.sleep(1)
