"""A study's two roles, which is how it sees only itself, and its buckets where we make them.

A bucket's own KMS key is used through S3 alone, and by these roles only as far as they may
read or write that bucket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from wearline.core.cloudformation import (
    KEPT,
    Template,
    allow,
    bucket_arn,
    iam_arn,
    objects_arn,
    policy,
    resource,
)
from wearline.core.platform import Platform
from wearline.core.study import StudyConfiguration


def task_role(
    study: StudyConfiguration, platform: Platform, keys: Mapping[str, str] | None = None
) -> Template:
    """What a task may do: read the study's objects and plans, put an attempt's results.

    ``keys`` are the ARNs of the buckets' own KMS keys, for those that have one.
    """
    attempts = objects_arn(study.results.bucket, study.results.prefix, "runs/*/attempts/*")
    read = [objects_arn(name) for name in bucket_names(study)]
    put = ["s3:PutObject", "s3:AbortMultipartUpload"]
    return _role(
        platform,
        "study-task",
        {
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        },
        allow("Read", ["s3:GetObject", "s3:GetObjectVersion"], read),
        allow("PutResults", put, [attempts]),
        *_use_keys(study, keys or {}),
    )


def access_role(
    study: StudyConfiguration, platform: Platform, keys: Mapping[str, str] | None = None
) -> Template:
    """What the platform's functions may do in the study's buckets, once they assume it.

    Trust names their path instead of each role, so that a function's role may be made anew.
    """
    names = bucket_names(study)
    own = [
        objects_arn(study.results.bucket, study.results.prefix, each)
        for each in ("runs/*/plan.json", "catalog/*.json", "report.html")
    ]
    return _role(
        platform,
        "study-access",
        {
            "Principal": {"AWS": iam_arn("root")},
            "Condition": {"ArnLike": {"aws:PrincipalArn": _functions(platform.environment)}},
        },
        allow("List", ["s3:ListBucket"], [bucket_arn(name) for name in names]),
        allow(
            "Read", ["s3:GetObject", "s3:GetObjectVersion"], [objects_arn(name) for name in names]
        ),
        allow("PutPlansAndReports", ["s3:PutObject"], own),
        *_use_keys(study, keys or {}),
    )


def _use_keys(study: StudyConfiguration, keys: Mapping[str, str]) -> list[Template]:
    """Decrypt what is read, encrypt what is put ("Protecting data with SSE-KMS", Amazon S3)."""
    through_s3 = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}
    wanted: list[tuple[str, str, Iterable[str]]] = [
        ("DecryptObjects", "kms:Decrypt", keys.values()),
        (
            "EncryptResults",
            "kms:GenerateDataKey",
            [key for name, key in keys.items() if name == study.results.bucket],
        ),
    ]
    return [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": action,
            "Resource": sorted(set(arns)),
            "Condition": through_s3,
        }
        for sid, action, arns in wanted
        if set(arns)
    ]


def _functions(environment: str) -> list[Template]:
    """The roles of the platform's functions, however a condition sees them.

    AWS compares the role ("AWS global condition context keys"), the embedded AWS its session.
    """
    roles = iam_arn(f"role/wearline/{environment}/functions/*")
    sessions = "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/wearline-local-*"
    return [roles, {"Fn::Sub": sessions}] if environment == "local" else [roles]


def _role(platform: Platform, kind: str, trusted: Template, *statements: Template) -> Template:
    bounded = platform.permissions_boundary
    return resource(
        "AWS::IAM::Role",
        Path=f"/wearline/{platform.environment}/{kind}/",
        AssumeRolePolicyDocument=policy({"Effect": "Allow", "Action": "sts:AssumeRole"} | trusted),
        Policies=[{"PolicyName": "study", "PolicyDocument": policy(*statements)}],
        **({"PermissionsBoundary": bounded} if bounded else {}),
    )


def bucket_names(study: StudyConfiguration) -> list[str]:
    """The buckets that hold the study's objects, and the one that holds its results."""
    return sorted({bucket.name for bucket in study.buckets} | {study.results.bucket})


def bucket_ids(names: Iterable[str], held: Mapping[str, str] | None = None) -> dict[str, str]:
    """Buckets by logical id: those that a stack holds under theirs, the others under free ones.

    Under another id CloudFormation would make the bucket anew, beside the one that it holds.

    >>> bucket_ids(["b", "a"], held={"Bucket1": "b"})
    {'Bucket1': 'b', 'Bucket2': 'a'}
    """
    found = dict(held or {})
    free = (each for n in count(1) if (each := f"Bucket{n}") not in found)
    return found | dict(zip(free, sorted({*names} - {*found.values()}), strict=False))


def buckets(
    study: StudyConfiguration, platform: Platform, named: Mapping[str, str]
) -> list[tuple[str, Template]]:
    """Buckets by logical id. The embedded AWS listens on loopback without TLS, and would obey."""
    policies = {} if platform.environment == "local" else named
    locks = {study.results.bucket: study.results.lock_days}
    made = [
        (bucket, _bucket(name, platform.key_arn, locks.get(name))) for bucket, name in named.items()
    ]
    return made + [(f"{bucket}Policy", _tls_only(bucket)) for bucket in policies]


def _bucket(name: str, key_arn: str | None, lock_days: int | None) -> Template:
    by_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    encrypted = {
        "BucketKeyEnabled": key_arn is not None,
        "ServerSideEncryptionByDefault": by_key if key_arn else {"SSEAlgorithm": "AES256"},
    }
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return (
        resource(
            "AWS::S3::Bucket",
            BucketName=name,
            VersioningConfiguration={"Status": "Enabled"},
            NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            BucketEncryption={"ServerSideEncryptionConfiguration": [encrypted]},
            PublicAccessBlockConfiguration=dict.fromkeys(blocked, True),
            **(_lock(lock_days) if lock_days else {}),
        )
        | KEPT
    )


def _lock(days: int) -> Template:
    """Every version is kept for so many days; who may bypass governance can end that.

    "Locking objects with Object Lock", Amazon S3.
    """
    retention = {"Mode": "GOVERNANCE", "Days": days}
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    return {"ObjectLockEnabled": True, "ObjectLockConfiguration": rule}


def _tls_only(bucket: str) -> Template:
    arn = f"${{{bucket}.Arn}}"
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::Sub": arn}, {"Fn::Sub": f"{arn}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return (
        resource("AWS::S3::BucketPolicy", Bucket={"Ref": bucket}, PolicyDocument=policy(statement))
        | KEPT
    )
