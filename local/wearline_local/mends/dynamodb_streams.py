"""Event source mappings of DynamoDB streams, with everything that AWS does when a batch fails.

A mapping reports the first failed record (ReportBatchItemFailures), splits a failed batch
(BisectBatchOnFunctionError, which costs no retry), retries MaximumRetryAttempts times, then parks
where the records are (OnFailure destination) and goes on, so that no record blocks its shard:
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

A table has one shard here, and one batch of it is in flight at a time.
"""

import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import request_scope
from ministack.services import dynamodb, lambda_svc

from wearline_local.batches import Batch, Mapping, Record, after_failure, first_failure

RETRY_DELAY_S = 0.25


class Shard:
    """The reader of one mapping."""

    def __init__(self, mapping: Mapping, function: dict[str, Any]) -> None:
        self._mapping = mapping
        self._function = function

    def process(self, records: Sequence[Record], position: int) -> None:
        """Invoke until every record has succeeded or is parked, then move on."""
        pending = deque([Batch(records)])
        while pending and self._mapping.get("Enabled", True):
            batch = pending.popleft()
            answer = lambda_svc._execute_function(self._function, {"Records": batch.records})
            failed = first_failure(self._mapping, batch, answer)
            if failed is not None:
                pending.extendleft(reversed(self._next(batch, failed, answer)))
                time.sleep(RETRY_DELAY_S)
            left = sum(len(batch.records) for batch in pending)
            _move(self._mapping["UUID"], position + len(records) - left)

    def _next(self, batch: Batch, failed: int, answer: dict[str, Any]) -> list[Batch]:
        retries = self._mapping.get("MaximumRetryAttempts")
        bisect = bool(self._mapping.get("BisectBatchOnFunctionError"))
        if self._too_old(batch):
            return self._park(batch, failed, answer, "MaxRecordAgeExceeded")
        following = after_failure(batch, failed, -1 if retries is None else retries, bisect=bisect)
        return following or self._park(batch, failed, answer, "RetryAttemptsExhausted")

    def _park(self, batch: Batch, failed: int, answer: dict[str, Any], why: str) -> list[Batch]:
        source = self._mapping["EventSourceArn"]
        lambda_svc._send_ddb_stream_failure_record(
            self._mapping, self._function, batch.records[failed:], source, answer, why
        )
        return []

    def _too_old(self, batch: Batch) -> bool:
        limit = self._mapping.get("MaximumRecordAgeInSeconds") or -1
        created = float(batch.records[0]["dynamodb"]["ApproximateCreationDateTime"])
        return 0 < limit < time.time() - created


def mend() -> None:
    """Replace the poller of DynamoDB streams."""
    lambda_svc._poll_dynamodb_streams = _poll


def _poll() -> bool:
    polled = [_poll_one(*scoped) for scoped in lambda_svc._iter_all_esms()]
    return any(polled)


def _poll_one(account_id: str, region: str, mapping: Mapping) -> bool:
    """Hand the next batch of a mapping to a thread; say whether there was one."""
    with request_scope(account_id, region):
        table = _table_of(mapping)
        busy = lambda_svc._esm_inflight.get(mapping["UUID"], 0) > 0
        if table is None or busy or not mapping.get("Enabled", True):
            return False
        position = _position(mapping, table)
        batch = dynamodb.stream_records_since(table, position, mapping.get("BatchSize", 100))
        function, _ = lambda_svc._get_func_record_for_qualifier(
            mapping["FunctionName"], mapping.get("Qualifier")
        )
        if not batch or function is None:
            return False
        matching = lambda_svc._apply_filter_criteria(batch, mapping)
        if not matching:
            _move(mapping["UUID"], position + len(batch))
            return True
        run = partial(_process, mapping, function, matching, position, len(batch))
        lambda_svc._dispatch_esm_batch(mapping["UUID"], run)
        return True


def _process(
    mapping: Mapping, function: dict[str, Any], records: list[Record], position: int, read: int
) -> None:
    # What the filter left out stands before the records, so that the position never runs ahead.
    Shard(mapping, function).process(records, position + read - len(records))


def _table_of(mapping: Mapping) -> str | None:
    try:
        source = parse_arn(mapping.get("EventSourceArn", ""))
    except ArnParseError:
        return None
    found = source.service == "dynamodb" and lambda_svc._dynamodb_stream_table_from_arn_spec(source)
    if not found:
        return None
    table = dynamodb._tables.get(found[0])
    current = table and table.get("LatestStreamArn") == mapping["EventSourceArn"]
    return str(found[0]) if current else None


def _position(mapping: Mapping, table: str) -> int:
    horizon, end = dynamodb.stream_start_position(table), dynamodb.stream_end_position(table)
    with lambda_svc._dynamodb_stream_positions_lock:
        positions = lambda_svc._dynamodb_stream_positions
        if mapping["UUID"] not in positions:
            latest = mapping.get("StartingPosition", "LATEST") == "LATEST"
            positions[mapping["UUID"]] = end if latest else horizon
        return max(int(positions[mapping["UUID"]]), int(horizon))


def _move(mapping_id: str, position: int) -> None:
    with lambda_svc._dynamodb_stream_positions_lock:
        lambda_svc._dynamodb_stream_positions[mapping_id] = position
