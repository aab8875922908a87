"""The supervisor's hold on S3: fetch what the plan names, exactly, and upload what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from wearline_processor.plan import Source

_CHUNK = 8 * 1024 * 1024
# S3 says AccessDenied of what is not there to whoever may not list the bucket, as a task may not
# ("GetObject", Amazon S3 API reference).
_GONE = ("NoSuchVersion", "AccessDenied")
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10)


class StoreFailed(Exception):
    """S3 did not do what was asked. `operation` and `code` are safe to log: they hold no key."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation}: {code}")
        self.operation = operation
        self.code = code


@dataclass(frozen=True)
class Address:
    """A bucket with a key or a prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, url: str) -> Address:
        """From `s3://bucket/key`; the key is taken literally, `%` and `+` included."""
        scheme, _, rest = url.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket or urlsplit(f"//{bucket}").hostname is None:
            raise ValueError(f"{url!r} is not an s3://bucket/key address.")
        return cls(bucket, key)

    def under(self, name: str) -> Address:
        return Address(self.bucket, self.key + name)


@dataclass(frozen=True)
class Fetched:
    """What was read: the SHA-256 of its bytes, and its version, None in a bucket without."""

    sha256: str
    version_id: str | None


class Store:
    """S3 through boto3's standard chain of credentials."""

    def __init__(self, client: Any = None) -> None:  # noqa: ANN401 - boto3 has no types of its own
        self._client = client or boto3.client("s3", config=_CONFIG)

    def read(self, address: Address) -> bytes:
        """The whole of a small object. Raises StoreFailed."""
        try:
            answer = self._client.get_object(Bucket=address.bucket, Key=address.key)
            return bytes(answer["Body"].read())
        except (ClientError, BotoCoreError) as problem:
            raise _failed("read", problem) from problem

    def fetch(self, source: Source, path: Path) -> Fetched:
        """Write exactly this file version to `path`.

        By its VersionId, or in a bucket without versions by its ETag. A version that expired
        since, while the same bytes were uploaded again, is found by its ETag too. Raises
        StoreFailed, with the code InputChanged when what came has another size.
        """
        try:
            answer = self._get(source)
            digest, size = _write(answer["Body"], path)
        except (ClientError, BotoCoreError) as problem:
            raise _failed("fetch", problem) from problem
        if size != source.size or answer["ETag"].strip('"') != source.etag.strip('"'):
            raise StoreFailed("fetch", "InputChanged")
        return Fetched(digest, answer.get("VersionId"))

    def _get(self, source: Source) -> Mapping[str, Any]:
        named: dict[str, Any] = {"Bucket": source.bucket, "Key": source.key}
        if source.version_id:
            try:
                return self._client.get_object(**named, VersionId=source.version_id)
            except ClientError as problem:
                if problem.response["Error"]["Code"] not in _GONE:
                    raise
        return self._client.get_object(**named, IfMatch=source.etag)

    def upload(self, path: Path, address: Address, media_type: str) -> None:
        """Store a file. Raises StoreFailed."""
        try:
            self._client.upload_file(
                str(path), address.bucket, address.key, ExtraArgs={"ContentType": media_type}
            )
        except (ClientError, BotoCoreError, boto3.exceptions.S3UploadFailedError) as problem:
            raise _failed("upload", problem) from problem

    def commit(self, document: bytes, address: Address) -> bool:
        """Store a document unless one is there; False when one is. Raises StoreFailed."""
        try:
            self._client.put_object(
                Bucket=address.bucket,
                Key=address.key,
                Body=document,
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as problem:
            if problem.response["Error"]["Code"] in ("PreconditionFailed", "412"):
                return False
            raise _failed("commit", problem) from problem
        except BotoCoreError as problem:
            raise _failed("commit", problem) from problem
        return True


def _write(body: Any, path: Path) -> tuple[str, int]:  # noqa: ANN401
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while chunk := body.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _failed(operation: str, problem: Exception) -> StoreFailed:
    if isinstance(problem, ClientError):
        return StoreFailed(operation, str(problem.response["Error"]["Code"]))
    return StoreFailed(operation, type(problem).__name__)
