"""Where the stages that cost most spend it: single functions, beside their stage in the same run.

Scipy's compiled filter in Sleep and SKDH's autocovariance in GaitLumbar are the floor of their
stages: nothing here can do without them. Of reading a .cwa, the parts are shown.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import environments
from benchmarks.processes import spent
from benchmarks.processor import SUBJECTS, plan
from benchmarks.results import Result

WORKER = Path(__file__).with_name("worker_profile.py")
# Of a subject: the stage, the function within it, and what that does.
PROFILED = {
    "week-cwa": (
        ("read", "wearline_processor.readers.axivity_sectors:scan", "checksums and index"),
        ("read", "wearline_processor.readers.axivity_sectors:decode", "decoding packed words"),
        ("read", "wearline_processor.readers.axivity:_keep", "storing samples"),
        ("read", "wearline_processor.readers.axivity:_measure", "sums of the quality record"),
        ("Sleep", "wearline_processor.engine.lean.resampling:sosfilt", "scipy's filter"),
    ),
    "day-lumbar": (
        (
            "GaitLumbar",
            "skdh.gait.gait_metrics.gait_metrics:_autocovariancefn",
            "SKDH's autocovariance",
        ),
    ),
}


def measure() -> Iterator[Result]:
    for name, functions in PROFILED.items():
        within, stages = _profiled(name, [function for _, function, _ in functions])
        for stage, function, what in functions:
            title = f"{name}, {stage}: {what}"
            yield Result.beside(title, within[function], "CPU s", "the stage", stages[stage])


def _profiled(name: str, functions: list[str]) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """CPU seconds within the functions, and of the stages, in one run of the worker."""
    with tempfile.TemporaryDirectory(prefix="wearline-bench-") as folder:
        output = Path(folder) / "out"
        output.mkdir()
        (Path(folder) / "plan.json").write_text(json.dumps(plan(SUBJECTS[name])))
        options: list[Any] = ["--plan", Path(folder) / "plan.json", "--output", output]
        options += ["--input", SUBJECTS[name].path]
        # -P: the modules beside the script are not to be found by the names of the library's.
        command = [environments.pinned(), "-P", WORKER, *functions, "--", *options]
        _, told = spent(command, environments.as_worker(environments.pinned(), Path(folder)))
        report = json.loads((output / "worker.json").read_text())
    if report["verdict"] != "succeeded":
        raise RuntimeError(f"The worker failed: {report['reason']}")
    return json.loads(told), {step["step"]: step["cpu_s"] for step in report["steps"]}
