"""The processor beside SKDH's own pipeline, on the pinned and on the newest dependencies.

Each is a command with its start, and gets the same file: the worker with quality record, tables
and pictures, SKDH with its pipeline alone. SKDH cannot read .gt3x, so there it is given the
samples by Wearline's reader, in its own process. Recordings come from the encoder, a seed each.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import environments
from benchmarks.processes import Spent, spent
from benchmarks.results import Result
from wearline.core.release_signatures import release_signature
from wearline_local.launcher import ROOT
from wearline_recordings import axivity, geneactiv, gt3x, lumbar, wrist
from wearline_recordings.schedule import seated_day
from wearline_recordings.signal import Signal

RELEASE = environments.RELEASE
RECORDINGS = ROOT / "build" / "benchmarks" / "recordings"
SKDH_PIPELINE = Path(__file__).with_name("skdh_pipeline.py")
START = datetime(2024, 3, 11, 9)  # noqa: DTZ001 - a device's clock knows no zone
TIME_ZONE = "America/New_York"
DAYS: dict[str, Any] = {
    "process": "GetDayWindowIndices",
    "parameters": {"bases": [0, 12], "periods": [24, 24]},
}
ACTIVITY = {
    "process": "ActivityLevelClassification",
    "parameters": {"cutpoints": "esliger_lwrist_adult"},
}


def wrist_steps(wear: str) -> list[dict[str, Any]]:
    names = ("CalibrateAccelerometer", wear, "Sleep")
    return [DAYS, *({"process": name} for name in names), ACTIVITY]


WRIST = wrist_steps("CtaWearDetection")
WITHOUT_TEMPERATURE = wrist_steps("AccelThresholdWearDetection")
LUMBAR: list[dict[str, Any]] = [
    {"process": "GetDayWindowIndices", "parameters": {"bases": [0], "periods": [24]}},
    *({"process": name} for name in ("PredictGaitLumbarLgbm", "GaitLumbar", "Sit2Stand")),
]


@dataclass(frozen=True, slots=True)
class Subject:
    """A recording of the benchmark: its file, how it is made, and what is run over it."""

    file: str
    write: Callable[[Path, Signal], int]
    format: str
    steps: list[dict[str, Any]]

    @property
    def is_lumbar(self) -> bool:
        return self.steps is LUMBAR

    @property
    def path(self) -> Path:
        """The file, made once and kept in build/."""
        path = RECORDINGS / self.file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"unfinished-{path.name}")
            self.write(unfinished, self._signal())
            unfinished.rename(path)
        return path

    def _signal(self) -> Signal:
        if self.is_lumbar:
            day = seated_day(24, 1)
            return lumbar.signal(hours=24, hz=100, start=START, seed=1, schedule=day)
        return wrist.signal(hours=168, hz=100, start=START, seed=1)


SUBJECTS = {
    "week-bin": Subject("week.bin", geneactiv.write, "geneactiv", WRIST),
    "week-cwa": Subject("week.cwa", axivity.write, "axivity", WRIST),
    "week-gt3x": Subject("week.gt3x", gt3x.write, "gt3x", WITHOUT_TEMPERATURE),
    "day-lumbar": Subject("day-lumbar.cwa", axivity.write, "axivity", LUMBAR),
}


def measure(name: str) -> Iterator[Result]:
    """CPU seconds and peak memory of the lean engine, beside SKDH's own pipeline."""
    subject = SUBJECTS[name]
    lean, steps = run_worker(subject)
    newest = environments.newest()
    versions = ", ".join(f"{name} {each}" for name, each in environments.versions(newest).items())
    skdh = {
        "SKDH, pinned": run_skdh(subject, environments.pinned()),
        f"SKDH, newest ({versions})": run_skdh(subject, newest),
    }
    for other, used in skdh.items():
        yield Result.beside("CPU", lean.cpu_s, "CPU s", other, used.cpu_s)
        yield Result.beside("peak memory", lean.peak_mib, "MiB", other, used.peak_mib)
    for step in steps:
        yield Result(f"of it {step['step']}", round(step["cpu_s"], 2), "CPU s")


BENCHMARKS: dict[str, Callable[[], Iterator[Result]]] = {
    name: partial(measure, name) for name in SUBJECTS
}


def run_worker(subject: Subject) -> tuple[Spent, list[dict[str, Any]]]:
    """The worker as its supervisor starts it; what it spent, and its steps."""
    with tempfile.TemporaryDirectory(prefix="wearline-bench-") as name:
        folder = Path(name)
        (folder / "out").mkdir()
        (folder / "plan.json").write_text(json.dumps(plan(subject)))
        files = {"plan": folder / "plan.json", "input": subject.path, "output": folder / "out"}
        options = [str(part) for key, path in files.items() for part in (f"--{key}", path)]
        command: list[str | Path] = [
            environments.pinned(),
            "-m",
            "wearline_comparison.again",
            *options,
        ]
        used, told = spent(command, {"HOME": name, "TMPDIR": name, "LANG": "C.UTF-8"})
        report = json.loads(told)
    if report["verdict"] != "succeeded":
        raise RuntimeError(f"The worker failed: {report['reason']}")
    # The worker forgets its peak before each step, so that each has its own.
    peak = max(used.peak_mib, *(step["peak_memory_mib"] for step in report["steps"]))
    return replace(used, peak_mib=peak), report["steps"]


def run_skdh(subject: Subject, python: Path) -> Spent:
    """SKDH's own pipeline, in the worker's environment."""
    kind = "lumbar" if subject.is_lumbar else "wrist"
    with tempfile.TemporaryDirectory(prefix="wearline-bench-") as home:
        # -P: the modules beside the script are not to be found by the names of the library's.
        command: list[str | Path] = [python, "-P", SKDH_PIPELINE, kind, subject.path]
        return spent(command, environments.as_worker(python, Path(home)))[0]


def plan(subject: Subject) -> dict[str, Any]:
    """As the control plane freezes one."""
    identity = {
        "study": "benchmark",
        "file": {
            "bucket": "benchmark",
            "key": subject.file,
            "version_id": None,
            "etag": hashlib.md5(subject.file.encode(), usedforsecurity=False).hexdigest(),
            "size": subject.path.stat().st_size,
        },
        "fields": {},
        "recording": {"subject": "S1", "visit": None, "location": "left_wrist"},
        "format": {"type": subject.format},
        "pipeline": "benchmark",
        "steps": subject.steps,
        "time_zone": TIME_ZONE,
        "metadata": {"height": {"value": 1.75, "unit": "m"}},
        "quality": {"fail_on": [], "accept": []},
        "decisions": [],
        "processor": {
            "release": RELEASE,
            "engine": "lean",
            "hash": release_signature(RELEASE).hash,
        },
        "output_schema": "1",
    }
    return {"schema": "wearline.plan/1", "identity": identity, "origin": {}}
