"""Small things made on the embedded AWS: functions, machines, tasks, queues."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
import pytest

T = TypeVar("T")
Json = dict[str, Any]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"],
                "AWS": "*",
            },
            "Action": "sts:AssumeRole",
        }
    ],
}


def eventually(look: Callable[[], T], *, within_s: float = 20) -> T:
    """Look until the answer is true; the last one when it never was."""
    deadline = time.monotonic() + within_s
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen


@dataclass(frozen=True)
class Account:
    """The embedded AWS as a test needs it; every name is new."""

    session: Any  # a boto3.Session; typed, it would want each service by name

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def role(self, *actions: str) -> str:
        """Make a role that allows these actions on everything."""
        iam, name = self.client("iam"), _name()
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        statement = {"Effect": "Allow", "Action": [*actions, "logs:PutLogEvents"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy)
        return str(role["Role"]["Arn"])

    def function(self, source: str, *actions: str, layers: tuple[str, ...] = ()) -> str:
        """Make a function of this source, which defines `handler`; return its name."""
        name = _name()
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.14",
            Handler="app.handler",
            Role=self.role(*actions),
            Code={"ZipFile": zipped({"app.py": source})},
            Layers=list(layers),
            Timeout=20,
        )
        return name

    def queue(self, **attributes: str) -> tuple[str, str]:
        """Make a queue; return its URL and ARN."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=_name(), Attributes=attributes)["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, answer["Attributes"]["QueueArn"]

    def received(self, queue_url: str, count: int = 1, *, within_s: float = 20) -> list[Any]:
        """Take at least `count` messages off a queue; return their bodies."""
        sqs = self.client("sqs")
        bodies: list[Any] = []

        def enough() -> bool:
            answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                bodies.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            return len(bodies) >= count

        eventually(enough, within_s=within_s)
        return bodies

    def machine(self, definition: Json) -> str:
        """Make a state machine in JSONata; return its ARN."""
        answer = self.client("stepfunctions").create_state_machine(
            name=_name(),
            definition=json.dumps({"QueryLanguage": "JSONata"} | definition),
            roleArn=self.role("states:*"),
        )
        return str(answer["stateMachineArn"])

    def start(self, machine: str, given: Any = None) -> str:
        states = self.client("stepfunctions")
        answer = states.start_execution(stateMachineArn=machine, input=json.dumps(given or {}))
        return str(answer["executionArn"])

    def execution(self, arn: str) -> Json:
        return dict(self.client("stepfunctions").describe_execution(executionArn=arn))

    def ended(self, arn: str, *, within_s: float = 30) -> Json:
        """Wait for the end of an execution; return its description."""

        def ended() -> Json | None:
            seen = self.execution(arn)
            return seen if seen["status"] != "RUNNING" else None

        return eventually(ended, within_s=within_s) or self.execution(arn)

    def run(self, machine: str, given: Any = None) -> Json:
        return self.ended(self.start(machine, given))

    def bucket(self) -> str:
        name = _name().lower()
        self.client("s3").create_bucket(Bucket=name)
        return name


def zipped(files: dict[str, str]) -> bytes:
    """Return a zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.fixture
def account(aws: boto3.Session) -> Account:
    return Account(aws)


@dataclass(frozen=True)
class Tasks:
    """ECS tasks that run a line of Python as the image `probe`."""

    account: Account
    cluster: str
    group: str

    def definition(
        self, source: str, *, image: str = "wearline-processor:probe", **more: Any
    ) -> str:
        """Register a task definition of one container; return its ARN."""
        container = {
            "name": "processor",
            "image": image,
            "command": ["python", "-c", source],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.group,
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "processor",
                },
            },
        }
        answer = self.account.client("ecs").register_task_definition(
            family=_name(),
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            containerDefinitions=[container | more.pop("container", {})],
            **more,
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def run(self, definition: str, **overrides: Any) -> str:
        """Start a task; return its ARN."""
        answer = self.account.client("ecs").run_task(
            cluster=self.cluster, taskDefinition=definition, launchType="FARGATE", **overrides
        )
        return str(answer["tasks"][0]["taskArn"])

    def described(self, arn: str) -> Json:
        answer = self.account.client("ecs").describe_tasks(cluster=self.cluster, tasks=[arn])
        return dict(answer["tasks"][0])

    def reached(self, arn: str, status: str, *, within_s: float = 20) -> Json:
        """Wait until the task has this status; return its description."""

        def reached() -> Json | None:
            seen = self.described(arn)
            return seen if seen["lastStatus"] == status else None

        return eventually(reached, within_s=within_s) or self.described(arn)

    def state(self, definition: str, **fields: Any) -> Json:
        """Return a machine of one state that runs the task and waits for it."""
        arguments = {
            "Cluster": self.cluster,
            "TaskDefinition": definition,
            "LaunchType": "FARGATE",
        }
        run = {
            "Type": "Task",
            "Resource": "arn:aws:states:::ecs:runTask.sync",
            "Arguments": arguments,
            "End": True,
        }
        return {"StartAt": "Run", "States": {"Run": run | fields}}

    def log(self, arn: str) -> list[str]:
        """Return the lines that the container of a task wrote."""
        stream = f"processor/processor/{arn.rpartition('/')[2]}"
        answer = self.account.client("logs").get_log_events(
            logGroupName=self.group, logStreamName=stream, startFromHead=True
        )
        return [event["message"] for event in answer["events"]]


@pytest.fixture
def tasks(account: Account) -> Tasks:
    cluster, group = _name(), f"/wearline/{_name()}"
    account.client("ecs").create_cluster(clusterName=cluster)
    account.client("logs").create_log_group(logGroupName=group)
    return Tasks(account, cluster, group)


def _name() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"
