"""A batch of stream records that fails is split and tried again until what is left is parked."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wearline_local.batches import Batch, after_failure, first_failure

REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def records(numbers: list[int]) -> list[dict[str, Any]]:
    return [{"dynamodb": {"SequenceNumber": str(number)}} for number in numbers]


def failing(*numbers: int) -> dict[str, Any]:
    return {"body": {"batchItemFailures": [{"itemIdentifier": str(n)} for n in numbers]}}


def test_success_reports_nothing() -> None:
    batch = Batch(records([1, 2]))
    assert first_failure(REPORTING, batch, {"body": {"batchItemFailures": []}}) is None
    assert first_failure(REPORTING, batch, {"body": None}) is None


def test_first_of_the_reported_records_counts() -> None:
    assert first_failure(REPORTING, Batch(records([1, 2, 3])), failing(3, 2)) == 1


def test_unknown_or_empty_identifier_fails_the_whole_batch() -> None:
    batch = Batch(records([1, 2, 3]))
    assert first_failure(REPORTING, batch, failing(9)) == 0
    empty = {"body": {"batchItemFailures": [{"itemIdentifier": ""}]}}
    assert first_failure(REPORTING, batch, empty) == 0


def test_report_means_nothing_where_the_mapping_does_not_ask_for_it() -> None:
    assert first_failure({}, Batch(records([1, 2])), failing(2)) is None


def test_exception_fails_the_whole_batch() -> None:
    assert first_failure(REPORTING, Batch(records([1, 2])), {"error": True}) == 0


def test_split_costs_no_retry() -> None:
    left, right = after_failure(Batch(records([1, 2, 3]), failures=1), 0, retries=2, bisect=True)
    assert (left.failures, right.failures) == (1, 1)
    assert [*left.records, *right.records] == records([1, 2, 3])


def test_retries_used_up_leave_nothing() -> None:
    assert after_failure(Batch(records([1]), failures=2), 0, retries=2, bisect=True) == []
    assert after_failure(Batch(records([1]), failures=2), 0, retries=-1, bisect=True) != []


@given(
    poison=st.sets(st.integers(0, 20)),
    size=st.integers(1, 20),
    retries=st.integers(0, 3),
    bisect=st.booleans(),
    reporting=st.booleans(),
)
def test_every_record_succeeds_or_is_parked_and_bisecting_parks_poison_alone(
    poison: set[int], size: int, retries: int, bisect: bool, reporting: bool
) -> None:
    pending, done, parked = [Batch(records([*range(size)]))], list[int](), list[int]()
    while pending:
        batch = pending.pop(0)
        numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in batch.records]
        bad = [index for index, number in enumerate(numbers) if number in poison]
        first = bad[0] if bad and reporting else 0
        following = after_failure(batch, first, retries, bisect=bisect) if bad else []
        done += numbers[:first] if bad else numbers
        parked += numbers[first:] if bad and not following else []
        pending = following + pending
    assert sorted(done + parked) == [*range(size)]
    if bisect:
        assert set(parked) == poison & {*range(size)}
