"""Dead-letter queues on SQS behind their port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wearline.core.dead_letters import SUFFIX, DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
# Long enough to send and delete a batch; a letter that was not deleted is there again then.
HIDDEN_S = 60
LOOK_S = 1


class SqsDeadLetters:
    """See ``wearline.flow.redrive.DeadLetterQueue``."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client, self._url = client, url

    def receive(self) -> list[DeadLetter]:
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_S,
            WaitTimeSeconds=LOOK_S,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return [
            DeadLetter(
                handle=each["ReceiptHandle"],
                body=each["Body"],
                id=each["MessageId"],
                sent_ms=float(each.get("Attributes", {}).get("SentTimestamp", 0)),
                attributes={
                    name: value.get("StringValue", "")
                    for name, value in each.get("MessageAttributes", {}).items()
                },
            )
            for each in answer.get("Messages", [])
        ]

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.handle)

    def show(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=letter.handle, VisibilityTimeout=0
            )


def dead_letter_queues(client: SQSClient, environment: str) -> Iterator[tuple[str, str]]:
    """The short name and the URL of each dead-letter queue of an environment."""
    prefix = f"wearline-{environment}-"
    for page in client.get_paginator("list_queues").paginate(QueueNamePrefix=prefix):
        for url in page.get("QueueUrls", []):
            name = url.rpartition("/")[2]
            if name.endswith(SUFFIX):
                yield name.removeprefix(prefix).removesuffix(SUFFIX), url


def queue_url(client: SQSClient, environment: str, queue: str) -> str:
    """The URL of a queue by its short name."""
    return client.get_queue_url(QueueName=f"wearline-{environment}-{queue}")["QueueUrl"]
