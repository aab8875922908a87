"""What a replay fetches, and whom it leaves alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws
from tests.unit.catalog.quiet_world import STUDY, QuietWorld

from wearline.core.ledger import TombstoneRow
from wearline.core.run_records import REMOVAL
from wearline.core.withdrawal import tombstone
from wearline.ports import Put
from wearline_cli.auditing import audited
from wearline_cli.environments import Environment
from wearline_cli.replaying import InputChanged, InputGone, Recorded, fetch_input
from wearline_cli.withdrawn_runs import SubjectWithdrawn, check_subject, obey_withdrawal

FILE, OTHER = "raw/S1/V1.cwa", "raw/S2/V1.cwa"
CONTENT = b"a recording"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        for name in ("plain", "versioned", "configurations"):
            client.create_bucket(Bucket=name)
        enabled: Any = {"Status": "Enabled"}
        client.put_bucket_versioning(Bucket="versioned", VersioningConfiguration=enabled)
        yield client


def recorded(s3: Any, bucket: str) -> Recorded:
    """A run over what is uploaded now."""
    put = s3.put_object(Bucket=bucket, Key=FILE, Body=CONTENT)
    file = {
        "bucket": bucket,
        "key": FILE,
        "version_id": put.get("VersionId"),
        "etag": put["ETag"].strip('"'),
    }
    plan = {"identity": {"file": file, "recording": {"subject": "S1"}}}
    told = {"plan": plan, "input": {"sha256": hashlib.sha256(CONTENT).hexdigest()}}
    return Recorded("r", bucket, "runs/r/", told)


def place(s3: Any) -> Environment:
    return cast("Environment", SimpleNamespace(s3=s3))


@pytest.mark.parametrize("bucket", ["plain", "versioned"])
def test_replay_reads_what_the_run_read(s3: Any, tmp_path: Path, bucket: str) -> None:
    run = recorded(s3, bucket)
    assert fetch_input(place(s3), run, tmp_path).read_bytes() == CONTENT


def test_an_older_version_is_fetched_by_its_id(s3: Any, tmp_path: Path) -> None:
    run = recorded(s3, "versioned")
    s3.put_object(Bucket="versioned", Key=FILE, Body=b"another")
    assert fetch_input(place(s3), run, tmp_path).read_bytes() == CONTENT


def test_what_was_overwritten_in_a_bucket_without_versions_is_gone(s3: Any, tmp_path: Path) -> None:
    run = recorded(s3, "plain")
    s3.put_object(Bucket="plain", Key=FILE, Body=b"another")
    with pytest.raises((InputGone, InputChanged)):
        fetch_input(place(s3), run, tmp_path)


def test_a_version_that_expired_is_found_by_its_content(s3: Any, tmp_path: Path) -> None:
    run = recorded(s3, "versioned")
    expired = run.document["plan"]["identity"]["file"]["version_id"]
    s3.put_object(Bucket="versioned", Key=FILE, Body=CONTENT)
    s3.delete_object(Bucket="versioned", Key=FILE, VersionId=expired)
    assert fetch_input(place(s3), run, tmp_path).read_bytes() == CONTENT


def test_replay_reads_the_version_that_was_found_in_place_of_the_planned_one(
    s3: Any, tmp_path: Path
) -> None:
    run = recorded(s3, "versioned")
    expired = run.document["plan"]["identity"]["file"]["version_id"]
    again = s3.put_object(Bucket="versioned", Key=FILE, Body=CONTENT)
    run.document["input"]["version_id"] = again["VersionId"]
    s3.delete_object(Bucket="versioned", Key=FILE, VersionId=expired)
    s3.put_object(Bucket="versioned", Key=FILE, Body=b"another")
    assert fetch_input(place(s3), run, tmp_path).read_bytes() == CONTENT


@pytest.fixture
def there(s3: Any) -> tuple[QuietWorld, Environment]:
    quiet = QuietWorld()
    for key in (FILE, OTHER):
        quiet.upload(key, b"A")
    environment = SimpleNamespace(
        s3=s3,
        ledger=quiet.ledger,
        outputs={"ConfigurationBucket": "configurations"},
        caller="arn:aws:iam::1:user/tester",
        study=lambda _: quiet.study.row,
        configuration=lambda _: quiet.study.configuration,
    )
    quiet.ledger.studies = lambda: [quiet.study.row]  # type: ignore[attr-defined]
    return quiet, cast("Environment", environment)


def test_a_subject_who_withdrew_is_not_run_again(there: tuple[QuietWorld, Environment]) -> None:
    quiet, environment = there
    runs = {key: quiet.row(key).pipelines["sleep"].run_id or "" for key in (FILE, OTHER)}
    quiet.run_all()
    mark = tombstone(quiet.study.row.salt, "S1")
    quiet.ledger.commit(Put(TombstoneRow(STUDY, mark, "asked for it", "2026-03-02")))
    obey_withdrawal(environment, runs[OTHER])
    with pytest.raises(SubjectWithdrawn, match="has withdrawn: nothing of it"):
        obey_withdrawal(environment, runs[FILE])
    row = quiet.ledger.run(runs[OTHER])
    assert row is not None
    check_subject(environment, row, "S2")
    with pytest.raises(SubjectWithdrawn):
        check_subject(environment, row, "S1")  # reassigned by a decision


def test_a_run_that_the_withdrawal_removed_is_told_from_one_that_never_was(
    there: tuple[QuietWorld, Environment],
) -> None:
    _, environment = there
    with audited(environment, STUDY, REMOVAL, removed_runs=["gone"]):
        pass
    obey_withdrawal(environment, "never")
    with pytest.raises(SubjectWithdrawn):
        obey_withdrawal(environment, "gone")
