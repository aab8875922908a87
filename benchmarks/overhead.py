"""A run beside SKDH called on the same file in a Python that is warm: what the platform adds.

A recording of a day at 100 Hz; sleep and activity. CPU seconds, since they are the bill, and the
wall clock from the PUT to the verdict, which is what a person waits.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from benchmarks.burst import until
from benchmarks.platform import RELEASE, Study, platform
from benchmarks.results import Result
from wearline_local.launcher import ROOT
from wearline_recordings import axivity, wrist

STEPS = """
      - GetDayWindowIndices: {bases: [0, 12], periods: [24, 24]}
      - CalibrateAccelerometer: {}
      - CtaWearDetection: {}
      - Sleep: {}
      - ActivityLevelClassification: {cutpoints: esliger_lwrist_adult}
"""
# Called twice: the first call is for what a process pays once.
WARM = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from skdh import Pipeline
from skdh.activity import ActivityLevelClassification
from skdh.io import ReadCwa
from skdh.preprocessing import CalibrateAccelerometer, CtaWearDetection, GetDayWindowIndices
from skdh.sleep import Sleep
def call():
    pipeline = Pipeline()
    for process in (ReadCwa(), GetDayWindowIndices(bases=[0, 12], periods=[24, 24]),
                    CalibrateAccelerometer(), CtaWearDetection(), Sleep(),
                    ActivityLevelClassification(cutpoints="esliger_lwrist_adult")):
        pipeline.add(process)
    wall, cpu = time.perf_counter(), time.process_time()
    pipeline.run(file=sys.argv[1], tz_name="America/New_York")
    return time.perf_counter() - wall, time.process_time() - cpu
call()
print(json.dumps(call()))
"""


def measure() -> Iterator[Result]:
    with platform(stand_in=False) as deployed:
        recording = deployed.folder / "day.cwa"
        start = datetime(2024, 3, 11, 9)  # noqa: DTZ001 - a device's clock knows no zone
        axivity.write(recording, wrist.signal(hours=24, hz=100, start=start, seed=1))
        study = deployed.study("overhead", STEPS)
        _run(study, recording, "first")  # starts the functions
        wall_s, cpu_s = _run(study, recording, "second")
        skdh_wall_s, skdh_cpu_s = _warm(recording)
    warm = "SKDH, called in a warm Python"
    yield Result.beside("a run of a day, CPU of its worker", cpu_s, "CPU s", warm, skdh_cpu_s)
    yield Result.beside("a run of a day, PUT to verdict", wall_s, "s", warm, skdh_wall_s)


def _run(study: Study, recording: Path, subject: str) -> tuple[float, float]:
    """Upload and wait; seconds from the PUT to the verdict, and CPU seconds of the worker."""
    before, began = study.ended(), time.time()
    key = f"raw/{subject}.cwa"
    study.there.s3.put_object(Bucket=study.bucket, Key=key, Body=_unique(recording, subject))
    until(lambda: study.ended() > before, study.ended)
    [run] = [run for run in study.runs() if run.key == key]
    if run.state != "succeeded":
        raise RuntimeError(f"The run of {key} {run.state}: {run.reason}")
    ended = datetime.fromisoformat(run.ended or "").timestamp()
    return ended - began, run.cost["cpu_s"]


def _unique(recording: Path, subject: str) -> bytes:
    """The recording's bytes, with another annotation in its header, so that it runs anew."""
    content = bytearray(recording.read_bytes())
    content[64 : 64 + len(subject)] = subject.encode()
    return bytes(content)


def _warm(recording: Path) -> tuple[float, float]:
    python = ROOT / ".venvs" / RELEASE / "bin" / "python"
    done = subprocess.run(
        [python, "-c", WARM, recording], capture_output=True, text=True, check=True
    )
    wall, cpu = json.loads(done.stdout.splitlines()[-1])
    return float(wall), float(cpu)
