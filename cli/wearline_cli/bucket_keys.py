"""The customer's own keys of buckets that exist: found where S3 says, so that nobody tells us."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from wearline_cli.environments import CommandError

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client


class NoBucket(CommandError):
    """A bucket of the study is not there."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket
        super().__init__(
            f"Bucket {bucket} does not exist. Correct the study file, create the bucket, or deploy"
            " with --create-buckets, which makes those that are not there."
        )


def bucket_keys(s3: S3Client, kms: KMSClient, buckets: Iterable[str]) -> dict[str, str]:
    """The ARN of the KMS key of each bucket that is encrypted with one of the customer's.

    A key that AWS manages (``aws/s3``) needs no right of ours. Raises CommandError where a
    bucket or its key may not be looked at: roles without the key would fail at every object.
    """
    found = {bucket: _key_of(s3, kms, bucket) for bucket in buckets}
    return {bucket: key for bucket, key in found.items() if key}


def _key_of(s3: S3Client, kms: KMSClient, bucket: str) -> str | None:
    """A bucket may name its key by id, alias or ARN; a policy needs the ARN of the key itself."""
    try:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"][
            "Rules"
        ]
        named = rules[0]["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
        if named is None:
            return None
        key = kms.describe_key(KeyId=named)["KeyMetadata"]
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code == "ServerSideEncryptionConfigurationNotFoundError":
            return None
        if code == "NoSuchBucket":
            raise NoBucket(bucket) from refused
        raise CommandError(
            f"The encryption of bucket {bucket} cannot be looked at: {refused}."
            " Deploy with a role that may call s3:GetEncryptionConfiguration and kms:DescribeKey."
        ) from refused
    return key["Arn"] if key["KeyManager"] == "CUSTOMER" else None
