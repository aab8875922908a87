"""What becomes of a batch of stream records that failed; pure, for `mends.dynamodb_streams`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Mapping = dict[str, Any]
Record = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Records that are invoked together, and how often they failed together."""

    records: Sequence[Record]
    failures: int = 0


def after_failure(batch: Batch, first_failed: int, retries: int, *, bisect: bool) -> list[Batch]:
    """Return what is to be invoked next; nothing when the retries are used up.

    Args:
        batch: the batch that failed.
        first_failed: index of the first failed record; those before it are done.
        retries: MaximumRetryAttempts, -1 for no limit.
        bisect: BisectBatchOnFunctionError.
    """
    rest = batch.records[first_failed:]
    if bisect and len(rest) > 1:
        if first_failed:  # bisected at the record that the function named
            return [Batch(rest, batch.failures)]
        middle = len(rest) // 2
        return [Batch(rest[:middle], batch.failures), Batch(rest[middle:], batch.failures)]
    if 0 <= retries <= batch.failures:
        return []
    return [Batch(rest, batch.failures + 1)]


def first_failure(mapping: Mapping, batch: Batch, answer: dict[str, Any]) -> int | None:
    """Return the index of the first failed record, or None when all succeeded."""
    if answer.get("error"):
        return 0
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
        return None
    body = answer.get("body")
    failures = body.get("batchItemFailures") or [] if isinstance(body, dict) else []
    if not failures:
        return None
    named = {failure.get("itemIdentifier") for failure in failures}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch.records]
    found = [index for index, number in enumerate(numbers) if number in named]
    return found[0] if found else 0
