"""The order for one run, as the control plane froze it (schema `wearline.plan/1`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wearline_processor.errors import PlanInvalid
from wearline_processor.trim import Trim, trim_of

SCHEMA = "wearline.plan/1"
OUTPUT_SCHEMA = "1"
ENGINES = ("lean", "stock")
RUN_ID_LENGTH = 40
# What SKDH takes as input about a subject, and its SI unit.
MEASURES = {"height": "m", "leg_length": "m"}


@dataclass(frozen=True)
class Source:
    """The file version that the plan is about; no `version_id` in a bucket without versions."""

    bucket: str
    key: str
    version_id: str | None
    etag: str
    size: int


@dataclass(frozen=True)
class Keys:
    """What every row of every table carries, so that tables of many runs can be joined."""

    study: str
    subject: str
    visit: str | None
    location: str | None
    file: str
    run: str
    pipeline: str


@dataclass(frozen=True)
class Plan:
    """The plan, read and checked for shape. `document` is the whole of it, for run.json."""

    document: Mapping[str, Any]
    source: Source
    keys: Keys
    format: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    time_zone: str
    measures: Mapping[str, float]
    fail_on: frozenset[str]
    accept: frozenset[str]
    release: str
    engine: str
    release_hash: str
    trim: Trim

    @property
    def release_name(self) -> str:
        """Release and the start of its hash, as sentences name it."""
        return f"{self.release} ({self.release_hash[:12]})"


def run_id(identity: Mapping[str, Any]) -> str:
    """The run that a plan's identity stands for: the hash of its canonical JSON."""
    canonical = json.dumps(
        identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()[:RUN_ID_LENGTH]


def load(path: Path, expected_run: str | None = None) -> Plan:
    """Read the plan in `path`.

    Raises PlanInvalid when it is no plan of this schema, is not that of the expected run, or asks
    for what this processor never does (an unknown time zone, engine, or output schema).
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        plan = _plan(document)
    except (KeyError, TypeError, AttributeError) as problem:
        raise PlanInvalid(
            f"The plan does not have the shape of {SCHEMA} ({type(problem).__name__}: {problem}). "
            "Deploy the platform and the processor image of the same version."
        ) from problem
    except ValueError as problem:
        raise PlanInvalid(f"The plan is not JSON: {problem}.") from problem
    if expected_run is not None and plan.keys.run != expected_run:
        raise PlanInvalid("The plan is not the one that this run was started for.")
    _check(plan)
    return plan


def _plan(document: Mapping[str, Any]) -> Plan:
    if document["schema"] != SCHEMA:
        raise PlanInvalid(
            f"The plan is {document['schema']!r} and this processor reads {SCHEMA!r}."
        )
    identity = document["identity"]
    file, recording, processor = identity["file"], identity["recording"], identity["processor"]
    quality = identity.get("quality") or {}
    if identity["output_schema"] != OUTPUT_SCHEMA:
        raise PlanInvalid(
            f"The plan asks for output schema {identity['output_schema']!r} and this processor "
            f"writes {OUTPUT_SCHEMA!r}."
        )
    return Plan(
        document=document,
        source=Source(
            file["bucket"], file["key"], file.get("version_id"), file["etag"], int(file["size"])
        ),
        keys=Keys(
            study=identity["study"],
            subject=recording["subject"],
            visit=recording.get("visit"),
            location=recording.get("location"),
            file=file["key"],
            run=run_id(identity),
            pipeline=identity["pipeline"],
        ),
        format=identity["format"],
        steps=[_step(step) for step in identity["steps"]],
        time_zone=identity["time_zone"],
        measures=_measures(identity.get("metadata") or {}),
        fail_on=frozenset(quality.get("fail_on") or ()),
        accept=frozenset(quality.get("accept") or ()),
        release=processor["release"],
        engine=processor["engine"],
        release_hash=processor["hash"],
        trim=trim_of(identity.get("decisions") or []),
    )


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    """Its shape only; `steps.parse` judges names and values."""
    process, parameters = step["process"], step.get("parameters") or {}
    if not isinstance(process, str) or not isinstance(parameters, Mapping):
        raise TypeError("a step is a process and a mapping of parameters")
    return {"process": process, "parameters": dict(parameters)}


def _measures(metadata: Mapping[str, Any]) -> dict[str, float]:
    """The values that an algorithm takes, in SI units; others stay in the plan as provenance."""
    measures = {}
    for name, unit in MEASURES.items():
        if name not in metadata:
            continue
        given = metadata[name]
        if given["unit"] != unit:
            raise PlanInvalid(
                f"The plan gives {name} in {given['unit']!r}; it must be in {unit!r}."
            )
        measures[name] = float(given["value"])
    return measures


def _check(plan: Plan) -> None:
    try:
        ZoneInfo(plan.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise PlanInvalid(
            f"The plan's time zone {plan.time_zone!r} is not a name of the IANA time zone database."
        ) from problem
    if plan.engine not in ENGINES:
        raise PlanInvalid(
            f"The plan asks for the engine {plan.engine!r}; there are lean and stock."
        )
