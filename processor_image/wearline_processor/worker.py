"""The worker: a plan and a file in, tables and pictures out. It holds no credentials.

    python -m wearline_processor.worker --plan plan.json --input FILE --output FOLDER

It always ends with `worker.json` in the folder and status 0 when it can say anything about the
recording; its supervisor accounts for any other end.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import platform
import sys
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from wearline_processor import plan as plans
from wearline_processor.engine import Outcome, drivers, run
from wearline_processor.engine import signals as signals_
from wearline_processor.engine.meter import Cost, measured
from wearline_processor.errors import ProcessorError, QualityRefused, ReleaseMismatch
from wearline_processor.limits import OUTPUT_LIMIT, Limits
from wearline_processor.pictures import draw
from wearline_processor.quality.catalogue import failing
from wearline_processor.readers import read
from wearline_processor.recording import Quality, Reading, RecordingUnreadable
from wearline_processor.release import installed, packages, release_hash
from wearline_processor.steps import FILLS_GAPS, Step, connect, parse
from wearline_processor.summary import summary
from wearline_processor.tables import Results, Written, failed, succeeded
from wearline_processor.trim import trimmed

REPORT = "worker.json"
_MEMORY_LIMIT = (
    "memory_limit",
    "The recording needs more memory than this task has; the next attempt gets more.",
)
_BY_ERRNO = {
    errno.EFBIG: OUTPUT_LIMIT,
    errno.ENOSPC: ("disk_full", "The task's disk is too small for this recording and its results."),
}


@dataclass
class Report:
    """What the worker can say in the end, for run.json."""

    verdict: str = "failed"
    reason: dict[str, str] | None = None
    quality: dict[str, Any] | None = None
    warnings: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    processor: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] | None = None

    def fail(self, code: str, sentence: str) -> None:
        self.verdict, self.reason = "failed", {"code": code, "sentence": sentence}

    def note_outcome(self, outcome: Outcome) -> None:
        for step in outcome.steps:
            self.steps.append(step.cost.to_dict())
            self.warnings += [
                {"step": step.step.name, "message": message, "count": count}
                for message, count in step.warnings.items()
            ]


@dataclass(frozen=True)
class Job:
    """One call of the worker."""

    plan: Path
    input: Path
    output: Path
    sha256: str | None = None


def main(arguments: list[str] | None = None) -> int:
    """Process one recording and write the report; 0 unless the report cannot be written."""
    job, limits = _parse(arguments)
    if limits:
        limits.apply()
    report = Report()
    try:
        process(job, report)
    except (ProcessorError, RecordingUnreadable) as problem:
        report.fail(problem.code, problem.sentence)
    except MemoryError:
        report.fail(*_MEMORY_LIMIT)
    except Exception as problem:  # noqa: BLE001 - whatever it is, a person must read it
        traceback.print_exc()
        report.fail(*_unforeseen(problem))
    (job.output / REPORT).write_text(json.dumps(asdict(report), allow_nan=False), "utf-8")
    return 0


def process(job: Job, report: Report) -> None:
    """Read, judge the quality, run the steps, write the tables; `report` fills up on the way."""
    plan = plans.load(job.plan)
    report.processor = about_processor(plan)
    _check_release(plan)
    steps = parse(plan.steps)
    sha256 = job.sha256 or _sha256(job.input)
    reading, cost = _read(plan, job.input, steps)
    report.quality = reading.quality.to_dict()
    report.steps.append(cost.to_dict())
    try:
        outcome = _run(plan, reading, steps)
    except (ProcessorError, MemoryError):
        report.outputs = _listed(failed(plan, reading.quality, sha256, job.output).written)
        raise
    report.note_outcome(outcome)
    with measured("tables") as cost:
        results = succeeded(plan, reading.quality, outcome, sha256, job.output)
    report.steps.append(cost.to_dict())
    with measured("pictures") as cost:
        pictures = draw(plan, reading.quality, outcome, job.output)
    report.steps.append(cost.to_dict())
    report.outputs = _listed(results.written) + [{"name": name} for name in pictures]
    report.verdict, report.reason = "succeeded", None
    _summarise(report, results, outcome, ZoneInfo(plan.time_zone))


def _summarise(report: Report, results: Results, outcome: Outcome, zone: ZoneInfo) -> None:
    """The tables stand by now: a run never fails over its headline."""
    try:
        report.summary = summary(results.tables, outcome, zone)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the log holds where
        traceback.print_exc()
        message = f"The headline of this run could not be made: {type(problem).__name__}."
        report.warnings.append({"step": "summary", "message": message, "count": 1})


def about_processor(plan: plans.Plan) -> dict[str, Any]:
    """What computed the numbers, as run.json names it."""
    release = installed()
    return {
        "release": release,
        "engine": plan.engine,
        "hash": release_hash(release),
        "python": platform.python_version(),
        "packages": packages(),
        "cpu_model": _cpu_model(),
    }


def _check_release(plan: plans.Plan) -> None:
    """Only the processor that the plan was frozen for may compute its run: their hashes agree."""
    release = installed()
    present = (release, release_hash(release))
    if (plan.release, plan.release_hash) != present:
        raise ReleaseMismatch(plan.release_name, f"{release} ({present[1][:12]})")


def _read(plan: plans.Plan, path: Path, steps: list[Step]) -> tuple[Reading, Cost]:
    """Everything that any step looks at; without steps, all that there is."""
    gyro = not steps or any("gyro" in drivers.reads(step) for step in steps)
    with measured("read") as cost:
        reading = read(path, plan.format, plan.time_zone, gyro=gyro)
    return reading, cost


def _run(plan: plans.Plan, reading: Reading, steps: list[Step]) -> Outcome:
    _check_quality(plan, reading.quality, steps)
    recording = reading.recording
    assert recording is not None  # noqa: S101 - raw samples were asked for
    reading.recording = recording = trimmed(recording, plan.trim)
    if not steps:
        return Outcome.of_reading(recording)
    signals = signals_.take(recording, plan.time_zone, plan.measures)
    reading.recording = recording = None  # the engine alone holds the samples now
    connect(steps, signals_.names(signals))
    return run(signals, steps, plan.engine)


def _check_quality(plan: plans.Plan, quality: Quality, steps: list[Step]) -> None:
    gaps_are_no_matter = not steps or steps[0].name == FILLS_GAPS
    accept = plan.accept | ({"long_gaps"} if gaps_are_no_matter else frozenset())
    refused = failing(quality.findings, plan.fail_on, accept)
    if refused:
        raise QualityRefused(refused[0].code, refused[0].sentence)


def _unforeseen(problem: Exception) -> tuple[str, str]:
    """Code and sentence for an exception that nothing else explains."""
    if isinstance(problem, OSError) and problem.errno in _BY_ERRNO:
        return _BY_ERRNO[problem.errno]
    return "worker_failed", f"The worker stopped with {type(problem).__name__}: {problem}."


def _listed(written: list[Written]) -> list[dict[str, Any]]:
    return [asdict(output) for output in written]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return next(
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _parse(arguments: list[str] | None) -> tuple[Job, Limits | None]:
    parser = argparse.ArgumentParser(prog="wearline_processor.worker", description=__doc__)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--sha256", help="of the input, where it is known")
    parser.add_argument("--memory-mib", type=int)
    parser.add_argument("--cpu-s", type=int)
    options = parser.parse_args(arguments)
    limits = None
    if options.memory_mib and options.cpu_s:
        limits = Limits(options.memory_mib, options.cpu_s)
    return Job(options.plan, options.input, options.output, options.sha256), limits


if __name__ == "__main__":
    sys.exit(main())
