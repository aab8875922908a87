"""Chains of the audit trail in the environment's configuration bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from wearline.core.audit import entry_name, entry_number

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FOREMOST = ("PreconditionFailed", "412", "ConditionalRequestConflict")


class S3AuditChain:
    """See ``wearline.flow.auditing.AuditChain``."""

    def __init__(self, client: S3Client, bucket: str, prefix: str, name: str) -> None:
        self._client, self._bucket, self._prefix, self._name = client, bucket, prefix, name

    @classmethod
    def of_study(cls, client: S3Client, bucket: str, study: str) -> S3AuditChain:
        return cls(client, bucket, f"audit/studies/{study}/", f"study {study}")

    @classmethod
    def of_environment(cls, client: S3Client, bucket: str, environment: str) -> S3AuditChain:
        """The chain of what concerns no single study."""
        return cls(client, bucket, "audit/environment/", f"environment {environment}")

    @property
    def name(self) -> str:
        return self._name

    def numbers(self, after: int) -> Iterator[int]:
        """A request for 1,000 of them. What is no entry is passed over: ``verify`` tells of it."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket,
            Prefix=self._prefix,
            StartAfter=f"{self._prefix}{entry_name(after)}",
        )
        for page in pages:
            for each in page.get("Contents", []):
                n = entry_number(each["Key"].removeprefix(self._prefix))
                if n is not None:
                    yield n

    def read(self, n: int) -> bytes | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key(n))
        except self._client.exceptions.NoSuchKey:
            return None
        return answer["Body"].read()

    def put_once(self, n: int, content: bytes) -> bool:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(n),
                Body=content,
                IfNoneMatch="*",
                ContentType="application/json",
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] in _FOREMOST:
                return False
            raise
        return True

    def entries(self) -> dict[str, bytes]:
        """Every object of the chain by its name below the prefix."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return {
            key.removeprefix(self._prefix): self._client.get_object(Bucket=self._bucket, Key=key)[
                "Body"
            ].read()
            for key in keys
        }

    def overwritten(self) -> list[str]:
        """Names of entries of which there is more than the one version that is written."""
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        seen: dict[str, int] = {}
        for page in pages:
            for each in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                seen[each["Key"]] = seen.get(each["Key"], 0) + 1
        return sorted(key.removeprefix(self._prefix) for key, count in seen.items() if count > 1)

    def _key(self, n: int) -> str:
        return f"{self._prefix}{entry_name(n)}"
