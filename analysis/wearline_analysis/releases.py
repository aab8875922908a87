"""The releases of a study: found, read and checked, discarded.

A release is what was frozen. What Wearline reads of it leaves out everybody who has withdrawn
since; the stored bytes stay as they are until the release is discarded.

::

    freeze   runs, files ──> tables and the rest ──> manifest: it is a release
    discard  tables and the rest ──> runs, files ──> discarded ──> manifest

So wherever a person's rows lie, ``runs.parquet`` and ``files.parquet`` lie beside them and say so,
also when one or the other broke off; and what has a manifest is never taken for a new name.
"""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import suppress
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
from wearline_cli.versions import Kept, Version, remove_versions, versions_of

RUNS, FILES = "runs.parquet", "files.parquet"


@dataclass(frozen=True, slots=True)
class Discarded:
    """How many versions were removed, and those that a lock keeps."""

    removed: int
    kept: tuple[Kept, ...]


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
        rows = self.releases.without_withdrawn(self._parquet(FILES))
        found: list[dict[str, Any]] = rows.to_pylist()
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
        return [name for name in self._folders() if self._has(name, MANIFEST)]

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
        """The releases whose stored bytes hold rows of a subject, also of one who has withdrawn,
        and what freezes and discards that broke off left of them."""
        return [name for name in self._folders() if subject in self._subjects(name)]

    def stored(self, name: str) -> list[Version]:
        """Every version of every file of a release, or of what is left of one.

        Raises NoSuchRelease where nothing is, or only the mark that one was discarded.
        """
        place = self.place(name)
        found = [
            each
            for each in versions_of(self._there, self.bucket, place)
            if each.key != f"{place}{DISCARDED}"
        ]
        if not found:
            raise NoSuchRelease(self.study, name, self.names())
        return found

    def discard(self, name: str) -> Discarded:
        """Remove a release for ever, every version of every file, also what is left of a freeze
        or discard that broke off.

        Its name stays taken, so that what was cited by it is never something else. Where a lock
        keeps a version, the release stays named until it is discarded again. Raises NoSuchRelease.
        """
        place, left = self.place(name), self.stored(name)
        was_frozen, count = any(each.key == f"{place}{MANIFEST}" for each in left), len(left)
        for last in ((RUNS, FILES, MANIFEST), (MANIFEST,), ()):
            keys = {f"{place}{each}" for each in last}
            kept = remove_versions(self._there, [each for each in left if each.key not in keys])
            left = [each for each in left if each.key in keys]
            if kept:
                return Discarded(count - len(left) - len(kept), tuple(kept))
            if last == (MANIFEST,) and was_frozen:
                self._mark_discarded(name)
        return Discarded(count, ())

    def _mark_discarded(self, name: str) -> None:
        told = {"release": name, "discarded": datetime.now(UTC).isoformat(timespec="seconds")}
        key = f"{self.place(name)}{DISCARDED}"
        self._there.s3.put_object(Bucket=self.bucket, Key=key, Body=canonical_json(told))

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

    def _folders(self) -> list[str]:
        """The names of releases, and of what is left of others, in order."""
        pages = self._there.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self._prefix, Delimiter="/"
        )
        prefixes = (each["Prefix"] for page in pages for each in page.get("CommonPrefixes", []))
        return [prefix.removesuffix("/").rpartition("/")[2] for prefix in prefixes]

    def _subjects(self, name: str) -> set[str]:
        found: set[str] = set()
        for file in (RUNS, FILES):
            with suppress(ObjectGone):
                content = io.BytesIO(self.read(name, file))
                rows = pa.parquet.read_table(content, columns=["subject"])
                found.update(rows["subject"].to_pylist())
        return found

    def _has(self, name: str, file: str) -> bool:
        found = self._there.s3.list_objects_v2(
            Bucket=self.bucket, Prefix=f"{self._prefix}{name}/{file}", MaxKeys=1
        )
        return found["KeyCount"] > 0
