"""EventBridge notifications of a bucket that exists already: added to what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from wearline_cli.environments import CommandError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def enable_events(s3: S3Client, bucket: str) -> bool:
    """Let a bucket send its events to EventBridge; True if it did not before.

    PutBucketNotificationConfiguration replaces the whole configuration, so what is there is
    sent back with it. Raises CommandError where the bucket is missing or forbidden.
    """
    try:
        found = _configuration(s3, bucket)
        if "EventBridgeConfiguration" in found:
            return False
        s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={**found, "EventBridgeConfiguration": {}},  # type: ignore[typeddict-item]
            # What another team set up long ago is theirs to mend, and must not stop this.
            SkipDestinationValidation=True,
        )
    except ClientError as refused:
        raise CommandError(
            f"Bucket {bucket} cannot send its events to EventBridge: {refused}."
            " Create the bucket, or deploy the study with --create-buckets."
        ) from refused
    return True


def sends_events(s3: S3Client, bucket: str) -> bool:
    """Whether a bucket sends its events to EventBridge. Raises ClientError."""
    return "EventBridgeConfiguration" in _configuration(s3, bucket)


def kept_notifications(s3: S3Client, bucket: str) -> int:
    """How many notifications to queues, topics and functions a bucket has. Raises ClientError."""
    found = _configuration(s3, bucket)
    return sum(len(each) for name, each in found.items() if name != "EventBridgeConfiguration")


def _configuration(s3: S3Client, bucket: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(s3.get_bucket_notification_configuration(Bucket=bucket))
    found.pop("ResponseMetadata", None)
    return found
