"""What the protocols need of the buckets: of those on S3, and of the simulator's alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws
from tests.simulation.buckets import Bucket, SimulatedStore
from tests.simulation.clock import SimulatedClock
from tests.simulation.scheduler import Scheduler, Temper
from tests.simulation.study import PLAIN, VERSIONED, study_row

from wearline.aws.store import S3Store
from wearline.core.ledger import FileVersion
from wearline.ports import Store

STUDY_ROW = study_row("first", 1)
KEY, CONTENT = "raw/S 1+é%20.cwa", b"0123456789"
Upload = Callable[[str, bytes], FileVersion]


@pytest.fixture(params=["simulated", "s3"])
def buckets(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Store, Upload]]:
    """A store with a bucket that keeps versions and one that does not, and a way to upload."""
    if request.param == "simulated":
        made = [Bucket(VERSIONED, versioned=True), Bucket(PLAIN, versioned=False)]
        simulated = SimulatedStore(Scheduler(0, Temper()), SimulatedClock(), made)
        yield simulated, _uploading(simulated, simulated.upload)
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        for name in (VERSIONED, PLAIN):
            client.create_bucket(Bucket=name)
        client.put_bucket_versioning(
            Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"}
        )
        store = S3Store(lambda _: client)

        def put(bucket: str, key: str, content: bytes) -> None:
            client.put_object(Bucket=bucket, Key=key, Body=content)

        yield store, _uploading(store, put)


def _uploading(store: Store, put: Callable[[str, str, bytes], None]) -> Upload:
    def upload(bucket: str, content: bytes) -> FileVersion:
        put(bucket, KEY, content)
        found = store.head(STUDY_ROW, bucket, KEY)
        assert found is not None
        return found

    return upload


@pytest.mark.parametrize("bucket", [VERSIONED, PLAIN])
def test_a_part_of_a_file_is_what_stands_there(buckets: tuple[Store, Upload], bucket: str) -> None:
    store, upload = buckets
    file = upload(bucket, CONTENT)
    assert store.read_range(STUDY_ROW, file, 0, 4) == b"0123"
    assert store.read_range(STUDY_ROW, file, 8, 100) == b"89"
    assert store.read_range(STUDY_ROW, file, 10, 1) == b""


def test_a_part_is_of_the_version_that_was_asked_for(buckets: tuple[Store, Upload]) -> None:
    store, upload = buckets
    first = upload(VERSIONED, CONTENT)
    upload(VERSIONED, b"another one")
    assert store.read_range(STUDY_ROW, first, 2, 2) == b"23"


def test_a_part_of_what_is_gone_is_none(buckets: tuple[Store, Upload]) -> None:
    store, upload = buckets
    overwritten = upload(PLAIN, CONTENT)
    upload(PLAIN, b"another one")
    assert store.read_range(STUDY_ROW, overwritten, 0, 4) is None
    assert store.read_range(STUDY_ROW, replace(overwritten, key="gone"), 0, 4) is None
