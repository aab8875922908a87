"""Buckets keep versions, refuse a second write, and tell of uploads as S3 does.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
import time

import pytest
from botocore.exceptions import ClientError

from .conftest import Account


def test_if_none_match_keeps_the_first_object(account: Account) -> None:
    s3, bucket = account.client("s3"), account.bucket()
    s3.put_object(Bucket=bucket, Key="run.json", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="run.json", Body=b"2", IfNoneMatch="*")
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="run.json")["Body"].read() == b"1"


def test_versions_are_kept_and_read_by_id(account: Account) -> None:
    s3, bucket = account.client("s3"), account.bucket()
    enabled = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=enabled)
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"2")["VersionId"]
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    assert s3.head_object(Bucket=bucket, Key="k")["VersionId"] == second


def test_bucket_of_a_stack_tells_of_uploads_with_literal_keys(account: Account) -> None:
    url, arn = account.queue()
    bucket = f"stack-{time.time_ns()}"
    _stack(account, bucket)
    events, key = account.client("events"), "raw/a+b 100%25 ü.csv"
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "raw/"}]}},
    }
    events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=bucket, Targets=[{"Id": "queue", "Arn": arn}])
    account.client("s3").put_object(Bucket=bucket, Key="elsewhere", Body=b"")
    account.client("s3").put_object(Bucket=bucket, Key=key, Body=b"data")
    detail = account.received(url)[0]["detail"]
    assert detail["object"]["key"] == key
    assert detail["object"]["size"] == 4
    assert detail["object"]["sequencer"]
    encryption = account.client("s3").get_bucket_encryption(Bucket=bucket)
    rule = encryption["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    versioning = account.client("s3").get_bucket_versioning(Bucket=bucket)
    assert versioning["Status"] == "Enabled"


def _stack(account: Account, bucket: str) -> None:
    default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    properties = {
        "BucketName": bucket,
        "VersioningConfiguration": {"Status": "Enabled"},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [default]},
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
    }
    template = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}}
    stacks = account.client("cloudformation")
    stacks.create_stack(StackName=bucket, TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(
        StackName=bucket, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
