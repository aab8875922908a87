"""Messages that cannot be used go aside, and those beside them are not held up."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.trials import Trial
from wearline_local.launcher import ROOT

from .conftest import height, recording

pytestmark = pytest.mark.engine


def invoked(study: Trial, function: str, event: dict[str, Any]) -> Any:
    client: Any = study.there.session.client("lambda", endpoint_url=study.there.endpoint)
    answer = client.invoke(
        FunctionName=f"wearline-local-{function}", Payload=json.dumps(event).encode()
    )
    return json.loads(answer["Payload"].read())


def sqs_event(*bodies: str) -> dict[str, Any]:
    """What a queue's mapping hands to a function."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:wearline-local-data",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def test_message_that_cannot_be_read_fails_alone(study: Trial, subject: str) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    with study.events_lost():
        study.put(key, recording())
    good = json.dumps({"study": study.name, "bucket": study.bucket, "key": key})
    answer = invoked(study, "data-arrived", sqs_event("not json", good, '{"study": "?"}'))
    failed = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
    assert failed == ["message-0", "message-2"]
    study.pipeline(key, "succeeded")


def test_poison_message_ends_in_the_dead_letter_queue_and_the_queue_goes_on(
    study: Trial, subject: str
) -> None:
    sqs, poison = study.there.sqs, f"poison-{uuid.uuid4().hex}"
    queue = study.there.outputs["EvaluationQueueUrl"]
    dead = dead_letters_of(study, queue)
    with tried_again_soon(study, queue):
        sqs.send_message(QueueUrl=queue, MessageBody=poison)
        key = f"raw/{subject}/V1_lumbar.cwa"
        study.put(key, recording())
        study.pipeline(key, "waiting")
        study.put(f"clinical/heights/{subject}_20240311.csv", height(subject, 170))
        study.pipeline(key, "succeeded")

        def buried() -> bool:
            answer = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, VisibilityTimeout=1)
            return any(message["Body"] == poison for message in answer.get("Messages", []))

        study.eventually(buried)


def dead_letters_of(study: Trial, queue: str) -> str:
    """The queue where its messages go that fail again and again."""
    answer = study.there.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])
    policy = json.loads(answer["Attributes"]["RedrivePolicy"])
    name = policy["deadLetterTargetArn"].rpartition(":")[2]
    return study.there.sqs.get_queue_url(QueueName=name)["QueueUrl"]


@contextmanager
def tried_again_soon(study: Trial, queue: str) -> Iterator[None]:
    """Have what failed come back after a second, and not after the queue's minutes."""
    sqs = study.there.sqs
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    yield
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "360"})


def test_message_of_a_problem_is_as_documented(study: Trial, subject: str) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, b"no recording")
    study.pipeline(key, "failed")
    message = study.eventually(lambda: announced(study, key))
    documentation = (ROOT / "docs" / "problems.md").read_text()
    [sentence] = re.findall(r"^A message is JSON: (.*?)\. ", documentation, re.MULTILINE)
    assert set(message) == set(re.findall(r"`(\w+)`", sentence))
    assert f"`{message['kind']}`" in documentation
    row = study.problem("run_failed", key)
    assert (message["problem_id"], message["opened"]) == (row.problem_id, row.opened)
    assert message["sentence"] == row.sentence


def announced(study: Trial, concerns: str) -> dict[str, Any] | None:
    """The message that announced the problem of this object; the others stay on the queue.

    A letter of another test may be among them.
    """
    queue = study.there.outputs["ProblemsQueueUrl"]
    answer = study.there.sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=1
    )
    messages: list[dict[str, Any]] = [
        json.loads(message["Body"]) for message in answer.get("Messages", [])
    ]
    return next((message for message in messages if concerns in message.get("concerns", "")), None)
