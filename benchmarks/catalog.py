# ruff: noqa: ARG002  what is generated takes the arguments of what it stands for
"""The catalog at scale, without AWS: a sweep, a plan and an explanation over very many files.

Listing and ledger are generated in order, page by page, so that what is measured is the real
merge, the real decisions and the real sums. Each size of a sweep runs in a process of its
own, for its peak memory: ``python -m benchmarks.catalog 100000``.
"""

from __future__ import annotations

import heapq
import json
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from benchmarks.results import Result
from wearline.core.admission import Planned, admit, asked, known
from wearline.core.change_plan import Basis
from wearline.core.explanation import explain
from wearline.core.ledger import (
    SHARDS,
    FileVersion,
    MetadataRow,
    ObjectRow,
    PipelineRow,
    ProblemRow,
    Release,
    RunRow,
    Source,
    StudyRow,
    Unmet,
    shard_of,
)
from wearline.core.planning import AskedStudy
from wearline.core.sections import Section
from wearline.core.study import StudyConfiguration
from wearline.flow.studies import DeployedStudy
from wearline.flow.sweep import sweep_section
from wearline.ports import World
from wearline_cli.explain_command import gather
from wearline_cli.locations import Location
from wearline_cli.planning import plan_document
from wearline_cli.study_rows import with_metadata

SIZES = (10_000, 100_000, 1_000_000)
GOAL_PER_S = 20_000
PLANNED, EXPLAINED = 100_000, 100_000
FILES_OF_SUBJECT = 4
BUCKET, STUDY = "benchmark-data", "benchmark"
MOMENT = "2026-01-01T00:00:00+00:00"

STEPS = [{"Sleep": {"min_sleep_block": 0.5}}]


def configuration(steps: Sequence[Any] = STEPS) -> StudyConfiguration:
    height = {"column": "HEIGHT_CM", "unit": "cm"}
    return StudyConfiguration.model_validate_json(
        json.dumps(
            {
                "study": STUDY,
                "timezone": {"default": "Europe/London"},
                "buckets": [{"name": BUCKET}],
                "results": {"bucket": BUCKET, "prefix": "biomarkers/"},
                "files": {
                    "wrist": {
                        "kind": "data", "key": "raw/{site}/{subject}/{visit}_wrist.cwa",
                        "format": "axivity", "location": "wrist", "pipelines": ["sleep", "gait"],
                    },
                    "heights": {
                        "kind": "metadata", "key": "clinical/heights_{version}.csv",
                        "entity": {"subject": {"column": "SUBJECT"}}, "values": {"height": height},
                    },
                },
                "pipelines": {
                    "sleep": {"skdh": "0.17.18", "steps": steps},
                    "gait": {"skdh": "0.17.18", "steps": steps, "requires": ["height"]},
                },
            }
        )
    )  # fmt: skip


def study_row() -> StudyRow:
    return StudyRow(
        study=STUDY,
        configuration_version="1",
        configuration_sha256="1",
        access_role_arn="",
        releases={"skdh-0.17.18": Release("hash", "task")},
        deployed=MOMENT,
        rev=1,
    )


def key_of(number: int) -> str:
    """Keys in order, four for each subject."""
    subject, visit = divmod(number, FILES_OF_SUBJECT)
    return f"raw/US{subject // 10_000:03}/S{subject:07}/V{visit + 1}_wrist.cwa"


def listed(count: int) -> Iterator[FileVersion]:
    for number in range(count):
        yield FileVersion(BUCKET, key_of(number), None, f"{number:032x}", 10**8, MOMENT)


@lru_cache(maxsize=64)
def metadata_of(subject: str) -> tuple[MetadataRow, ...]:
    source = Source(BUCKET, "clinical/heights_1.csv", None, "etag", None, MOMENT)
    value = {"value": 1.7, "unit": "m", "column": "HEIGHT_CM", "row": 1}
    return (MetadataRow(STUDY, subject, None, source, 1, "heights", values={"height": value}),)


@lru_cache(maxsize=64)
def digest_of(subject: str) -> str:
    return known(metadata_of(subject))


def row_of(number: int, run_ids: tuple[str, str] | None = None) -> ObjectRow:
    """A file with a result of both of its pipelines."""
    key, run_id = key_of(number), f"{number:040x}"
    _, site, subject, name = key.split("/")
    sleep, gait = run_ids or (run_id, run_id)
    return ObjectRow(
        study=STUDY,
        bucket=BUCKET,
        key=key,
        kind="data",
        rev=3,
        pattern="wrist",
        fields={"site": site, "subject": subject, "visit": name.partition("_")[0]},
        version=FileVersion(BUCKET, key, None, f"{number:032x}", 10**8, MOMENT),
        version_rev=1,
        arrived=MOMENT,
        configuration=asked(study_row()) if run_ids else ASKED,
        pipelines={
            "sleep": PipelineRow("succeeded", MOMENT, sleep, 1),
            "gait": PipelineRow("succeeded", MOMENT, gait, 1, known=digest_of(subject)),
        },
    )


ASKED = asked(study_row())


class Dealt:
    """Ordered rows dealt to the shards that hold them, each read on its own, in flat memory."""

    def __init__(self, rows: Iterator[ObjectRow]) -> None:
        self._rows = rows
        self._waiting: list[deque[ObjectRow]] = [deque() for _ in range(SHARDS)]

    def shard(self, number: int) -> Iterator[ObjectRow]:
        own = self._waiting[number]
        while True:
            while not own:
                row = next(self._rows, None)
                if row is None:
                    return
                self._waiting[shard_of(row.key)].append(row)
            yield own.popleft()


class GeneratedLedger:
    """As many files as are listed; merged from its shards as ``aws.ledger`` does it."""

    def __init__(self, count: int) -> None:
        self.count = count

    def objects(
        self, study: str, bucket: str, after: str = "", until: str = ""
    ) -> Iterator[ObjectRow]:
        dealt = Dealt(row_of(number) for number in range(self.count))
        shards = [dealt.shard(number) for number in range(SHARDS)]
        return heapq.merge(*shards, key=lambda row: row.key.encode("utf-8"))

    def metadata(self, study: str, subject: str) -> list[MetadataRow]:
        return list(metadata_of(subject))


class GeneratedStore:
    def __init__(self, count: int) -> None:
        self._count = count

    def list(self, *_: object) -> Iterator[FileVersion]:
        return listed(self._count)


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def sweep_of(count: int) -> dict[str, float]:
    """Sweep ``count`` objects against a ledger that knows them all; seconds of CPU, and MiB."""
    world = cast(
        "World",
        SimpleNamespace(ledger=GeneratedLedger(count), store=GeneratedStore(count), clock=Now()),
    )
    study = DeployedStudy(study_row(), configuration())
    began = time.process_time()
    stretch = sweep_section(world, study, "sweep", Section("objects", BUCKET), None, lambda: True)
    seconds = time.process_time() - began
    if stretch.counts["settled"] != count:
        raise AssertionError(f"not every object was found settled: {stretch.counts}")
    return {"seconds": seconds, "peak_mib": _peak_mib()}


def _peak_mib() -> float:
    """Of this program alone; ru_maxrss begins with that of the process that started it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def sweeps() -> Iterator[Result]:
    """Time and memory of a sweep by size: linear, and flat."""
    first = 0.0
    for count in SIZES:
        command = [sys.executable, "-m", "benchmarks.catalog", str(count)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        peak = told["peak_mib"]
        first = first or peak
        objects = f"sweep of {count:,} objects"
        yield Result.beside(objects, count / told["seconds"], "objects/s/core", "goal", GOAL_PER_S)
        smallest = f"sweep of {SIZES[0]:,}"
        yield Result.beside(f"peak memory, {objects}", peak, "MiB", smallest, first)


class GeneratedPast:
    """Every run took three minutes, and was made by the plan of another parameter."""

    def __init__(self, identities: Mapping[str, Mapping[str, Any]]) -> None:
        self._identities = identities

    def runs(self, run_ids: Sequence[str]) -> Mapping[str, RunRow]:
        return {
            run_id: RunRow(run_id, STUDY, BUCKET, "", "sleep", "succeeded", 1, MOMENT,
                           cost={"wall_s": 180.0})
            for run_id in run_ids
        }  # fmt: skip

    def identities(self, run_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        return {run_id: self._identities[run_id] for run_id in run_ids}


def plan_of(count: int) -> Result:
    """Plan a changed parameter over files that all have results made with the earlier one."""
    before = AskedStudy(configuration(), study_row())
    identities: dict[str, Mapping[str, Any]] = {}
    rows = [_with_runs(before, number, identities) for number in range(count)]
    after = AskedStudy(configuration([{"Sleep": {"min_sleep_block": 0.6}}]), study_row())
    began = time.process_time()
    made = plan_document(
        Basis(STUDY, 1, "2"),
        after,
        with_metadata(after, rows, lambda subject: list(metadata_of(subject))),
        GeneratedPast(identities),
    )
    seconds = time.process_time() - began
    if made["standings"] != {"changed": 2 * count}:
        raise AssertionError(f"not every result is told as changed: {made['standings']}")
    files = f"plan over {count:,} files, every result changed"
    return Result.beside(files, seconds, "s of CPU", "goal", 30)


def _with_runs(
    asked_study: AskedStudy, number: int, identities: dict[str, Mapping[str, Any]]
) -> ObjectRow:
    """A row whose results were made by the plans of an earlier configuration."""
    row = row_of(number)
    run_ids = []
    for name in ("sleep", "gait"):
        metadata = metadata_of(row.fields["subject"])
        planned = admit(asked_study.configuration, asked_study.row, row, name, metadata)
        if not isinstance(planned, Planned):
            raise TypeError(f"a plan was expected, not {planned}")
        identities[planned.plan.run_id] = planned.plan.identity
        run_ids.append(planned.plan.run_id)
    return row_of(number, (run_ids[0], run_ids[1]))


class LargeLedger(GeneratedLedger):
    """Where one file waits for a subject that is spelled almost as one of very many."""

    unmet = Unmet("height", "S-0012305", "V1", "missing", "The height has not arrived.")

    def object(self, study: str, bucket: str, key: str) -> ObjectRow:
        waiting = PipelineRow("waiting", MOMENT, unmet=(self.unmet,))
        return replace(row_of(0), key=key, pipelines={"gait": waiting})

    def objects(
        self, study: str, bucket: str, after: str = "", until: str = ""
    ) -> Iterator[ObjectRow]:
        yield replace(row_of(0), key="clinical/heights_1.csv", kind="metadata", pattern="heights")
        yield from super().objects(study, bucket)

    def metadata(self, study: str, subject: str) -> list[MetadataRow]:
        return []

    def run(self, run_id: str) -> RunRow | None:
        return None

    def problem(self, study: str, problem_id: str) -> ProblemRow | None:
        return None

    def problems(self, study: str, prefix: str = "", after: str = "") -> Iterator[ProblemRow]:
        return iter(())

    def subjects_of(self, study: str, bucket: str, key: str) -> Iterator[str]:
        return (f"S{number:07}" for number in range(self.count // FILES_OF_SUBJECT))

    def is_running(self, name: str) -> bool:
        return False


def explanation_of(count: int) -> Result:
    """Explain a file that waits, with every subject of the ledger to compare its own with."""
    study, ledger = configuration(), LargeLedger(count)
    place = Location(BUCKET, key_of(0))
    began = time.perf_counter()
    evidence = gather(ledger, ledger, study, STUDY, place, next(listed(1)))
    found = explain(evidence, study)
    seconds = time.perf_counter() - began
    if evidence.alike != {"S-0012305": "S0012305"}:
        raise AssertionError(f"the subject that was meant is not found: {evidence.alike}")
    if not found.pipelines:
        raise AssertionError("nothing was explained")
    return Result.beside(f"explain with a ledger of {count:,} files", seconds, "s", "goal", 1)


def measure() -> Iterator[Result]:
    yield from sweeps()
    yield plan_of(PLANNED)
    yield explanation_of(EXPLAINED)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sweep_of(int(sys.argv[1]))))
