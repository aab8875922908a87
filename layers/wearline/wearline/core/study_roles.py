"""A study's two roles, which is how it sees only itself, and its buckets where we make them."""

from __future__ import annotations

from wearline.core.cloudformation import (
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


def task_role(study: StudyConfiguration, platform: Platform) -> Template:
    """What a task may do: read the study's objects and plans, put an attempt's results."""
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
    )


def access_role(study: StudyConfiguration, platform: Platform) -> Template:
    """What the platform's functions may do in the study's buckets, once they assume it.

    Trust names their path instead of each role, so that a function's role may be made anew.
    """
    functions = f"role/wearline/{platform.environment}/functions/*"
    names = bucket_names(study)
    own = [
        objects_arn(study.results.bucket, study.results.prefix, each)
        for each in ("runs/*/plan.json", "catalog/*.json")
    ]
    return _role(
        platform,
        "study-access",
        {
            "Principal": {"AWS": iam_arn("root")},
            "Condition": {"ArnLike": {"aws:PrincipalArn": iam_arn(functions)}},
        },
        allow("List", ["s3:ListBucket"], [bucket_arn(name) for name in names]),
        allow(
            "Read", ["s3:GetObject", "s3:GetObjectVersion"], [objects_arn(name) for name in names]
        ),
        allow("PutPlansAndReports", ["s3:PutObject"], own),
    )


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


def buckets(study: StudyConfiguration) -> list[tuple[str, Template]]:
    named = list(enumerate(bucket_names(study), start=1))
    buckets = [(f"Bucket{n}", _bucket(name)) for n, name in named]
    return buckets + [(f"Bucket{n}Policy", _tls_only(f"Bucket{n}")) for n, _ in named]


def _bucket(name: str) -> Template:
    encrypted = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return resource(
        "AWS::S3::Bucket",
        BucketName=name,
        VersioningConfiguration={"Status": "Enabled"},
        NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        BucketEncryption={"ServerSideEncryptionConfiguration": [encrypted]},
        PublicAccessBlockConfiguration=dict.fromkeys(blocked, True),
    ) | {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


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
    return resource(
        "AWS::S3::BucketPolicy", Bucket={"Ref": bucket}, PolicyDocument=policy(statement)
    )
