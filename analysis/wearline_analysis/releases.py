"""The releases of a study: found, read and checked, discarded.

A release is what was frozen. What Wearline reads of it leaves out everybody who has withdrawn
since; the stored bytes stay as they are until the release is discarded.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from wearline.core.ledger import StudyRow
from wearline.core.plans import canonical_json
from wearline.core.study import StudyConfiguration
from wearline.core.withdrawal import Withdrawn
from wearline_analysis.cache import ObjectGone
from wearline_analysis.errors import NoSuchRelease, NoSuchTable, ReleaseAltered
from wearline_analysis.manifest import DISCARDED, MANIFEST, Manifest, checked_name, manifest
from wearline_analysis.results import fetcher
from wearline_cli.environments import Environment

RUNS, FILES = "runs.parquet", "files.parquet"


@dataclass(frozen=True)
class Release:
    """One release. Every file is compared with the manifest when it is read."""

    releases: Releases
    manifest: Manifest
    # What to cite: of the manifest, and so of every file.
    sha256: str

    @property
    def name(self) -> str:
        return self.manifest.release

    @property
    def tables(self) -> list[str]:
        """The tables that it holds."""
        return self.manifest.tables

    @property
    def readme(self) -> str:
        return self._read("README.md").decode()

    def table(self, name: str) -> pa.Table:
        """A whole table, but for the rows of those who have withdrawn since.

        Raises NoSuchTable, ReleaseAltered.
        """
        if name not in self.tables:
            raise NoSuchTable(name, self.tables)
        parts = [self._parquet(part.name) for part in self.manifest.parts(name)]
        return self.releases.without_withdrawn(pa.concat_tables(parts))

    @cached_property
    def runs(self) -> list[dict[str, Any]]:
        """The runs that it was made of, with the identity of each plan."""
        rows: list[dict[str, Any]] = self.releases.without_withdrawn(
            self._parquet(RUNS)
        ).to_pylist()
        for row in rows:
            row["identity"] = json.loads(row["identity"])
        return rows

    @cached_property
    def files(self) -> list[dict[str, Any]]:
        """Where every data file stood then, with the reason."""
        found: list[dict[str, Any]] = self._parquet(FILES).to_pylist()
        return found

    def _parquet(self, name: str) -> pa.Table:
        return pa.parquet.read_table(io.BytesIO(self._read(name)))

    def _read(self, name: str) -> bytes:
        try:
            content = self.releases.read(self.name, name)
        except ObjectGone as gone:
            raise ReleaseAltered(self.name, name, str(gone)) from gone
        if hashlib.sha256(content).hexdigest() != self.manifest.file(name).sha256:
            raise ReleaseAltered(self.name, name, "its SHA-256 differs")
        return content


class Releases:
    """The releases of a study, below ``releases/`` of its results."""

    def __init__(
        self, there: Environment, row: StudyRow, configuration: StudyConfiguration
    ) -> None:
        self.study, self._there, self._row = row.study, there, row
        self.bucket = configuration.results.bucket
        self._prefix = f"{configuration.results.prefix}releases/"
        self._fetch = fetcher(there)

    def place(self, name: str) -> str:
        """The prefix of a release. Raises ReleaseNameUnfit."""
        return f"{self._prefix}{checked_name(name)}/"

    def names(self) -> list[str]:
        """Those that are frozen, in order."""
        pages = self._there.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self._prefix, Delimiter="/"
        )
        prefixes = (each["Prefix"] for page in pages for each in page.get("CommonPrefixes", []))
        names = (prefix.removesuffix("/").rpartition("/")[2] for prefix in prefixes)
        return [name for name in names if self._has(name, MANIFEST)]

    def release(self, name: str) -> Release:
        """Raises NoSuchRelease, ReleaseNameUnfit, ReleaseAltered."""
        try:
            content = self.read(name, MANIFEST)
        except ObjectGone as gone:
            raise NoSuchRelease(self.study, name, self.names()) from gone
        return Release(self, manifest(content, name), hashlib.sha256(content).hexdigest())

    def read(self, name: str, file: str) -> bytes:
        """A file as it is stored, not compared with anything. Raises ObjectGone."""
        content: bytes = self._fetch(self.bucket, f"{self.place(name)}{file}", None)
        return content

    def holding(self, subject: str) -> list[str]:
        """The releases whose stored bytes hold rows of a subject, also of one who has withdrawn."""
        return [name for name in self.names() if subject in self._subjects(name)]

    def discard(self, name: str) -> int:
        """Remove a release for ever, every version of every file; how many.

        Its name stays taken, so that what was cited by it is never something else. Raises
        NoSuchRelease.
        """
        self.release(name)
        place, count = self.place(name), 0
        for batch in self._versions(place):
            self._there.s3.delete_objects(
                Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True}
            )
            count += len(batch)
        told = {"release": name, "discarded": datetime.now(UTC).isoformat(timespec="seconds")}
        self._there.s3.put_object(
            Bucket=self.bucket, Key=f"{place}{DISCARDED}", Body=canonical_json(told)
        )
        return count

    def without_withdrawn(self, rows: pa.Table) -> pa.Table:
        """The rows but for those of subjects who have withdrawn."""
        subjects = pa.compute.unique(rows["subject"]).to_pylist()
        gone = [subject for subject in subjects if subject in self._withdrawn]
        if not gone:
            return rows
        stays = pa.compute.invert(pa.compute.is_in(rows["subject"], pa.array(gone)))
        return rows.filter(stays)

    @cached_property
    def _withdrawn(self) -> Withdrawn:
        return Withdrawn(self._row.salt, self._there.ledger.tombstones(self.study))

    def _subjects(self, name: str) -> set[str]:
        rows = pa.parquet.read_table(io.BytesIO(self.read(name, RUNS)), columns=["subject"])
        return set(rows["subject"].to_pylist())

    def _has(self, name: str, file: str) -> bool:
        found = self._there.s3.list_objects_v2(
            Bucket=self.bucket, Prefix=f"{self._prefix}{name}/{file}", MaxKeys=1
        )
        return found["KeyCount"] > 0

    def _versions(self, place: str) -> Iterator[list[Any]]:
        pages = self._there.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=place
        )
        for page in pages:
            found = (*page.get("Versions", []), *page.get("DeleteMarkers", []))
            if found:
                yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
