"""A study sees only itself: the roles of its stack reach no other study's objects."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.trials import Trial

from .conftest import STUDY, recording

pytestmark = pytest.mark.engine

ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
MAY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
}
# What a task of the study can do, said in its log: one word for each attempt.
PROBE = """
import boto3, json, sys
s3 = boto3.client("s3")
def outcome(operation, **named):
    try:
        getattr(s3, operation)(**named)
        return "done"
    except Exception as refused:
        return refused.response["Error"]["Code"]
print(json.dumps([outcome(name, **named) for name, named in json.loads(sys.argv[1])]))
"""


@pytest.fixture(scope="module")
def other(shared_trial: Callable[[str, str], Trial]) -> Trial:
    return shared_trial("wiring-other", STUDY)


def client(study: Trial, service: str, **credentials: str) -> Any:
    session: Any = study.there.session
    return session.client(service, endpoint_url=study.there.endpoint, **credentials)


def outputs(study: Trial) -> dict[str, str]:
    """The outputs of the study's stack."""
    name = f"wearline-local-study-{study.name}"
    [stack] = study.there.cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def assumed(study: Trial, role: str, **by: str) -> dict[str, str]:
    """Credentials of a session of the role."""
    session = client(study, "sts", **by).assume_role(RoleArn=role, RoleSessionName="trial")
    return {
        "aws_access_key_id": session["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": session["Credentials"]["SecretAccessKey"],
        "aws_session_token": session["Credentials"]["SessionToken"],
    }


def as_function(study: Trial) -> dict[str, str]:
    """Credentials of a role where the platform keeps those of its functions."""
    iam, name = client(study, "iam"), f"wearline-local-probe-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(
        RoleName=name,
        Path="/wearline/local/functions/",
        AssumeRolePolicyDocument=json.dumps(ANYBODY),
    )
    iam.put_role_policy(RoleName=name, PolicyName="assume", PolicyDocument=json.dumps(MAY_ASSUME))
    return assumed(study, role["Role"]["Arn"])


def as_task(study: Trial, *attempts: tuple[str, dict[str, str]]) -> list[str]:
    """How the attempts end, made by a task that has the study's task role."""
    ecs, group = client(study, "ecs"), f"/wearline/local/study/{study.name}"
    container = {
        "name": "processor",
        "image": "wearline-processor:probe",
        "command": ["python", "-c", PROBE, json.dumps(attempts)],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": group,
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "probe",
            },
        },
    }
    definition = ecs.register_task_definition(
        family=f"probe-{uuid.uuid4().hex[:8]}",
        taskRoleArn=outputs(study)["TaskRoleArn"],
        containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]
    cluster = study.there.outputs["ClusterArn"]
    task = ecs.run_task(cluster=cluster, taskDefinition=definition, launchType="FARGATE")
    arn = task["tasks"][0]["taskArn"]

    def ended() -> bool:
        [seen] = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
        return bool(seen["lastStatus"] == "STOPPED")

    study.eventually(ended)
    stream = f"probe/processor/{arn.rpartition('/')[2]}"
    said = client(study, "logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
    answer: list[str] = json.loads(said[-1]["message"])
    return answer


def test_task_reads_its_own_study_and_writes_results_only(
    study: Trial, other: Trial, subject: str
) -> None:
    key, run = f"raw/{subject}/V1_wrist.cwa", f"biomarkers/runs/{uuid.uuid4().hex}"
    for each in (study, other):
        each.put(key, recording())
    assert as_task(
        study,
        ("get_object", {"Bucket": study.bucket, "Key": key}),
        ("get_object", {"Bucket": other.bucket, "Key": key}),
        ("list_objects_v2", {"Bucket": other.bucket}),
        ("put_object", {"Bucket": study.bucket, "Key": f"{run}/attempts/1.1/run.json"}),
        ("put_object", {"Bucket": study.bucket, "Key": f"{run}/plan.json"}),
        ("put_object", {"Bucket": study.bucket, "Key": key}),
        ("delete_object", {"Bucket": study.bucket, "Key": key}),
    ) == ["done", "AccessDenied", "AccessDenied", "done", *["AccessDenied"] * 3]


def test_functions_reach_a_study_through_its_own_role_only(
    study: Trial, other: Trial, subject: str
) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    for each in (study, other):
        each.put(key, recording())
    function = as_function(study)
    with pytest.raises(ClientError, match="AccessDenied"):
        client(study, "s3", **function).get_object(Bucket=study.bucket, Key=key)
    session = assumed(study, outputs(study)["AccessRoleArn"], **function)
    reader = client(study, "s3", **session)
    assert reader.get_object(Bucket=study.bucket, Key=key)["Body"].read() == recording()
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.get_object(Bucket=other.bucket, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.list_objects_v2(Bucket=other.bucket)
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.put_object(Bucket=study.bucket, Key=key, Body=b"")


def test_nobody_but_the_functions_gets_the_access_role(study: Trial) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        assumed(study, outputs(study)["AccessRoleArn"])


def test_a_role_of_a_study_stays_bounded_whatever_policy_somebody_gives_it(
    new_trial: Callable[[str], Trial], subject: str
) -> None:
    study, key = new_trial(STUDY), f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording())
    role = outputs(study)["TaskRoleArn"].rpartition("/")[2]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    client(study, "iam").put_role_policy(
        RoleName=role,
        PolicyName="slip",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
    configuration = study.there.outputs["ConfigurationBucket"]
    assert as_task(
        study,
        ("get_object", {"Bucket": study.bucket, "Key": key}),
        ("list_objects_v2", {"Bucket": configuration}),
        ("put_object", {"Bucket": configuration, "Key": "audit/1.json"}),
        ("delete_object", {"Bucket": study.bucket, "Key": key}),
    ) == ["done", *["AccessDenied"] * 3]
