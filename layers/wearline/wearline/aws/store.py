"""The study's buckets on S3, through the study's own access role."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from wearline.core.ledger import FileVersion, StudyRow
from wearline.ports import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SESSION_S = 3600
RENEW_S = 600
_GONE = ("404", "NoSuchKey", "NoSuchVersion", "NotFound")
_STALE_VERSION = ("400", "InvalidArgument")


class AccessRoles:
    """An S3 client for each study, with credentials of the study's access role.

    "Methods to assume a role" (IAM): a chained session lasts an hour at most, so a client
    is made anew ten minutes before that.
    """

    def __init__(self) -> None:
        self._clients: dict[str, tuple[float, S3Client]] = {}

    def client(self, study: StudyRow) -> S3Client:
        role = study.access_role_arn
        expires, client = self._clients.get(role, (0.0, None))
        if client is None or expires - time.time() < RENEW_S:
            client = _assumed(role, study.study)
            self._clients[role] = (time.time() + SESSION_S, client)
        return client


def _assumed(role: str, study: str) -> S3Client:
    answer = boto3.client("sts").assume_role(
        RoleArn=role, RoleSessionName=f"wearline-{study}"[:64], DurationSeconds=SESSION_S
    )
    credentials = answer["Credentials"]
    return boto3.client(
        "s3",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


class S3Store:
    """See ``wearline.ports.Store``."""

    def __init__(self, client_of: Callable[[StudyRow], S3Client]) -> None:
        self._client_of = client_of

    def head(
        self, study: StudyRow, bucket: str, key: str, version_id: str | None = None
    ) -> FileVersion | None:
        named: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        try:
            answer = self._client_of(study).head_object(Bucket=bucket, Key=key, **named)
        except ClientError as refused:
            if _code(refused) in _GONE or (version_id and _code(refused) in _STALE_VERSION):
                self._require_bucket(study, bucket)
                return None
            raise _unavailable(refused, bucket) from refused
        version = answer.get("VersionId")
        return FileVersion(
            bucket=bucket,
            key=key,
            version_id=None if version in (None, "null") else version,
            etag=answer["ETag"].strip('"'),
            size=answer["ContentLength"],
            last_modified=_iso(answer["LastModified"]),
        )

    def read(self, study: StudyRow, file: FileVersion) -> bytes | None:
        return self._body(study, **_exactly(file))

    def read_range(
        self, study: StudyRow, file: FileVersion, start: int, length: int
    ) -> bytes | None:
        # A range that begins where the object ends is an error of S3 (416), not empty.
        end = min(start + length, file.size) - 1
        if end < start:
            return b""
        return self._body(study, **_exactly(file), Range=f"bytes={start}-{end}")

    def get(self, study: StudyRow, bucket: str, key: str) -> bytes | None:
        return self._body(study, Bucket=bucket, Key=key)

    def put_once(self, study: StudyRow, bucket: str, key: str, content: bytes) -> None:
        try:
            self._client_of(study).put_object(
                Bucket=bucket,
                Key=key,
                Body=content,
                IfNoneMatch="*",
                ContentType="application/json",
            )
        except ClientError as refused:
            # 409: another writer is at it this moment. Equal keys hold equal content.
            if _code(refused) not in ("PreconditionFailed", "412", "ConditionalRequestConflict"):
                raise _unavailable(refused, bucket) from refused

    def put_page(self, study: StudyRow, bucket: str, key: str, content: bytes) -> None:
        try:
            self._client_of(study).put_object(
                Bucket=bucket, Key=key, Body=content, ContentType="text/html; charset=utf-8"
            )
        except ClientError as refused:
            raise _unavailable(refused, bucket) from refused

    def list(
        self, study: StudyRow, bucket: str, prefix: str, after: str = ""
    ) -> Iterator[FileVersion]:
        paginator = self._client_of(study).get_paginator("list_objects_v2")
        start: dict[str, Any] = {"StartAfter": after} if after else {}
        try:
            for page in paginator.paginate(Bucket=bucket, Prefix=prefix, **start):
                for entry in page.get("Contents", []):
                    yield FileVersion(
                        bucket=bucket,
                        key=entry["Key"],
                        version_id=None,
                        etag=entry["ETag"].strip('"'),
                        size=entry["Size"],
                        last_modified=_iso(entry["LastModified"]),
                    )
        except ClientError as refused:
            raise _unavailable(refused, bucket) from refused

    def folders(self, study: StudyRow, bucket: str, prefix: str) -> builtins.list[str]:
        try:
            page = self._client_of(study).list_objects_v2(
                Bucket=bucket, Prefix=prefix, Delimiter="/"
            )
        except ClientError as refused:
            raise _unavailable(refused, bucket) from refused
        return [each["Prefix"] for each in page.get("CommonPrefixes", [])]

    def _require_bucket(self, study: StudyRow, bucket: str) -> None:
        """HeadObject answers 404 for an absent bucket too; absent is not the same as empty."""
        try:
            self._client_of(study).head_bucket(Bucket=bucket)
        except ClientError as refused:
            raise _unavailable(refused, bucket) from refused

    def _body(self, study: StudyRow, **request: Any) -> bytes | None:
        try:
            return self._client_of(study).get_object(**request)["Body"].read()
        except ClientError as refused:
            if _code(refused) in (*_GONE, "PreconditionFailed", "412"):
                return None
            raise _unavailable(refused, request["Bucket"]) from refused


def _exactly(file: FileVersion) -> dict[str, Any]:
    """The request for this version: by its id, and by its ETag in a bucket without versions."""
    named = {"VersionId": file.version_id} if file.version_id else {}
    return {"Bucket": file.bucket, "Key": file.key, "IfMatch": f'"{file.etag}"', **named}


def _code(refused: ClientError) -> str:
    return str(refused.response["Error"]["Code"])


def _unavailable(refused: ClientError, bucket: str) -> Exception:
    code = _code(refused)
    if code in ("NoSuchBucket", "404"):
        return StoreUnavailable(bucket, missing=True)
    if code in ("403", "AccessDenied", "AllAccessDisabled"):
        return StoreUnavailable(bucket, missing=False)
    return refused


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
