"""S3 in memory: buckets with and without versions, listings in pages, If-None-Match."""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.simulation.clock import SimulatedClock
from tests.simulation.scheduler import Scheduler, effect
from wearline.core.ledger import FileVersion, StudyRow
from wearline.ports import StoreUnavailable

PAGE = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object, with its bytes."""

    file: FileVersion
    content: bytes


@dataclass(slots=True)
class Bucket:
    """Versions of each key, oldest first; None marks a deletion. Unversioned: one at most."""

    name: str
    versioned: bool
    forbidden: bool = False
    keys: dict[str, list[Stored | None]] = field(default_factory=dict)

    def current(self, key: str) -> Stored | None:
        versions = self.keys.get(key)
        return versions[-1] if versions else None

    def exact(self, key: str, version_id: str) -> Stored | None:
        for stored in self.keys.get(key, ()):
            if stored is not None and stored.file.version_id == version_id:
                return stored
        return None

    def objects(self) -> Iterator[Stored]:
        """The current objects, in order of their keys."""
        for key in sorted(self.keys, key=str.encode):
            if (stored := self.current(key)) is not None:
                yield stored


class SimulatedStore:
    """See ``wearline.ports.Store``; the second half is what people do to the buckets."""

    def __init__(self, scheduler: Scheduler, clock: SimulatedClock, buckets: list[Bucket]) -> None:
        self.scheduler, self._clock = scheduler, clock
        self.buckets = {bucket.name: bucket for bucket in buckets}
        self._uploads = 0

    @effect
    def head(
        self, study: StudyRow, bucket: str, key: str, version_id: str | None = None
    ) -> FileVersion | None:
        found = self._find(bucket, key, version_id)
        return found.file if found else None

    @effect
    def read(self, study: StudyRow, file: FileVersion) -> bytes | None:
        found = self._find(file.bucket, file.key, file.version_id)
        return found.content if found and found.file.etag == file.etag else None

    @effect
    def read_range(
        self, study: StudyRow, file: FileVersion, start: int, length: int
    ) -> bytes | None:
        found = self._find(file.bucket, file.key, file.version_id)
        stands = found is not None and found.file.etag == file.etag
        return found.content[start : start + length] if found and stands else None

    @effect
    def get(self, study: StudyRow, bucket: str, key: str) -> bytes | None:
        found = self._find(bucket, key, None)
        return found.content if found else None

    @effect
    def put_once(self, study: StudyRow, bucket: str, key: str, content: bytes) -> None:
        if self._find(bucket, key, None) is None:
            self.upload(bucket, key, content)

    @effect
    def put_page(self, study: StudyRow, bucket: str, key: str, content: bytes) -> None:
        self.upload(bucket, key, content)

    def list(
        self, study: StudyRow, bucket: str, prefix: str, after: str = ""
    ) -> Iterator[FileVersion]:
        while page := self._page(bucket, prefix, after):
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].key

    @effect
    def _page(self, bucket: str, prefix: str, after: str) -> builtins.list[FileVersion]:
        readable = self._readable(bucket)
        listed = [
            replace(stored.file, version_id=None)
            for stored in readable.objects()
            if stored.file.key.startswith(prefix)
            if stored.file.key.encode() > after.encode()
        ]
        return listed[:PAGE]

    @effect
    def folders(self, study: StudyRow, bucket: str, prefix: str) -> builtins.list[str]:
        keys = [stored.file.key for stored in self._readable(bucket).objects()]
        below = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]
        return sorted({f"{prefix}{key.split('/')[0]}/" for key in below if "/" in key})

    def _find(self, bucket: str, key: str, version_id: str | None) -> Stored | None:
        readable = self._readable(bucket)
        return readable.exact(key, version_id) if version_id else readable.current(key)

    def _readable(self, bucket: str) -> Bucket:
        if self.buckets[bucket].forbidden:
            raise StoreUnavailable(bucket, missing=False)
        return self.buckets[bucket]

    def upload(self, bucket: str, key: str, content: bytes) -> None:
        target = self.buckets[bucket]
        self._uploads += 1
        file = FileVersion(
            bucket=bucket,
            key=key,
            version_id=f"v{self._uploads}" if target.versioned else None,
            etag=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            size=len(content),
            last_modified=self._clock.second(),
        )
        self._add(target, key, Stored(file, content))

    def delete(self, bucket: str, key: str) -> None:
        self._add(self.buckets[bucket], key, None)

    def expire(self, bucket: str, key: str) -> None:
        """What a lifecycle rule does: noncurrent versions are gone for ever."""
        versions = self.buckets[bucket].keys.get(key, [])
        del versions[:-1]

    def remove(self, bucket: str, prefix: str) -> None:
        """Remove every version of what is below a prefix."""
        keys = self.buckets[bucket].keys
        for key in [key for key in keys if key.startswith(prefix)]:
            del keys[key]

    def _add(self, bucket: Bucket, key: str, stored: Stored | None) -> None:
        versions = bucket.keys.setdefault(key, [])
        if not bucket.versioned:
            versions.clear()
        versions.append(stored)
