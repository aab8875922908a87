"""Queries that cost what they read, as on Amazon DynamoDB.

There a partition is ordered by its sort key: a query seeks its range and reads on from it
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html).
The original parses the condition anew for each item of the partition, for each page. Here the
common conditions on keys that are texts are answered from the keys alone; every other request,
and every one that is to be refused, is left to the original.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import ge, gt, le, lt
from typing import Any

from ministack.core.responses import json_response
from ministack.services import dynamodb

Answer = tuple[Any, ...]
Query = Callable[[dict[str, Any]], Answer]

ANSWERED = {
    "TableName", "KeyConditionExpression", "ExpressionAttributeValues", "ConsistentRead",
    "ExclusiveStartKey", "Limit", "ProjectionExpression",
}  # fmt: skip
_CONDITION = re.compile(
    r"(\w+) = (:\w+)"
    r"(?: AND (?:(\w+) (<|<=|>|>=) (:\w+)|begins_with\((\w+), (:\w+)\)"
    r"|(\w+) BETWEEN (:\w+) AND (:\w+)))?"
)
_NAMES = re.compile(r"\w+(?:, ?\w+)*")


def mend() -> None:
    """Answer common queries from the keys of the partition."""
    dynamodb._query = partial(_query, dynamodb._query)


def _query(original: Query, data: dict[str, Any]) -> Answer:
    table = dynamodb._tables.get(dynamodb._normalize_table_name(data.get("TableName")))
    asked = _CONDITION.fullmatch(data.get("KeyConditionExpression") or "")
    if table is None or asked is None or not _is_plain(table, data, asked):
        return original(data)
    values = {name: value["S"] for name, value in data["ExpressionAttributeValues"].items()}
    within, start = _within(asked, values), _start(table, data, values[asked[2]])
    if within is None or start is None:
        return original(data)
    partition = table["items"].get(values[asked[2]], {})
    # Copies: another thread may write.
    keys = sorted(key for key in list(partition) if key > start and within(key))
    return _page(table, data, filter(None, map(partition.get, keys)))


def _is_plain(table: dict[str, Any], data: dict[str, Any], asked: re.Match[str]) -> bool:
    """Only what is answered here is asked, of both keys by their names, and all are texts."""
    given = data.get("ExpressionAttributeValues") or {}
    texts = [*given.values(), *(data.get("ExclusiveStartKey") or {}).values()]
    kinds = [dynamodb._get_attr_type(table, table[name]) for name in ("pk_name", "sk_name")]
    named, used = set(asked.group(3, 6, 8)), set(asked.group(2, 5, 7, 9, 10))
    return (
        data.keys() <= ANSWERED
        and kinds == ["S", "S"]
        and asked[1] == table["pk_name"]
        and named <= {table["sk_name"], None}
        and used - {None} == given.keys()
        and all(isinstance(each, dict) and list(each) == ["S"] and each["S"] for each in texts)
        and _NAMES.fullmatch(data.get("ProjectionExpression", "pk")) is not None
    )


def _within(asked: re.Match[str], values: dict[str, str]) -> Callable[[str], bool] | None:
    """What a sort key must be; none for a range that is to be refused."""
    if asked[3]:
        compared = {"<": lt, "<=": le, ">": gt, ">=": ge}[asked[4]]
        bound = values[asked[5]]
        return lambda key: compared(key, bound)
    if asked[6]:
        prefix = values[asked[7]]
        return lambda key: key.startswith(prefix)
    if asked[8]:
        low, high = values[asked[9]], values[asked[10]]
        return (lambda key: low <= key <= high) if low <= high else None
    return lambda _: True


def _start(table: dict[str, Any], data: dict[str, Any], partition: str) -> str | None:
    """The sort key to go on from, empty for the beginning; none where the original refuses it."""
    start = data.get("ExclusiveStartKey")
    if not start:
        return ""
    names = {table["pk_name"], table["sk_name"]}
    if start.keys() != names or start[table["pk_name"]]["S"] != partition:
        return None
    return str(start[table["sk_name"]]["S"])


def _page(table: dict[str, Any], data: dict[str, Any], items: Iterator[Any]) -> Answer:
    read, has_more = dynamodb._paginate_evaluated_items(items, data.get("Limit"), table)
    try:
        shown = _projected(read, data)
    except ValueError as refused:
        return tuple(dynamodb.error_response_json("ValidationException", str(refused), 400))
    page = {"Items": shown, "Count": len(read), "ScannedCount": len(read)}
    if has_more:
        end = dynamodb._build_key(read[-1], table["pk_name"], table["sk_name"])
        page["LastEvaluatedKey"] = end
    return tuple(json_response(page))


def _projected(read: Sequence[Any], data: dict[str, Any]) -> list[Any]:
    """What was named of each item. Raises ValueError for a word that is reserved."""
    if "ProjectionExpression" not in data or not read:
        return list(read)
    dynamodb._apply_projection(read[0], data)
    names = [name.strip() for name in data["ProjectionExpression"].split(",")]
    return [{name: item[name] for name in names if name in item} for item in read]
