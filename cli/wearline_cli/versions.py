"""Versions of objects: every one that lies below a prefix, and their removal for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from wearline_cli.environments import Environment

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object, or a delete marker."""

    bucket: str
    key: str
    version_id: str


@dataclass(frozen=True)
class Kept:
    """A version that could not be removed, and until when it is locked, if that can be told."""

    key: str
    until: str | None


def versions_of(
    there: Environment, bucket: str, prefix: str, *, exact: bool = False
) -> Iterator[Version]:
    pages = there.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for each in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            if not exact or each["Key"] == prefix:
                yield Version(bucket, each["Key"], each["VersionId"])


def remove_versions(there: Environment, versions: Sequence[Version]) -> list[Kept]:
    """Remove every version; those that a lock keeps."""
    kept: list[Kept] = []
    for start in range(0, len(versions), BATCH):
        batch = versions[start : start + BATCH]
        answer = there.s3.delete_objects(
            Bucket=batch[0].bucket,
            Delete={
                "Objects": [{"Key": each.key, "VersionId": each.version_id} for each in batch],
                "Quiet": True,
            },
        )
        kept += [
            Kept(error["Key"], _locked_until(there, batch[0].bucket, error))
            for error in answer.get("Errors", [])
        ]
    return kept


def _locked_until(there: Environment, bucket: str, error: Any) -> str | None:  # noqa: ANN401
    try:
        named = {each: error[each] for each in ("Key", "VersionId") if error.get(each)}
        answer = there.s3.get_object_retention(Bucket=bucket, **named)
    except ClientError:
        return None
    return str(answer["Retention"]["RetainUntilDate"].date())
