"""What a study's stack holds, and what was there before it: an earlier stack's, or a customer's.

Buckets and the log group stay when a study is removed, so its next stack finds them made.
CloudFormation would fail at each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from wearline.core.study import StudyConfiguration
from wearline.core.study_roles import bucket_ids, bucket_names
from wearline.core.study_tasks import log_group
from wearline_cli.environments import CommandError, Environment
from wearline_cli.readiness import stack_state

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef
    from mypy_boto3_s3 import S3Client

GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
Held = Mapping[str, "StackResourceSummaryTypeDef"]


class Unseen(CommandError):
    """What is there of a study cannot be seen, so its stack cannot be written."""

    def __init__(self, study: str, why: str) -> None:
        self.study = study
        super().__init__(
            f"What is there of study {study} cannot be looked at ({why}). Nothing was changed:"
            " its stack might lose what it holds. Run it again, with a role that may look."
        )


@dataclass(frozen=True, slots=True)
class Holdings:
    """The buckets that the stack makes, by logical id, the others, and a log that was left."""

    made: Mapping[str, str]
    others: list[str]
    left_log: str | None


def holdings(
    there: Environment, study: StudyConfiguration, stack: str, *, create_buckets: bool
) -> Holdings:
    """What the stack of a study is to hold, and what lies beside it. Raises Unseen."""
    try:
        held = held_resources(there, stack)
        made = made_buckets(there, study, held, create=create_buckets)
        log = left_log(there, study.study, held)
    except (BotoCoreError, ClientError) as refused:
        raise Unseen(study.study, str(refused)) from refused
    others = [name for name in bucket_names(study) if name not in made.values()]
    return Holdings(made, others, log)


def held_resources(there: Environment, stack: str) -> Held:
    """The resources of a stack by logical id; none where there is no stack. Raises ClientError."""
    if stack_state(there.cloudformation, stack) is None:
        return {}
    pages = there.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    every = [each for page in pages for each in page["StackResourceSummaries"]]
    return {each["LogicalResourceId"]: each for each in every if each["ResourceStatus"] not in GONE}


def made_buckets(
    there: Environment, study: StudyConfiguration, held: Held, *, create: bool
) -> dict[str, str]:
    """The buckets that the stack makes or made before, by logical id; never one of another's.

    Raises ClientError where it cannot be seen whether a bucket is there.
    """
    wanted = bucket_names(study)
    ours = {
        name: each.get("PhysicalResourceId", "")
        for name, each in held.items()
        if each["ResourceType"] == "AWS::S3::Bucket"
    }
    new = [
        name
        for name in wanted
        if create and name not in ours.values() and not _is_there(there.s3, name)
    ]
    kept = {id_: name for id_, name in ours.items() if name in wanted}
    return bucket_ids(new, held=kept)


def _is_there(s3: S3Client, bucket: str) -> bool:
    """Whether a bucket exists, be it another account's. Raises ClientError."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code in ("404", "NoSuchBucket"):
            return False
        if code not in ("403", "301"):
            raise
    return True


def left_log(there: Environment, study: str, held: Held) -> str | None:
    """The study's log group, where it is there and an earlier stack made it."""
    name = log_group(there.name, study)
    if any(each["ResourceType"] == "AWS::Logs::LogGroup" for each in held.values()):
        return None
    found = there.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return name if any(each["logGroupName"] == name for each in found) else None


def keep_as_long(there: Environment, log: str) -> None:
    """Give a log group that no stack holds the retention and the key of its environment."""
    outputs = there.outputs
    there.logs.put_retention_policy(logGroupName=log, retentionInDays=int(outputs["LogDays"]))
    if key := outputs.get("KeyArn"):
        there.logs.associate_kms_key(logGroupName=log, kmsKeyId=key)
