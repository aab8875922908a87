"""What would change is shown down to nested stacks, and nothing of the asking stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from wearline_cli.change_sets import NoChangeSet, platform_changes, shown_changes
from wearline_cli.environments import Environment

STACK = "wearline-dev"
SET = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet"


@pytest.fixture
def there() -> Environment:
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1"
    )
    return Environment("dev", session)


@pytest.fixture
def stub(there: Environment) -> Iterator[Stubber]:
    with Stubber(there.cloudformation) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def change(kind: str, name: str, action: str = "Modify", **more: str) -> dict[str, Any]:
    told = {"Action": action, "ResourceType": kind, "LogicalResourceId": name, **more}
    return {"Type": "Resource", "ResourceChange": told}


def made(stub: Stubber, status: str = "CREATE_COMPLETE", why: str = "") -> None:
    """A change set is asked for, awaited, and found under its id."""
    stub.add_response("create_change_set", {"Id": f"{SET}/root"})
    described = {"Status": status, "StatusReason": why, "ChangeSetId": f"{SET}/root"}
    stub.add_response("describe_change_set", described)
    stub.add_response("describe_change_set", described)


def page(stub: Stubber, change_set: str, *changes: dict[str, Any], more: str | None = None) -> None:
    answer: dict[str, Any] = {"Changes": list(changes)}
    asked = {"ChangeSetName": f"{SET}/{change_set}"}
    if more:
        answer["NextToken"] = more
    stub.add_response("describe_change_set", answer, asked)


def gone(stub: Stubber) -> None:
    stub.add_response("delete_change_set", {})
    stub.add_client_error("describe_change_set", "ChangeSetNotFound", http_status_code=404)


def test_a_replaced_table_is_shown_though_it_lies_in_a_nested_stack(
    there: Environment, stub: Stubber
) -> None:
    now = datetime.now(UTC)
    given = [{"ParameterKey": "Environment", "ParameterValue": "dev"}]
    stub.add_response(
        "describe_change_set", {"CreationTime": now, "Parameters": given}, {
            "StackName": STACK, "ChangeSetName": f"{SET}/samcli-deploy1"}
    )  # fmt: skip
    stub.add_response("get_template", {"TemplateBody": "Resources: {}"})
    stub.add_response(
        "create_change_set",
        {"Id": f"{SET}/root"},
        {
            "StackName": STACK, "ChangeSetName": ANY, "ChangeSetType": "UPDATE",
            "TemplateBody": "Resources: {}", "Parameters": given, "Tags": [],
            "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "IncludeNestedStacks": True,
        },
    )  # fmt: skip
    described = {"Status": "CREATE_COMPLETE", "ChangeSetId": f"{SET}/root"}
    stub.add_response("describe_change_set", described)
    stub.add_response("describe_change_set", described)
    nested = change("AWS::CloudFormation::Stack", "Ledger", ChangeSetId=f"{SET}/ledger")
    page(stub, "root", nested)
    page(stub, "ledger", change("AWS::DynamoDB::Table", "Objects", Replacement="True"))
    gone(stub)
    found = platform_changes(there.cloudformation, STACK, f"{SET}/samcli-deploy1")
    assert found == [
        "  ~ AWS::CloudFormation::Stack Ledger",
        "    ~ AWS::DynamoDB::Table Objects (replaced)",
    ]


def test_every_page_of_changes_is_shown(there: Environment, stub: Stubber) -> None:
    made(stub)
    page(stub, "root", change("AWS::SQS::Queue", "First", "Add"), more="next")
    stub.add_response(
        "describe_change_set",
        {"Changes": [change("AWS::SQS::Queue", "Last", "Remove")]},
        {"ChangeSetName": f"{SET}/root", "NextToken": "next"},
    )
    gone(stub)
    found = shown_changes(there.cloudformation, STACK, TemplateBody="{}")
    assert found == ["  + AWS::SQS::Queue First", "  - AWS::SQS::Queue Last"]


def test_a_template_without_a_change_changes_nothing(there: Environment, stub: Stubber) -> None:
    made(stub, "FAILED", "The submitted information didn't contain changes.")
    gone(stub)
    assert shown_changes(there.cloudformation, STACK, TemplateBody="{}") == []


def test_why_no_change_set_could_be_made_is_said_in_a_sentence(
    there: Environment, stub: Stubber
) -> None:
    made(stub, "FAILED", "Transform failed")
    gone(stub)
    with pytest.raises(NoChangeSet, match=r"Transform failed\. Nothing was changed"):
        shown_changes(there.cloudformation, STACK, TemplateBody="{}")


def test_the_change_set_of_a_killed_command_is_in_nobodys_way(
    there: Environment, stub: Stubber
) -> None:
    names = set()
    for _ in range(2):
        made(stub)
        page(stub, "root")
        gone(stub)
    there.cloudformation.meta.events.register(
        "before-parameter-build.cloudformation.CreateChangeSet",
        lambda params, **_: names.add(params["ChangeSetName"]),
    )
    for _ in range(2):
        shown_changes(there.cloudformation, STACK, TemplateBody="{}")
    assert len(names) == 2
