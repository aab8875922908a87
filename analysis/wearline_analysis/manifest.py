"""The manifest of a release: what was frozen, from which runs, and the hash of every file."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from wearline.core.plans import canonical_json
from wearline_analysis.errors import ReleaseAltered, ReleaseNameUnfit

SCHEMA = "wearline.release/1"
MANIFEST, DISCARDED = "manifest.json", "discarded.json"
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file of a release. ``table`` is the table that it is a part of, if it is one."""

    name: str
    sha256: str
    bytes: int
    table: str | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Written last, so that a release is there whole or not at all."""

    study: str
    release: str
    frozen: str
    wearline: str
    configuration: dict[str, str | None]
    valid_day: dict[str, float]
    runs: tuple[str, ...]
    files: tuple[ReleaseFile, ...]

    def content(self) -> bytes:
        return canonical_json({"schema": SCHEMA, **asdict(self)})

    def file(self, name: str) -> ReleaseFile:
        """Raises KeyError."""
        return {each.name: each for each in self.files}[name]

    def parts(self, table: str) -> list[ReleaseFile]:
        """The files of a table in order."""
        return [each for each in self.files if each.table == table]

    @property
    def tables(self) -> list[str]:
        return sorted({each.table for each in self.files if each.table})


def manifest(content: bytes, name: str) -> Manifest:
    """Read a manifest. Raises ReleaseAltered."""
    try:
        told: dict[str, Any] = json.loads(content)
        if told.pop("schema") != SCHEMA or told["release"] != name:
            raise ReleaseAltered(name, MANIFEST, "it is that of another release")
        files = tuple(ReleaseFile(**each) for each in told.pop("files"))
        return Manifest(**{**told, "runs": tuple(told["runs"])}, files=files)
    except (KeyError, TypeError, ValueError) as broken:
        raise ReleaseAltered(name, MANIFEST, "it cannot be read") from broken


def checked_name(name: str) -> str:
    """The name of a release, which is part of keys. Raises ReleaseNameUnfit."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise ReleaseNameUnfit(name)
    return name
