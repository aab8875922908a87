"""What the ledger holds of one subject, and its removal: the one place where rows are deleted."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from wearline.aws import rows
from wearline.aws.ledger import DynamoLedger, Tables
from wearline.core.ledger import RESULT_SHARDS, ObjectRow, RunRow
from wearline.core.withdrawal import is_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 25
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """Keys of the rows that are of a subject, by table; and its runs."""

    keys: dict[str, list[rows.Key]] = field(default_factory=dict)
    runs: list[RunRow] = field(default_factory=list)

    def count(self, table: str) -> int:
        return len(self.keys.get(table, ()))


class SubjectRows:
    """Finds and deletes a subject's rows; those of its objects stay, emptied by ``settle``."""

    def __init__(self, client: DynamoDBClient, tables: Tables) -> None:
        self._client, self._tables = client, tables
        self._ledger = DynamoLedger(client, tables)

    def find(
        self,
        study: str,
        subject: str,
        names: Container[str],
        files: set[Place],
        sources: list[ObjectRow],
    ) -> Rows:
        """``names`` are those that stand for the subject, ``files`` its data files, ``sources``
        the study's metadata files."""
        runs = [run for run in self._runs(study) if is_of(run, names, files)]
        entity = rows.entity_partition(study, subject)
        metadata = [
            *self._keys(self._tables.metadata, entity),
            *(key for source in sources for key in self._listed(source, subject)),
        ]
        return Rows(
            keys={
                self._tables.runs: [rows.key(run.run_id) for run in runs],
                self._tables.objects: list(self._results(study, {run.run_id for run in runs})),
                self._tables.metadata: metadata,
                self._tables.requirements: list(self._keys(self._tables.requirements, entity)),
                self._tables.problems: list(self._problems(study, subject, files)),
            },
            runs=runs,
        )

    def remove(self, found: Rows) -> None:
        for table, keys in found.keys.items():
            self._delete(table, keys)

    def _runs(self, study: str) -> Iterator[RunRow]:
        """Every run of a study. No index leads there: a withdrawal is rare, and reads all."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._tables.runs,
            ConsistentRead=True,
            FilterExpression="study = :study",
            ExpressionAttributeValues={":study": {"S": study}},
        )
        return (rows.parsed(RunRow, item) for page in pages for item in page["Items"])

    def _results(self, study: str, run_ids: set[str]) -> Iterator[rows.Key]:
        for shard in range(RESULT_SHARDS):
            for row in self._ledger.results(study, shard):
                if row.run_id in run_ids:
                    yield rows.revised_key(row)

    def _problems(self, study: str, subject: str, files: set[Place]) -> Iterator[rows.Key]:
        for row in self._ledger.problems(study):
            if subject in row.about or row.about[:2] in files:
                yield rows.revised_key(row)

    def _keys(self, table: str, partition: str) -> Iterator[rows.Key]:
        pages = self._client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
            ProjectionExpression="pk, sk",
        )
        return (dict(item) for page in pages for item in page["Items"])

    def _listed(self, source: ObjectRow, subject: str) -> Iterator[rows.Key]:
        """Where the subject is listed under a metadata file that named it."""
        partition = rows.source_partition(source.study, source.bucket, source.key)
        for entity in self._ledger.entities_of(source.study, source.bucket, source.key):
            if entity[0] == subject:
                yield rows.key(partition, rows.digest(*entity))

    def _delete(self, table: str, keys: Iterable[rows.Key]) -> None:
        waiting = iter(keys)
        while batch := list(islice(waiting, BATCH)):
            asked: dict[str, Any] = {table: [{"DeleteRequest": {"Key": key}} for key in batch]}
            while asked:
                answer = self._client.batch_write_item(RequestItems=asked)
                asked = dict(answer.get("UnprocessedItems", {}))
