"""run.json: the verdict on one attempt, with all that it takes to make the result again."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wearline_processor.child import Ending
from wearline_processor.errors import ProcessorError
from wearline_processor.limits import MIB, MOST_OUTPUTS, OUTPUT_LIMIT, OUTPUT_MIB
from wearline_processor.plan import OUTPUT_SCHEMA

SCHEMA = "wearline.run/1"
MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".log": "text/plain; charset=utf-8",
}


# The worker reads a stranger's file: what it asks to upload is a plain file of its own folder.
_OUTPUT_NAME = re.compile(r"[a-z0-9_]+\.(parquet|csv|png|pdf)")


@dataclass(frozen=True)
class Attempt:
    """Which try at which run this is, in which image."""

    run_id: str
    attempt: str
    image_digest: str | None


@dataclass(frozen=True)
class Processed:
    """What the worker left, or why it left nothing."""

    folder: Path
    log: Path | None
    sha256: str | None
    size: int | None
    ending: Ending | None
    report: dict[str, Any] | None
    reason: ProcessorError | None
    version_id: str | None = None

    @classmethod
    def refused(cls, reason: ProcessorError, folder: Path) -> Processed:
        """For a plan that no worker was started for."""
        return cls(folder, None, None, None, None, None, reason)


def bounded(processed: Processed) -> Processed:
    """Failed and without outputs, where these are too many, or too large together."""
    paths = [path for path, _ in _named(processed)]
    if len(paths) <= MOST_OUTPUTS and sum(map(_bytes, paths)) <= OUTPUT_MIB * MIB:
        return processed
    report = {**(processed.report or {}), "verdict": "failed", "outputs": [], "summary": None}
    return replace(processed, report=report, reason=ProcessorError(*OUTPUT_LIMIT))


def outputs(processed: Processed) -> list[dict[str, Any]]:
    """Every file to upload, with its SHA-256; only those that a report names, and the log."""
    listed = [
        _output(path, output.get("table"), output.get("rows")) for path, output in _named(processed)
    ]
    return listed + ([_output(processed.log, None, None)] if processed.log else [])


def _named(processed: Processed) -> list[tuple[Path, dict[str, Any]]]:
    report = processed.report or {}
    return [
        (processed.folder / output["name"], output)
        for output in report.get("outputs", [])
        if _may_leave(processed.folder, output["name"])
    ]


def build(
    attempt: Attempt,
    plan: Any,  # noqa: ANN401 - the plan as it came, which may be no plan
    processed: Processed,
    outputs: list[dict[str, Any]],
    started: datetime,
) -> dict[str, Any]:
    """The document of schema `wearline.run/1`."""
    report = processed.report or {}
    reason = report.get("reason")
    if processed.reason:
        reason = {"code": processed.reason.code, "sentence": processed.reason.sentence}
    return {
        "schema": SCHEMA,
        "run_id": attempt.run_id,
        "attempt": attempt.attempt,
        "verdict": report.get("verdict", "failed"),
        "reason": reason,
        "plan": plan,
        "input": {
            "sha256": processed.sha256,
            "size": processed.size,
            "version_id": processed.version_id,
        },
        "processor": {**report.get("processor", {}), "image_digest": attempt.image_digest},
        "quality": report.get("quality"),
        "warnings": report.get("warnings", []),
        "steps": report.get("steps", []),
        "cost": _cost(processed.ending, report.get("steps", [])),
        "started": _instant(started),
        "finished": _instant(datetime.now(UTC)),
        "outputs": outputs,
        "summary": report.get("summary"),
    }


def to_json(document: dict[str, Any]) -> bytes:
    """Readable, and strict: no NaN."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False).encode()


def _may_leave(folder: Path, name: str) -> bool:
    path = folder / name
    return bool(_OUTPUT_NAME.fullmatch(name)) and path.is_file() and not path.is_symlink()


def _output(path: Path, table: str | None, rows: int | None) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return {
        "name": path.name,
        "sha256": digest.hexdigest(),
        "bytes": _bytes(path),
        "media_type": MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        "table": table,
        "rows": rows,
        "schema_version": OUTPUT_SCHEMA if table else None,
    }


def _bytes(path: Path) -> int:
    return path.stat().st_size


def _cost(ending: Ending | None, steps: list[dict[str, Any]]) -> dict[str, float] | None:
    if ending is None:
        return None
    # Linux forgets a process's peak when a step begins (see engine.meter).
    peaks = [ending.peak_memory_mib, *(step["peak_memory_mib"] for step in steps)]
    return {
        "cpu_s": round(ending.cpu_s, 2),
        "wall_s": round(ending.wall_s, 2),
        "peak_memory_mib": round(max(peaks), 1),
    }


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
