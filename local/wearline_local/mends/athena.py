"""Athena over tables whose partitions are projected, read as their Glue table says.

The embedded Athena reads every object below a table's location, whatever the columns. On AWS:

- A projected partition lies where ``storage.location.template`` says, and an injected value is
  one that the query compares the column with; a query without one is refused:
  https://docs.aws.amazon.com/athena/latest/ug/partition-projection-dynamic-id-partitioning.html
- Columns of Parquet are found by name; one that a file lacks is null there, and one that the
  table lacks is not seen:
  https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
- A column of another type than the table's is HIVE_BAD_DATA:
  https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
"""

import itertools
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import duckdb
from ministack.services import athena, glue

TYPES = {
    "string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip
NO_VALUE = (
    "CONSTRAINT_VIOLATION: For the injected projected partition column {}, the WHERE clause must"
    " contain only static equality conditions, and at least one such condition must be present."
)


def mend() -> None:
    """Read projected tables as AWS does; all others go on as they went."""
    athena._rewrite_data_paths = partial(_rewritten, athena._rewrite_data_paths)


async def _rewritten(original: Any, query: str, database: str, catalog: Any = None) -> Any:
    folders: list[str] = []
    asked = query
    for named in reversed(athena._table_references(query)):
        table = glue._tables.get(f"{named.database or database or 'default'}/{named.table}")
        if table and table.get("Parameters", {}).get("projection.enabled") == "true":
            alias = "" if named.aliased else f' AS "{named.table}"'
            rows = _relation(table, query, folders) + alias
            asked = asked[: named.start] + rows + asked[named.end :]
    rewritten, buckets, others = await original(asked, database, catalog)
    return rewritten, buckets, [*folders, *others]


def _relation(table: Any, query: str, folders: list[str]) -> str:
    """The rows of every partition that the query names, with the columns of the table."""
    keys = [each["Name"] for each in table["PartitionKeys"]]
    columns = table["StorageDescriptor"]["Columns"]
    parts = [athena._empty_relation(table)]
    for values in itertools.product(*(_values(query, key) for key in keys)):
        place = table["Parameters"]["storage.location.template"]
        for key, value in zip(keys, values, strict=True):
            place = place.replace(f"${{{key}}}", value)
        files = athena._materialize_table_files(place, folders)
        if files:
            named = [f"{_text(value)} AS {key}" for key, value in zip(keys, values, strict=True)]
            told = ", ".join([*_columns(columns, files), *named])
            read = f"read_parquet({athena._sql_list(files)}, union_by_name = true)"
            parts.append(f"(SELECT {told} FROM {read})")
    return f"({' UNION ALL '.join(f'FROM {each}' for each in parts)})"


def _values(query: str, column: str) -> list[str]:
    """What a query compares a column with; the column may have a table's name before it."""
    found = re.findall(rf"\b{column}\"?\s*(?:=\s*('[^']*')|in\s*\(([^)]*)\))", query, re.IGNORECASE)
    values = [each for both in found for each in re.findall(r"'([^']*)'", "".join(both))]
    if not values:
        raise ValueError(NO_VALUE.format(column))
    return list(dict.fromkeys(values))


def _columns(columns: Any, files: list[str]) -> Iterator[str]:
    query = f"DESCRIBE FROM read_parquet({athena._sql_list(files)}, union_by_name = true)"
    with duckdb.connect() as reader:
        held = {name: kind for name, kind, *_ in reader.execute(query).fetchall()}
    for column in columns:
        name, kind = column["Name"], TYPES[column["Type"]]
        if held.get(name, kind) != kind:
            raise ValueError(
                f"HIVE_BAD_DATA: Field {name}'s type {held[name]} in parquet file is incompatible"
                f" with type {column['Type']} defined in table schema"
            )
        # Times of Athena have no zone: those of a file that are instants are in UTC.
        told = f'"{name}"' if name in held else "NULL"
        zone = " AT TIME ZONE 'UTC'" if name in held and column["Type"] == "timestamp" else ""
        yield f'CAST({told}{zone} AS {athena._duckdb_type(column)}) AS "{name}"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
