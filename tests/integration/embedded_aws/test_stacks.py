"""Stacks are updated as on CloudFormation, nested ones too.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-stepfunctions-statemachine-s3location.html
"""

import json
import uuid
from typing import Any

from .conftest import TRUST, Account, Json


def test_untouched_resource_of_a_nested_stack_keeps_its_attributes(account: Account) -> None:
    bucket, name = account.bucket(), f"nested-{uuid.uuid4().hex[:8]}"
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
    child = {
        "Parameters": {"Word": {"Type": "String"}},
        "Resources": {"Role": role},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }
    url = _stored(account, bucket, "child.json", json.dumps(child))
    first = _deploy(account, name, _parent(url, "one"), "create")
    assert _deploy(account, name, _parent(url, "two"), "update") == first


def test_definition_of_a_machine_may_be_a_file_in_yaml(account: Account) -> None:
    bucket, name = account.bucket(), f"machine-{uuid.uuid4().hex[:8]}"
    say = "{Type: Pass, Result: '${Word}', End: true}"
    definition = f"# says the word\nStartAt: Say\nStates:\n  Say: {say}\n"
    _stored(account, bucket, "machine.yaml", definition)
    machine = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": account.role("states:*"),
            "DefinitionS3Location": {"Bucket": bucket, "Key": "machine.yaml"},
            "DefinitionSubstitutions": {"Word": "spoken"},
        },
    }
    outputs = {"Arn": {"Value": {"Ref": "Machine"}}}
    arn = _deploy(account, name, {"Resources": {"Machine": machine}, "Outputs": outputs}, "create")
    assert json.loads(account.run(arn["Arn"])["output"]) == "spoken"


def _parent(url: str, word: str) -> Json:
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": url, "Parameters": {"Word": word}},
    }
    return {
        "Resources": {"Nested": nested},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Arn"]}}},
    }


def _stored(account: Account, bucket: str, key: str, text: str) -> str:
    account.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
    return f"https://s3.amazonaws.com/{bucket}/{key}"


def _deploy(account: Account, name: str, template: Json, how: str) -> Any:
    stacks = account.client("cloudformation")
    capabilities = ["CAPABILITY_IAM"]
    given = {"StackName": name, "TemplateBody": json.dumps(template), "Capabilities": capabilities}
    getattr(stacks, f"{how}_stack")(**given)
    waiter = stacks.get_waiter(f"stack_{how}_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    outputs = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}
