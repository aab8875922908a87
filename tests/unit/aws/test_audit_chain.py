"""A chain on S3 is found whatever else lies in its folder."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from wearline.aws.audit import S3AuditChain
from wearline.core.audit import entry_name
from wearline.flow.auditing import Act, append, last_number

BUCKET, LENGTH = "configuration", 7
ACT = Act("2026-03-11T10:00:00.000+00:00", "arn:aws:iam::1:user/a", "retry", "intent", {})


@pytest.fixture
def client() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.mark.parametrize("after", range(LENGTH + 1))
def test_stray_key_after_any_entry_stops_no_act(client: S3Client, after: int) -> None:
    chain = S3AuditChain.of_study(client, BUCKET, "gait")
    for _ in range(LENGTH):
        append(chain, ACT)
    for stray in (f"{entry_name(after)}.bak", entry_name(9_999_999_999), "notes.txt"):
        client.put_object(Bucket=BUCKET, Key=f"audit/studies/gait/{stray}", Body=b"")
    assert last_number(chain) == LENGTH
    assert [append(chain, ACT).n for _ in range(3)] == [LENGTH + 1, LENGTH + 2, LENGTH + 3]
