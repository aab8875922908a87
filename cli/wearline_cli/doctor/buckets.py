"""The settings of buckets: the environment's own, and those of every study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from wearline.core.ledger import StudyRow
from wearline.core.study_roles import bucket_names
from wearline_cli.doctor.findings import Finding, Look, deployed_again, examine, ill, warning, well
from wearline_cli.environments import Environment
from wearline_cli.notifications import sends_events

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCKED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def buckets(there: Environment) -> Iterator[Finding]:
    yield from _settings(there.s3, there.outputs["ConfigurationBucket"])
    working = [row for row in there.ledger.studies() if not row.removed]
    looks: dict[str, Look] = {f"study {row.study}": partial(_of_study, row) for row in working}
    yield from examine(there, looks)


def _of_study(row: StudyRow, there: Environment) -> Iterator[Finding]:
    study = there.configuration(row)
    watched = {each.name for each in study.buckets}
    for name in bucket_names(study):
        events = deployed_again(row.study, there) if name in watched else None
        yield from _settings(there.s3, name, events=events)


def _settings(s3: S3Client, bucket: str, *, events: str | None = None) -> Iterator[Finding]:
    """A line for a bucket that is well, else one for each fault."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as refused:
        why = refused.response["Error"]["Code"]
        if why in ("404", "NoSuchBucket"):
            yield ill(f"bucket {bucket} is not there", _creation(bucket, s3.meta.region_name))
        else:
            seen = f"aws s3api get-bucket-policy --bucket {bucket}"
            yield ill(f"bucket {bucket} cannot be reached ({why}): its owner must let you", seen)
        return
    faults = [*_faults(s3, bucket)]
    if events and not sends_events(s3, bucket):
        faults.insert(0, ill(f"bucket {bucket} sends no events to EventBridge", events))
    yield from faults or [well(f"bucket {bucket}")]


def _creation(bucket: str, region: str) -> str:
    """The first region of all is no place that S3 can be told ("CreateBucket", Amazon S3 API)."""
    command = f"aws s3api create-bucket --bucket {bucket} --region {region}"
    place = f" --create-bucket-configuration LocationConstraint={region}"
    return command if region == "us-east-1" else command + place


def _faults(s3: S3Client, bucket: str) -> Iterator[Finding]:
    command = "aws s3api put-{} --bucket " + bucket
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        yield warning(
            f"bucket {bucket} keeps no versions: an overwritten file cannot be computed again",
            command.format("bucket-versioning") + " --versioning-configuration Status=Enabled",
        )
    if not _found(s3.get_bucket_encryption, bucket):
        chosen = '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
        yield warning(
            f"bucket {bucket} names no encryption",
            command.format("bucket-encryption")
            + f" --server-side-encryption-configuration '{chosen}'",
        )
    found = _found(s3.get_public_access_block, bucket) or {}
    block = found.get("PublicAccessBlockConfiguration", {})
    if not all(block.get(each) for each in BLOCKED):
        listed = ",".join(f"{each}=true" for each in BLOCKED)
        yield ill(
            f"bucket {bucket} does not block public access",
            command.format("public-access-block")
            + f" --public-access-block-configuration {listed}",
        )


def _found(get: Callable[..., Any], bucket: str) -> Any:  # noqa: ANN401
    """What is configured, None where nothing is. Raises ClientError for anything else."""
    try:
        return get(Bucket=bucket)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code.endswith("NotFoundError") or code == "NoSuchPublicAccessBlockConfiguration":
            return None
        raise
