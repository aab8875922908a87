"""The ledger on DynamoDB: the one module that writes its tables."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from wearline.aws import rows
from wearline.core.ledger import (
    SHARDS,
    ChargeRow,
    Entity,
    LeaseRow,
    MetadataRow,
    ObjectRow,
    ProblemRow,
    ResultRow,
    RunRow,
    SpentRow,
    StudyRow,
    TombstoneRow,
    WaitingRow,
)
from wearline.ports import Check, Put, RevisedRow, RowChanged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = TypeVar("Row")
WRITERS = 16
BATCH = 100
_CONFLICTS = ("ConditionalCheckFailed", "TransactionConflict")


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the ledger's tables in one environment."""

    objects: str
    runs: str
    requirements: str
    metadata: str
    problems: str
    studies: str


class DynamoLedger:
    """See ``wearline.ports.Ledger``. Every read is strongly consistent, on base tables."""

    def __init__(self, client: DynamoDBClient, tables: Tables) -> None:
        self._client, self._tables = client, tables
        # Once for a client, however many ledgers use it.
        client.meta.events.register(
            "before-parse.dynamodb.Query", _items_as_sent, unique_id="wearline-items"
        )

    def object(self, study: str, bucket: str, key: str) -> ObjectRow | None:
        return self._get(ObjectRow, self._tables.objects, rows.object_key(study, bucket, key))

    def objects(
        self, study: str, bucket: str, after: str = "", until: str = ""
    ) -> Iterator[ObjectRow]:
        shards = [self._shard(study, bucket, shard, after, until) for shard in range(SHARDS)]
        return heapq.merge(*shards, key=lambda row: row.key.encode("utf-8"))

    def results(self, study: str, shard: int, after: str = "") -> Iterator[ResultRow]:
        partition = rows.result_partition(study, shard)
        return self._query(ResultRow, self._tables.objects, partition, after=after)

    def charge(self, run_id: str, attempt: int) -> ChargeRow | None:
        return self._get(ChargeRow, self._tables.objects, rows.charge_key(run_id, attempt))

    def spent(self, study: str, month: str) -> Iterator[SpentRow]:
        return self._query(SpentRow, self._tables.objects, rows.spent_partition(study, month))

    def tombstones(self, study: str) -> frozenset[str]:
        items = self._items(self._tables.metadata, rows.tombstone_partition(study))
        return frozenset(item["sk"]["S"] for item in items)

    def lease(self, study: str) -> LeaseRow | None:
        return self._get(LeaseRow, self._tables.studies, rows.lease_key(study))

    def run(self, run_id: str) -> RunRow | None:
        return self._get(RunRow, self._tables.runs, rows.key(run_id))

    def runs(self, run_ids: Iterable[str]) -> Iterator[RunRow]:
        """Those of these runs that are known, in any order."""
        wanted = iter(dict.fromkeys(run_ids))
        while batch := list(islice(wanted, BATCH)):
            request: Any = {"Keys": [rows.key(run_id) for run_id in batch], "ConsistentRead": True}
            asked = {self._tables.runs: request}
            while asked:
                answer = self._client.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(self._tables.runs, ()):
                    yield rows.parsed(RunRow, dict(item))
                asked = dict(answer.get("UnprocessedKeys", {}))

    def study(self, study: str) -> StudyRow | None:
        return self._get(StudyRow, self._tables.studies, rows.key(study))

    def studies(self) -> Iterator[StudyRow]:
        """Every deployed study."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._tables.studies,
            ConsistentRead=True,
            FilterExpression="attribute_exists(access_role_arn)",
        )
        return (rows.parsed(StudyRow, item) for page in pages for item in page["Items"])

    def commit(self, *writes: Put | Check) -> None:
        """::

            stored rev    0 (absent)   n           other
            Put rev 0     write 1      refuse      refuse
            Put rev n     refuse       write n+1   refuse
            Check rev n   refuse       pass        refuse      (rev 0: pass where absent)

        One Put is a conditional PutItem; anything else one transaction.
        """
        try:
            match writes:
                case [Put(row)]:
                    self._client.put_item(**self._put(row))
                case _:
                    self._client.transact_write_items(
                        TransactItems=[self._transacted(write) for write in writes]
                    )
        except ClientError as refused:
            if _is_conflict(refused):
                raise RowChanged(str(refused)) from refused
            raise

    def put_waiting(self, row: WaitingRow) -> None:
        self._client.put_item(
            TableName=self._tables.requirements, Item=rows.waiting_key(row) | rows.item(row)
        )

    def waiting(self, study: str, subject: str) -> Iterator[WaitingRow]:
        partition = rows.entity_partition(study, subject)
        return self._query(WaitingRow, self._tables.requirements, partition)

    def metadata(self, study: str, subject: str) -> list[MetadataRow]:
        partition = rows.entity_partition(study, subject)
        return list(self._query(MetadataRow, self._tables.metadata, partition))

    def list_entities(self, rows_: Iterable[MetadataRow]) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(self._list_entity, rows_))

    def put_metadata(self, rows_: Iterable[MetadataRow]) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(self._put_metadata, rows_))

    def entities_of(self, study: str, bucket: str, key: str) -> Iterator[Entity]:
        partition = rows.source_partition(study, bucket, key)
        for item in self._items(self._tables.metadata, partition):
            subject, visit, day = (_text(item, name) for name in ("subject", "visit", "date"))
            yield (subject or "", visit, day)

    def subjects_of(self, study: str, bucket: str, key: str) -> Iterator[str]:
        """The subjects of ``entities_of``, and no more: to parse tens of thousands takes time."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._tables.metadata,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": rows.source_partition(study, bucket, key)}},
            ProjectionExpression="subject",
            ConsistentRead=True,
        )
        return (item["subject"]["S"] for page in pages for item in page["Items"])

    def problem(self, study: str, problem_id: str) -> ProblemRow | None:
        return self._get(ProblemRow, self._tables.problems, rows.key(study, problem_id))

    def problems(self, study: str, prefix: str = "", after: str = "") -> Iterator[ProblemRow]:
        table = self._tables.problems
        return self._query(ProblemRow, table, study, begins_with=prefix, after=after)

    def _list_entity(self, row: MetadataRow) -> None:
        listed = {"subject": row.subject, "visit": row.visit, "date": row.date}
        self._client.put_item(
            TableName=self._tables.metadata, Item=rows.listed_key(row) | _attributes(listed)
        )

    def _put_metadata(self, row: MetadataRow) -> None:
        """::

        stored source_rev   absent   <= row.source_rev   > row.source_rev
                            write    write               leave: a newer version spoke
        """
        try:
            self._client.put_item(
                TableName=self._tables.metadata,
                Item=rows.metadata_key(row) | rows.item(row),
                ConditionExpression="attribute_not_exists(pk) OR source_rev <= :rev",
                ExpressionAttributeValues={":rev": {"N": str(row.source_rev)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def _get(self, kind: type[Row], table: str, key: rows.Key) -> Row | None:
        answer = self._client.get_item(TableName=table, Key=key, ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else rows.parsed(kind, dict(item))

    def _query(self, kind: type[Row], table: str, partition: str, **bounds: str) -> Iterator[Row]:
        return (rows.parsed(kind, item) for item in self._items(table, partition, **bounds))

    def _shard(
        self, study: str, bucket: str, shard: int, after: str, until: str
    ) -> Iterator[ObjectRow]:
        partition = rows.object_partition(study, bucket, shard)
        table = self._tables.objects
        return self._query(ObjectRow, table, partition, after=after, until=until)

    def _items(self, table: str, partition: str, **bounds: str) -> Iterator[dict[str, Any]]:
        """Items of a partition in order of the sort key, a page at a time."""
        condition, values = _between(**bounds)
        pages = self._client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="pk = :pk" + condition,
            ExpressionAttributeValues={":pk": {"S": partition}} | values,
            ConsistentRead=True,
        )
        for page in pages:
            # The first of an inclusive range is the one that was asked to come before.
            yield from (item for item in page["Items"] if item["sk"]["S"] != bounds.get("after"))

    def _transacted(self, write: Put | Check) -> Any:
        if isinstance(write, Put):
            return {"Put": self._put(write.row)}
        if isinstance(write.row, MetadataRow):
            key = {"TableName": self._tables.metadata, "Key": rows.metadata_key(write.row)}
            return {"ConditionCheck": key | _standing(write.row)}
        condition = _unchanged(write.row.rev)
        key = {"TableName": self._table(write.row), "Key": rows.revised_key(write.row)}
        return {"ConditionCheck": key | condition}

    def _put(self, row: RevisedRow) -> Any:
        stored = rows.revised_key(row) | rows.item(replace(row, rev=row.rev + 1))
        return {"TableName": self._table(row), "Item": stored} | _unchanged(row.rev)

    def _table(self, row: RevisedRow) -> str:
        match row:
            case ObjectRow() | ResultRow() | ChargeRow() | SpentRow():
                return self._tables.objects
            case RunRow():
                return self._tables.runs
            case ProblemRow():
                return self._tables.problems
            case StudyRow() | LeaseRow():
                return self._tables.studies
            case TombstoneRow():
                return self._tables.metadata


def _between(
    *, after: str = "", until: str = "", begins_with: str = ""
) -> tuple[str, dict[str, Any]]:
    """A condition on the sort key, which may be one only: BETWEEN holds both of its ends."""
    if after and until:
        return " AND sk BETWEEN :from AND :to", {":from": {"S": after}, ":to": {"S": until}}
    for told, condition in (
        (after, " AND sk > :sk"),
        (until, " AND sk <= :sk"),
        (begins_with, " AND begins_with(sk, :sk)"),
    ):
        if told:
            return condition, {":sk": {"S": told}}
    return "", {}


def _unchanged(rev: int) -> dict[str, Any]:
    if rev == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "rev = :rev",
        "ExpressionAttributeValues": {":rev": {"N": str(rev)}},
    }


def _standing(row: MetadataRow) -> dict[str, Any]:
    """As it was read, by the same version of its source, and not withdrawn since."""
    return {
        "ConditionExpression": "source_rev = :rev AND withdrawn = :no",
        "ExpressionAttributeValues": {
            ":rev": {"N": str(row.source_rev)},
            ":no": {"BOOL": False},
        },
    }


def _is_conflict(refused: ClientError) -> bool:
    """A refusal because another writer came first, alone or within a transaction."""
    error: Mapping[str, Any] = refused.response
    code = error["Error"]["Code"]
    if code in ("ConditionalCheckFailedException", "TransactionConflictException"):
        return True
    reasons = error.get("CancellationReasons", [])
    return code == "TransactionCanceledException" and any(
        reason.get("Code") in _CONFLICTS for reason in reasons
    )


def _items_as_sent(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Take the items of a query as DynamoDB sends them; no row holds binary values.

    botocore makes the very same of them, an attribute at a time: half of the time of a long read.
    """
    if response_dict["status_code"] == 200:
        answer = json.loads(response_dict["body"])
        customized_response_dict["Items"] = answer.pop("Items", [])
        response_dict["body"] = json.dumps(answer).encode()


def _attributes(plain: Mapping[str, str | None]) -> dict[str, Any]:
    return {name: {"S": value} for name, value in plain.items() if value is not None}


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value: str | None = item.get(name, {}).get("S")
    return value
