"""What the protocols need of a ledger: of the one on DynamoDB, and of the simulator's alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from tests.simulation.ledger import SimulatedLedger
from tests.simulation.scheduler import Scheduler, Temper
from tests.unit.core.rows import registered, run

from wearline.aws.ledger import DynamoLedger, Tables
from wearline.core.ledger import MetadataRow, Reason, Source, WaitingRow
from wearline.ports import Check, Ledger, Put, RowChanged

NAMES = ("objects", "runs", "requirements", "metadata", "problems", "studies")
HEIGHT = {"height": {"value": 1.8, "unit": "m", "column": "HEIGHT", "row": 2}}
KEYS = ["a b+%25", "a/1", "Z", "é", "\U0001f600", "￿"]


@pytest.fixture(params=["simulated", "dynamodb"])
def ledger(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    if request.param == "simulated":
        yield SimulatedLedger(Scheduler(0, Temper()))
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for name in NAMES:
            create_table(client, name, sorted_by="sk" if name not in ("runs", "studies") else None)
        yield DynamoLedger(client, Tables(*NAMES))


def create_table(client: Any, name: str, sorted_by: str | None) -> None:
    keys = [("pk", "HASH"), *([(sorted_by, "RANGE")] if sorted_by else [])]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
    )


def metadata(source_rev: int, *, withdrawn: bool = False) -> MetadataRow:
    source = Source("bucket", "table.csv", None, "etag", None, "2026-03-01T00:00:00+00:00")
    values = {} if withdrawn else HEIGHT
    return MetadataRow(
        "study", "S1", None, source, source_rev, "clinical", values=values, withdrawn=withdrawn
    )


def test_a_new_row_is_written_once(ledger: Ledger) -> None:
    row = replace(registered(), rev=0)
    ledger.commit(Put(row))
    with pytest.raises(RowChanged):
        ledger.commit(Put(row))
    assert ledger.object("study", "bucket", "key") == replace(row, rev=1)


def test_only_who_read_the_last_rev_may_write(ledger: Ledger) -> None:
    row = replace(registered(), rev=0)
    ledger.commit(Put(row))
    ledger.commit(Put(replace(row, rev=1, configuration="second")))
    with pytest.raises(RowChanged):
        ledger.commit(Put(replace(row, rev=1, configuration="late")))
    stored = ledger.object("study", "bucket", "key")
    assert stored is not None
    assert (stored.rev, stored.configuration) == (2, "second")


@pytest.mark.parametrize("rev", [0, 2])
def test_a_commit_is_all_or_nothing(ledger: Ledger, rev: int) -> None:
    known = replace(run("running"), rev=0)
    ledger.commit(Put(known))
    with pytest.raises(RowChanged):
        ledger.commit(Put(replace(registered(), rev=0)), Check(replace(known, rev=rev)))
    assert ledger.object("study", "bucket", "key") is None


def test_a_commit_may_rest_on_a_row_that_must_not_be_there(ledger: Ledger) -> None:
    absent = replace(run("running"), rev=0)
    ledger.commit(Put(replace(registered(), rev=0)), Check(absent))
    assert ledger.object("study", "bucket", "key") is not None
    assert ledger.run("r") is None


def test_a_value_of_an_older_version_never_replaces_a_newer_one(ledger: Ledger) -> None:
    ledger.put_metadata([metadata(2, withdrawn=True)])
    ledger.put_metadata([metadata(1)])
    assert ledger.metadata("study", "S1") == [metadata(2, withdrawn=True)]
    ledger.put_metadata([metadata(3)])
    assert ledger.metadata("study", "S1") == [metadata(3)]


@pytest.mark.parametrize(
    "since", [metadata(2), metadata(1, withdrawn=True)], ids=["read anew", "withdrawn"]
)
def test_a_commit_that_rests_on_a_value_is_refused_once_it_changed(
    ledger: Ledger, since: MetadataRow
) -> None:
    row = replace(registered(), rev=0)
    with pytest.raises(RowChanged):
        ledger.commit(Put(row), Check(metadata(1)))
    ledger.put_metadata([metadata(1)])
    ledger.commit(Put(row), Check(metadata(1)))
    ledger.put_metadata([since])
    with pytest.raises(RowChanged):
        ledger.commit(Put(replace(row, rev=1)), Check(metadata(1)))


def test_every_entity_that_a_source_ever_held_is_found(ledger: Ledger) -> None:
    ledger.list_entities([metadata(1), replace(metadata(1), subject="S2", visit="V1")])
    found = set(ledger.entities_of("study", "bucket", "table.csv"))
    assert found == {("S1", None, None), ("S2", "V1", None)}


def test_rows_come_in_order_of_the_bytes_of_their_keys(ledger: Ledger) -> None:
    for key in KEYS:
        ledger.commit(Put(replace(registered(), rev=0, key=key)))
    in_order = sorted(KEYS, key=str.encode)
    assert [row.key for row in ledger.objects("study", "bucket")] == in_order
    assert [row.key for row in ledger.objects("study", "bucket", in_order[1])] == in_order[2:]


def test_a_partition_of_many_pages_is_read_to_its_end(ledger: Ledger) -> None:
    # A page of DynamoDB ends at a megabyte; a row may hold 400 KB.
    long = Reason("code", "x" * 300_000)
    rows = [replace(registered(), rev=0, key=f"{number}", reason=long) for number in range(24)]
    for row in rows:
        ledger.commit(Put(row))
    expected = sorted((replace(row, rev=1) for row in rows), key=lambda row: row.key)
    assert list(ledger.objects("study", "bucket")) == expected


def test_a_waiting_row_is_there_as_soon_as_it_is_written(ledger: Ledger) -> None:
    row = WaitingRow("study", "S1", "bucket", "key", "gait")
    ledger.put_waiting(row)
    ledger.put_waiting(row)
    assert list(ledger.waiting("study", "S1")) == [row]
    assert list(ledger.waiting("study", "S2")) == []
