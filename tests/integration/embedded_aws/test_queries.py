"""Queries answer as DynamoDB does: in order of the bytes of the sort key, in pages, or refused.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

import uuid
from collections.abc import Callable
from itertools import islice, pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Account

KEYS = ["a", "a/1", "a/2", "a0", "b", "b b", "Z", "é", "\uffff", "\U0001f600", "~"]
CONDITIONS: list[tuple[str, dict[str, str], Callable[[str], bool]]] = [
    ("", {}, bool),
    (" AND sk > :at", {":at": "a/1"}, lambda key: key > "a/1"),
    (" AND sk >= :at", {":at": "a/1"}, lambda key: key >= "a/1"),
    (" AND sk < :at", {":at": "a/1"}, lambda key: key < "a/1"),
    (" AND sk <= :at", {":at": "a/1"}, lambda key: key <= "a/1"),
    (" AND sk = :at", {":at": "a/1"}, lambda key: key == "a/1"),
    (" AND begins_with(sk, :at)", {":at": "a/"}, lambda key: key.startswith("a/")),
    (" AND sk BETWEEN :at AND :to", {":at": "a", ":to": "b"}, lambda key: "a" <= key <= "b"),
    (" AND sk BETWEEN :at AND :to", {":at": "c", ":to": "d"}, lambda _: False),
]


@pytest.fixture
def table(account: Account) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    account.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")
        ],
    )
    return name


def put(account: Account, table: str, keys: list[str], **more: str) -> None:
    dynamodb = account.client("dynamodb")
    for partition in ("mine", "other"):
        for key in keys:
            item = {"pk": partition, "sk": key, "told": key.upper()} | more
            dynamodb.put_item(
                TableName=table, Item={name: {"S": value} for name, value in item.items()}
            )


def query(account: Account, table: str, condition: str = "", **more: Any) -> list[Any]:
    """Every page of a query of one partition."""
    values = {":pk": {"S": "mine"}} | more.pop("values", {})
    pages = account.client("dynamodb").get_paginator("query")
    return list(
        pages.paginate(
            TableName=table,
            KeyConditionExpression=f"pk = :pk{condition}",
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **more,
        )
    )


@pytest.mark.parametrize(
    ("condition", "bounds", "is_meant"), CONDITIONS, ids=[each[0] for each in CONDITIONS]
)
@pytest.mark.parametrize("limit", [None, 1, 3])
def test_range_of_a_partition_comes_in_order(
    account: Account,
    table: str,
    condition: str,
    bounds: dict[str, str],
    is_meant: Callable[[str], bool],
    limit: int | None,
) -> None:
    put(account, table, KEYS)
    values = {name: {"S": text} for name, text in bounds.items()}
    sizes = {"PaginationConfig": {"PageSize": limit}} if limit else {}
    pages = query(account, table, condition, values=values, **sizes)
    meant = sorted(filter(is_meant, KEYS), key=str.encode)
    assert [item["sk"]["S"] for page in pages for item in page["Items"]] == meant
    assert all(page["Count"] <= (limit or len(KEYS)) for page in pages)


def test_projection_hands_out_what_was_named(account: Account, table: str) -> None:
    put(account, table, ["a"])
    [page] = query(account, table, ProjectionExpression="told, absent")
    assert page["Items"] == [{"told": {"S": "A"}}]


def test_page_ends_before_a_megabyte_and_the_next_goes_on(account: Account, table: str) -> None:
    keys = [f"{number:02}" for number in range(12)]
    put(account, table, keys, filling="x" * 200_000)
    pages = query(account, table)
    assert [page["Count"] for page in pages] == [5, 5, 2]
    ends = [page["LastEvaluatedKey"]["sk"]["S"] for page in islice(pages, 2)]
    assert ends == ["04", "09"]
    assert all(
        one["Items"][-1]["sk"]["S"] < two["Items"][0]["sk"]["S"] for one, two in pairwise(pages)
    )


@pytest.mark.parametrize(
    ("condition", "bounds"),
    [
        (" AND sk BETWEEN :at AND :to", {":at": "b", ":to": "a"}),
        (" AND told = :at", {":at": "A"}),
        ("", {":at": "unused"}),
    ],
    ids=["a range that ends before it begins", "no key", "a value that is not used"],
)
def test_faulty_condition_is_refused(
    account: Account, table: str, condition: str, bounds: dict[str, str]
) -> None:
    put(account, table, ["a"])
    values = {name: {"S": text} for name, text in bounds.items()}
    with pytest.raises(ClientError) as refused:
        query(account, table, condition, values=values)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
