"""What the analysis needs of a ``run.json``: the run's identity, and what it wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wearline.core.results import SCHEMA
from wearline_analysis.errors import ResultAltered

# As the processor names its outputs; a name becomes part of a path here.
_NAME = re.compile(r"[a-z0-9_]+\.(parquet|csv|png|pdf|log)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a run wrote."""

    name: str
    sha256: str
    bytes: int
    rows: int | None

    @property
    def table(self) -> str | None:
        """The table that it holds as Parquet; None of any other file."""
        stem, _, suffix = self.name.rpartition(".")
        return stem if suffix == "parquet" else None


@dataclass(frozen=True, slots=True)
class Record:
    """One run: the identity of its plan, where its values came from, and its outputs."""

    run_id: str
    attempt: str
    identity: Mapping[str, Any]
    origin: Mapping[str, Any]
    input_sha256: str | None
    outputs: tuple[Output, ...]


def record(content: bytes, run_id: str, attempt: str) -> Record:
    """Read a ``run.json``. Raises ResultAltered where it is not that of this attempt."""
    try:
        told = json.loads(content)
        is_its_own = (told["schema"], told["run_id"], told["attempt"]) == (SCHEMA, run_id, attempt)
        # A plan that no processor reads is in its run.json as it came.
        plan = told["plan"] if isinstance(told["plan"], dict) else {}
        found = Record(
            run_id=run_id,
            attempt=attempt,
            identity=plan.get("identity", {}),
            origin=plan.get("origin", {}),
            input_sha256=(told.get("input") or {}).get("sha256"),
            outputs=tuple(_outputs(told["outputs"])),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as broken:
        raise ResultAltered(run_id, "run.json", "it cannot be read") from broken
    if not is_its_own:
        raise ResultAltered(run_id, "run.json", "it is that of another run")
    return found


def _outputs(listed: list[dict[str, Any]]) -> Iterator[Output]:
    for each in listed:
        name, sha256 = str(each["name"]), str(each["sha256"])
        if not _NAME.fullmatch(name) or not _SHA256.fullmatch(sha256):
            raise ValueError(name)
        yield Output(name, sha256, int(each["bytes"]), each.get("rows"))
