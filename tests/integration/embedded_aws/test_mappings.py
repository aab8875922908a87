"""Queues and streams bring their records to functions as on AWS, failures included.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
"""

import time
import uuid
from typing import Any

import pytest

from .conftest import Account, Json, eventually

# Copies what it saw of each record to a queue; answers with the failure of each poisoned one.
REPORTING = """
import boto3, json
sqs = boto3.client("sqs")
def handler(event, context):
    failures = []
    for record in event["Records"]:
        identity, body = seen(record)
        sqs.send_message(QueueUrl={url!r}, MessageBody=json.dumps([body, len(event["Records"])]))
        if "poison" in body:
            failures.append({{"itemIdentifier": identity}})
    return {{"batchItemFailures": failures}}
"""
RAISING = REPORTING.replace("failures.append(", "raise ValueError(")
FROM_QUEUE = "\ndef seen(record): return record['messageId'], record['body']"
FROM_STREAM = """
def seen(record):
    change = record["dynamodb"]
    return change["SequenceNumber"], change["NewImage"]["pk"]["S"]
"""


def test_failed_messages_alone_come_again_and_end_in_the_dead_letter_queue(
    account: Account,
) -> None:
    seen, _ = account.queue()
    dead, dead_arn = account.queue()
    redrive = f'{{"deadLetterTargetArn": "{dead_arn}", "maxReceiveCount": 2}}'
    url, arn = account.queue(RedrivePolicy=redrive, VisibilityTimeout="3")
    _map(account, REPORTING.format(url=seen) + FROM_QUEUE, arn)
    for body in ("fine", "poison", "good"):
        account.client("sqs").send_message(QueueUrl=url, MessageBody=f'"{body}"')
    assert account.received(dead, within_s=30) == ["poison"]
    bodies = [body for body, _size in account.received(seen, 4)]
    assert sorted(bodies) == ['"fine"', '"good"', '"poison"', '"poison"']


def test_stream_brings_old_and_new_images(account: Account, table: "Table") -> None:
    seen, _ = account.queue()
    source = (
        "import boto3, json\n"
        f"def handler(event, context):\n"
        f"    for record in event['Records']:\n"
        f"        boto3.client('sqs').send_message(QueueUrl={seen!r}, "
        "MessageBody=json.dumps(record['dynamodb']))\n"
    )
    _map(account, source, table.stream)
    table.put("a", height="1")
    table.put("a", height="2")
    first, second = account.received(seen, 2)
    assert "OldImage" not in first
    assert (second["OldImage"]["height"], second["NewImage"]["height"]) == ({"S": "1"}, {"S": "2"})


def test_reported_failure_comes_again_and_those_before_it_do_not(
    account: Account, table: "Table"
) -> None:
    seen, _ = account.queue()
    parked, parked_arn = account.queue()
    _map(account, REPORTING.format(url=seen) + FROM_STREAM, table.stream, **_parking(parked_arn))
    table.put_all(["a", "b", "poison", "c"])
    assert account.received(parked, within_s=30)[0]["DDBStreamBatchInfo"]["batchSize"] == 1
    bodies = [body for body, _size in _all(account, seen, until="c")]
    assert (bodies.count("a"), bodies.count("b")) == (1, 1)
    assert bodies.count("poison") >= 3


def test_batch_that_raises_is_split_until_the_poison_is_alone(
    account: Account, table: "Table"
) -> None:
    seen, _ = account.queue()
    parked, parked_arn = account.queue()
    _map(account, RAISING.format(url=seen) + FROM_STREAM, table.stream, **_parking(parked_arn))
    table.put_all(["a", "b", "poison", "c"])
    record = account.received(parked, within_s=30)[0]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    sizes = [size for body, size in _all(account, seen, until="c") if body == "poison"]
    assert sizes[-3:] == [1, 1, 1]


class Table:
    """A table with a stream."""

    def __init__(self, account: Account) -> None:
        self._client = account.client("dynamodb")
        self._name = f"test-{uuid.uuid4().hex[:8]}"
        made = self._client.create_table(
            TableName=self._name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.stream = made["TableDescription"]["LatestStreamArn"]

    def put(self, pk: str, **values: str) -> None:
        item = {name: {"S": value} for name, value in {"pk": pk, **values}.items()}
        self._client.put_item(TableName=self._name, Item=item)

    def put_all(self, keys: list[str]) -> None:
        puts = [{"Put": {"TableName": self._name, "Item": {"pk": {"S": pk}}}} for pk in keys]
        self._client.transact_write_items(TransactItems=puts)

    def transact(self, *condition: str) -> Any:
        """Put a new item if others are absent."""
        checks = [
            {
                "ConditionCheck": {
                    "TableName": self._name,
                    "Key": {"pk": {"S": pk}},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for pk in condition
        ]
        put = {"Put": {"TableName": self._name, "Item": {"pk": {"S": "new"}}}}
        return self._client.transact_write_items(TransactItems=[*checks, put])

    def has(self, pk: str) -> bool:
        got = self._client.get_item(
            TableName=self._name, Key={"pk": {"S": pk}}, ConsistentRead=True
        )
        return "Item" in got


@pytest.fixture
def table(account: Account) -> Table:
    return Table(account)


def test_transaction_with_a_failed_check_writes_nothing_and_names_it(
    account: Account, table: Table
) -> None:
    table.put("taken")
    client = account.client("dynamodb")
    with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
        table.transact("free", "taken")
    reasons = refused.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed", "None"]
    assert not table.has("new")
    table.transact("free")
    assert table.has("new")


def _parking(queue_arn: str) -> Json:
    return {
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {"OnFailure": {"Destination": queue_arn}},
    }


def _map(account: Account, source: str, arn: str, **settings: Any) -> None:
    start = {"StartingPosition": "TRIM_HORIZON"} if ":dynamodb:" in arn else {}
    account.client("lambda").create_event_source_mapping(
        FunctionName=account.function(source, "sqs:*", "dynamodb:*"),
        EventSourceArn=arn,
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **start,
        **settings,
    )


def _all(account: Account, url: str, until: str) -> list[Any]:
    """Take what came until this body came."""
    taken: list[Any] = []

    def came() -> bool:
        taken.extend(account.received(url, within_s=1))
        return any(body == until for body, _size in taken)

    eventually(came)
    time.sleep(0.5)  # nothing more may follow
    return taken + account.received(url, within_s=0.1)
