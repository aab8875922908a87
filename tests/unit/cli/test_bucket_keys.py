"""Keys of buckets that exist already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from wearline_cli.bucket_keys import NoBucket, bucket_keys
from wearline_cli.environments import CommandError


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("s3", "us-east-1"), boto3.client("kms", "us-east-1")


def encrypt(s3: Any, bucket: str, **default: str) -> None:
    s3.create_bucket(Bucket=bucket)
    rule = {"ApplyServerSideEncryptionByDefault": default}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


@pytest.mark.parametrize("named_by", ["KeyId", "Arn", "alias"])
def test_a_customers_key_is_found_however_its_bucket_names_it(
    clients: tuple[Any, Any], named_by: str
) -> None:
    s3, kms = clients
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/uploads", TargetKeyId=key["KeyId"])
    name = "alias/uploads" if named_by == "alias" else key[named_by]
    encrypt(s3, "uploads", SSEAlgorithm="aws:kms", KMSMasterKeyID=name)
    assert bucket_keys(s3, kms, ["uploads"]) == {"uploads": key["Arn"]}


def test_a_bucket_that_s3_encrypts_by_itself_has_none(clients: tuple[Any, Any]) -> None:
    s3, kms = clients
    encrypt(s3, "uploads", SSEAlgorithm="AES256")
    s3.create_bucket(Bucket="plain")
    assert bucket_keys(s3, kms, ["uploads", "plain"]) == {}


def test_a_bucket_that_may_not_be_looked_at_stops_the_deployment(
    clients: tuple[Any, Any],
) -> None:
    s3, kms = clients
    encrypt(s3, "uploads", SSEAlgorithm="aws:kms", KMSMasterKeyID="alias/gone")
    with pytest.raises(CommandError, match="encryption of bucket uploads cannot be looked at"):
        bucket_keys(s3, kms, ["uploads"])


def test_a_bucket_that_is_not_there_is_said_with_what_makes_it(clients: tuple[Any, Any]) -> None:
    s3, kms = clients
    with pytest.raises(NoBucket, match=r"absent does not exist.*--create-buckets"):
        bucket_keys(s3, kms, ["absent"])
