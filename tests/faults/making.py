"""Makes faults: functions that raise, events that come three times, queues that are purged."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wearline_cli.environments import Environment

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

FAULTY = Path(__file__).with_name("faulty.py")
PLATFORM = "wearline-local-"
BATCH = 10
LONG_POLL_S = 1
# So soon a message that failed comes back; the platform's own times are minutes.
VISIBLE_AGAIN_S = 5


def hasten(there: Environment) -> None:
    """Let what failed be tried again within seconds: messages, and states of the machines."""
    for url in there.sqs.list_queues(QueueNamePrefix=PLATFORM)["QueueUrls"]:
        there.sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBLE_AGAIN_S)}
        )
    for name in ("ProcessingMachineArn", "CatalogMachineArn"):
        arn = there.outputs[name]
        written = there.stepfunctions.describe_state_machine(stateMachineArn=arn)["definition"]
        definition = json.loads(written, object_hook=_soon)
        there.stepfunctions.update_state_machine(
            stateMachineArn=arn, definition=json.dumps(definition)
        )


def _soon(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a state machine; if it says when to try again, then soon."""
    return part | {"IntervalSeconds": 1, "BackoffRate": 1} if "IntervalSeconds" in part else part


@contextmanager
def raising(there: Environment, share: float, told: Path) -> Iterator[None]:
    """Have every function of the platform raise on a share of its invocations.

    ``told`` gets a line for each invocation and each fault.
    """
    functions: Any = there.session.client("lambda", endpoint_url=there.endpoint)
    layer = functions.publish_layer_version(LayerName="faulty", Content={"ZipFile": _layer()})
    before = [_configuration(each) for each in _functions(functions)]
    for each in before:
        added = {
            "FAULTY_HANDLER": each["Handler"],
            "FAULTY_SHARE": str(share),
            "FAULTY_TOLD": str(told),
        }
        functions.update_function_configuration(
            FunctionName=each["FunctionName"],
            Handler="faulty.handler",
            Layers=[*each["Layers"], layer["LayerVersionArn"]],
            Environment={"Variables": each["Environment"]["Variables"] | added},
        )
    try:
        yield
    finally:
        for each in before:
            functions.update_function_configuration(**each)


def _functions(client: Any) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator("list_functions").paginate():
        for each in page["Functions"]:
            if each["FunctionName"].startswith(PLATFORM):
                yield each


def _configuration(function: dict[str, Any]) -> dict[str, Any]:
    """What is changed of a function, as it is now."""
    return {
        "FunctionName": function["FunctionName"],
        "Handler": function["Handler"],
        "Layers": [each["Arn"] for each in function.get("Layers", [])],
        "Environment": function["Environment"],
    }


def _layer() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(FAULTY, "python/faulty.py")
    return packed.getvalue()


def messages_in(there: Environment, queue: str) -> int:
    """How many a queue of the platform holds, those that a function is at among them."""
    asked = there.sqs.get_queue_attributes(QueueUrl=there.outputs[queue], AttributeNames=["All"])[
        "Attributes"
    ]
    return int(asked["ApproximateNumberOfMessages"]) + int(
        asked["ApproximateNumberOfMessagesNotVisible"]
    )


class Relay:
    """Stands between a study's rules and the platform's queues, and holds what they deliver."""

    def __init__(self, there: Environment, study: str) -> None:
        self._sqs = there.sqs
        self._events: Any = there.session.client("events", endpoint_url=there.endpoint)
        self._prefix = f"{PLATFORM}{study}-"
        self._ways: dict[str, str] = {}

    @contextmanager
    def between(self) -> Iterator[Relay]:
        """While this lasts, no event reaches the platform but through ``deliver``."""
        targets = list(self._targets())
        for rule, target in targets:
            held = self._sqs.create_queue(QueueName=f"{rule}-relay")["QueueUrl"]
            self._ways[held] = self._url(target["Arn"])
            self._events.put_targets(Rule=rule, Targets=[target | {"Arn": self._arn(held)}])
        try:
            yield self
        finally:
            for rule, target in targets:
                self._events.put_targets(Rule=rule, Targets=[target])

    def deliver(self, objects: int, times: int, lot: random.Random) -> None:
        """Hand on the events of so many objects, each event so many times and in any order."""
        messages = [each for each in self._received(objects) for _ in range(times)]
        lot.shuffle(messages)
        for url in set(self._ways.values()):
            bodies = [body for to, body in messages if to == url]
            for start in range(0, len(bodies), BATCH):
                entries = list(map(_entry, range(BATCH), bodies[start : start + BATCH]))
                self._sqs.send_message_batch(QueueUrl=url, Entries=entries)

    def _received(self, objects: int) -> Iterator[tuple[str, str]]:
        seen: set[str] = set()
        while len(seen) < objects:
            for held, url in self._ways.items():
                answer = self._sqs.receive_message(
                    QueueUrl=held, MaxNumberOfMessages=BATCH, WaitTimeSeconds=LONG_POLL_S
                )
                for message in answer.get("Messages", []):
                    self._sqs.delete_message(QueueUrl=held, ReceiptHandle=message["ReceiptHandle"])
                    seen.add(json.loads(message["Body"])["event"]["detail"]["object"]["key"])
                    yield url, message["Body"]

    def _targets(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for rule in self._events.list_rules(NamePrefix=self._prefix)["Rules"]:
            for target in self._events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                yield rule["Name"], target

    def _arn(self, url: str) -> str:
        asked = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return asked["Attributes"]["QueueArn"]

    def _url(self, arn: str) -> str:
        return self._sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]


def _entry(index: int, body: str) -> SendMessageBatchRequestEntryTypeDef:
    return {"Id": str(index), "MessageBody": body}
