"""Athena reads tables with projected partitions where their template says, by the table's columns.

https://docs.aws.amazon.com/athena/latest/ug/partition-projection-dynamic-id-partitioning.html
https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
"""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.queries import Refused, answers

from .conftest import Account

COLUMNS = {"subject": "string", "minutes": "double", "nights": "bigint", "began": "timestamp"}
BEGAN = pa.array([datetime(2024, 3, 10, 22, 30, tzinfo=UTC)], pa.timestamp("us", "UTC"))


@dataclass(frozen=True)
class Table:
    """A table `night` in a database of its own, partitioned by `part`, which is injected."""

    account: Account
    database: str
    bucket: str

    def put(self, part: str, **columns: Any) -> None:
        sink = io.BytesIO()
        pa.parquet.write_table(pa.table(columns), sink)
        key = f"kept/{part}/tables/night/0001.parquet"
        self.account.client("s3").put_object(Bucket=self.bucket, Key=key, Body=sink.getvalue())

    def asked(self, query: str) -> list[list[str | None]]:
        query = query.replace("<night>", f'"{self.database}".night')
        place = f"s3://{self.bucket}/answers/"
        return answers(self.account.client("athena"), query, place)


@pytest.fixture
def table(account: Account) -> Table:
    database, bucket = f"wearline-{uuid.uuid4().hex}", account.bucket()
    glue = account.client("glue")
    glue.create_database(DatabaseInput={"Name": database})
    place = f"s3://{bucket}/kept/"
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": "night",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {
                "classification": "parquet",
                "projection.enabled": "true",
                "projection.part.type": "injected",
                "storage.location.template": f"{place}${{part}}/tables/night/",
            },
            "PartitionKeys": [{"Name": "part", "Type": "string"}],
            "StorageDescriptor": {
                "Location": place,
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "Columns": [{"Name": name, "Type": kind} for name, kind in COLUMNS.items()],
            },
        },
    )
    beside = f"{place.removeprefix(f's3://{bucket}/')}one/README.md"
    account.client("s3").put_object(Bucket=bucket, Key=beside, Body=b"no table")
    return Table(account, database, bucket)


def test_the_partitions_that_a_query_names_are_read_and_no_others(table: Table) -> None:
    for part, minutes in (("one", 400.5), ("two", 420.0), ("three", 1.0)):
        table.put(part, subject=["S1"], minutes=[minutes])
    one = table.asked("select subject, minutes, part from <night> where part = 'one'")
    assert one == [["S1", "400.5", "one"]]
    both = "select part, sum(minutes) from <night> n where n.part in ('one', 'two') group by 1"
    assert sorted(table.asked(both)) == [["one", "400.5"], ["two", "420.0"]]
    assert table.asked("select count(*) from <night> where part = 'four'") == [["0"]]


def test_a_query_that_names_no_partition_is_refused(table: Table) -> None:
    with pytest.raises(Refused, match="the injected projected partition column part,"):
        table.asked("select count(*) from <night>")


def test_columns_are_found_by_name(table: Table) -> None:
    """One that the file lacks is null, and one that the table lacks is not there."""
    table.put("one", began=BEGAN, extra=[1.0], nights=[3])
    assert table.asked("select * from <night> where part = 'one'") == [
        [None, None, "3", "2024-03-10 22:30:00", "one"]
    ]


def test_a_file_with_another_type_than_the_table_is_bad_data(table: Table) -> None:
    table.put("one", subject=["S1"], nights=["three"])
    with pytest.raises(Refused, match="HIVE_BAD_DATA: Field nights"):
        table.asked("select nights from <night> where part = 'one'")
