"""Rows of the ledger as DynamoDB items, and back.

An item holds ``pk``, ``sk`` and the row's own fields as native DynamoDB values, so that a
person reads them in a console. A sort key is exactly the object's key (both hold 1,024
bytes and order by UTF-8 bytes); where several names make a key, their digest does.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from boto3.dynamodb.types import TypeSerializer
from pydantic import TypeAdapter

from wearline.core.ledger import (
    ChargeRow,
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
    result_shard,
    shard_of,
)
from wearline.core.plans import canonical_json, sha256_hex
from wearline.ports import RevisedRow

Row = TypeVar("Row")
Key = dict[str, Any]
_serialise = TypeSerializer().serialize


class _Adapters(dict[type, TypeAdapter[Any]]):
    """Each is made when a row of its kind is first seen: a cold start waits for none."""

    def __missing__(self, kind: type) -> TypeAdapter[Any]:
        self[kind] = TypeAdapter(kind)
        return self[kind]


_ADAPTERS = _Adapters()


def item(row: Any) -> dict[str, Any]:
    """The row's fields as DynamoDB values, without its key."""
    plain = _ADAPTERS[type(row)].dump_python(row, mode="json")
    return {name: _serialise(_storable(value)) for name, value in plain.items()}


def parsed(kind: type[Row], stored: dict[str, Any]) -> Row:
    """The row in an item. Raises pydantic.ValidationError when it is none of this kind."""
    plain = {name: _plain(value) for name, value in stored.items() if name not in ("pk", "sk")}
    row: Row = _ADAPTERS[kind].validate_python(plain)
    return row


def _storable(value: Any) -> Any:
    """DynamoDB numbers are decimals; a float's shortest text is exactly that float again."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: _storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return value


def _plain(stored: Mapping[str, Any]) -> Any:
    """A DynamoDB value as a plain one, in one pass: a ledger is read by the million rows."""
    ((kind, value),) = stored.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return _number(Decimal(value))
        case "NULL":
            return None
        case "M":
            return {name: _plain(inner) for name, inner in value.items()}
        case "L":
            return [_plain(inner) for inner in value]
    raise TypeError(f"No row of the ledger holds a DynamoDB value of kind {kind}.")


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def key(pk: str, sk: str | None = None) -> Key:
    return {"pk": {"S": pk}} | ({} if sk is None else {"sk": {"S": sk}})


def object_key(study: str, bucket: str, name: str) -> Key:
    return key(object_partition(study, bucket, shard_of(name)), name)


def object_partition(study: str, bucket: str, shard: int) -> str:
    return f"{study}#{bucket}#{shard}"


def result_partition(study: str, shard: int) -> str:
    return f"#results#{study}#{shard}"


def tombstone_partition(study: str) -> str:
    return f"withdrawn#{study}"


def charge_key(run_id: str, attempt: int) -> Key:
    return key(f"#charge#{run_id}-{attempt}", "charge")


def spent_partition(study: str, month: str) -> str:
    return f"#spent#{study}#{month}"


def lease_key(study: str) -> Key:
    return key(f"lease#{study}")


def waiting_key(row: WaitingRow) -> Key:
    return key(entity_partition(row.study, row.subject), digest(row.bucket, row.key, row.pipeline))


def metadata_key(row: MetadataRow) -> Key:
    source = digest(row.source.bucket, row.source.key)
    return key(entity_partition(row.study, row.subject), f"{source}#{digest(row.visit, row.date)}")


def listed_key(row: MetadataRow) -> Key:
    """Where an entity is listed under its source."""
    return key(source_partition(row.study, row.source.bucket, row.source.key), digest(*row.entity))


def entity_partition(study: str, subject: str) -> str:
    return f"entity#{study}#{subject}"


def source_partition(study: str, bucket: str, name: str) -> str:
    return f"source#{study}#{digest(bucket, name)}"


def digest(*names: str | None) -> str:
    return sha256_hex(canonical_json(names))[:32]


def revised_key(row: RevisedRow) -> Key:  # noqa: PLR0911  one for each kind of row
    match row:
        case ObjectRow():
            return object_key(row.study, row.bucket, row.key)
        case RunRow():
            return key(row.run_id)
        case ProblemRow():
            return key(row.study, row.problem_id)
        case StudyRow():
            return key(row.study)
        case ResultRow():
            return key(result_partition(row.study, result_shard(row.run_id)), row.key)
        case ChargeRow():
            return charge_key(row.run_id, row.attempt)
        case SpentRow():
            return key(spent_partition(row.study, row.month), f"{row.shard:02}")
        case LeaseRow():
            return lease_key(row.study)
        case TombstoneRow():
            return key(tombstone_partition(row.study), row.tombstone)
