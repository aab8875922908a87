"""Step Functions, SQS and the configuration bucket behind the ports; and the system clock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError
from pydantic import ValidationError

from wearline.core.ledger import StudyRow
from wearline.core.study import StudyConfiguration
from wearline.ports import ConfigurationUnreadable, QueueName

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

BATCH = 10
MOST_SENDS = 5


class MessagesNotSent(Exception):
    """Some messages of a batch were refused again and again. The caller must not go on."""

    def __init__(self, queue: str, count: int) -> None:
        self.queue, self.count = queue, count
        super().__init__(f"{count} messages could not be sent to the {queue} queue.")


class StepFunctions:
    """See ``wearline.ports.Executions``."""

    def __init__(self, client: SFNClient, machine_arn: str) -> None:
        self._client, self._machine = client, machine_arn

    def start(self, name: str, order: Mapping[str, Any]) -> None:
        try:
            self._client.start_execution(
                stateMachineArn=self._machine, name=name, input=json.dumps(order)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return

    def is_running(self, name: str) -> bool:
        return self._runs(self._machine.replace(":stateMachine:", ":execution:") + f":{name}")

    def is_sweeping(self, execution: str) -> bool:
        return self._runs(execution)

    def _runs(self, arn: str) -> bool:
        try:
            return self._client.describe_execution(executionArn=arn)["status"] == "RUNNING"
        except self._client.exceptions.ExecutionDoesNotExist:
            return False


def execution_input(execution_arn: str) -> str:
    """The input of an execution, also of one that has ended."""
    client = boto3.client("stepfunctions")
    return client.describe_execution(executionArn=execution_arn)["input"]


class Queues:
    """See ``wearline.ports.Messages``."""

    def __init__(self, client: SQSClient, urls: Mapping[QueueName, str]) -> None:
        self._client, self._urls = client, urls

    def send(self, queue: QueueName, bodies: Iterable[Mapping[str, Any]]) -> None:
        waiting = iter(bodies)
        while batch := list(islice(waiting, BATCH)):
            self._send_batch(queue, [json.dumps(body, ensure_ascii=False) for body in batch])

    def _send_batch(self, queue: QueueName, texts: list[str]) -> None:
        """A batch succeeds in parts: whatever is listed as failed is sent again."""
        entries = {str(index): text for index, text in enumerate(texts)}
        for _ in range(MOST_SENDS):
            answer = self._client.send_message_batch(
                QueueUrl=self._urls[queue],
                Entries=[{"Id": each, "MessageBody": text} for each, text in entries.items()],
            )
            failed = {each["Id"] for each in answer.get("Failed", [])}
            entries = {each: text for each, text in entries.items() if each in failed}
            if not entries:
                return
        raise MessagesNotSent(queue, len(entries))


class StoredConfigurations:
    """See ``wearline.ports.Configurations``. A version never changes, so it is read once."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket
        self._load = lru_cache(maxsize=64)(self._read)

    def load(self, row: StudyRow) -> StudyConfiguration:
        return self._load(row.study, row.configuration_version)

    def _read(self, study: str, version: str | None) -> StudyConfiguration:
        named: dict[str, Any] = {"VersionId": version} if version else {}
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=configuration_key(study), **named
            )
            return StudyConfiguration.model_validate_json(answer["Body"].read())
        except (ClientError, ValidationError) as unreadable:
            what = type(unreadable).__name__
            raise ConfigurationUnreadable(
                f"The stored configuration of study {study} cannot be read ({what})."
            ) from unreadable


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def configuration_key(study: str) -> str:
    """Where the checked configuration lies in the environment's configuration bucket."""
    return f"studies/{study}/study.json"
