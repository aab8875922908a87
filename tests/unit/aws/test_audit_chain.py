"""A chain on S3 is found whatever else lies in its folder."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from wearline.aws.audit import LOOKED_AT, S3AuditChain
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
    for stray in range(LOOKED_AT + 1):
        key = f"audit/studies/gait/{entry_name(after)}.bak{stray}"
        client.put_object(Bucket=BUCKET, Key=key, Body=b"")
    assert last_number(chain) == LENGTH
    assert append(chain, ACT).n == LENGTH + 1
