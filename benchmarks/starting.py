"""What the processor pays before it reads: imports, with bytecode and without, and its size.

The least of some fresh processes, in CPU seconds. A worker imports the readers, tables and pictures
that its plan uses, and SKDH, whose package imports nearly all of itself; beside it stands
`import skdh` with every module that a pipeline could name. "Without" bytecode is without any, that
of Python's own library included, as in an image that compiles nothing. The environment is measured
as it is installed and as the image has it, after prune.sh.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import environments
from benchmarks.processes import spent
from benchmarks.processor import LUMBAR, WITHOUT_TEMPERATURE
from benchmarks.results import Result
from wearline_local.launcher import ROOT

TIMES = 3
MODULES = ("activity", "context", "gait", "io", "preprocessing", "sit2stand", "sleep")
EVERYTHING = "import " + ", ".join(f"skdh.{name}" for name in MODULES)
# What a run of these steps imports until the first sample is read.
WORKER = """
from wearline_processor import worker
from wearline_processor.steps import parse
for step in parse({steps!r}):
    step.build()
"""


def measure() -> Iterator[Result]:
    everything = _cpu_s(EVERYTHING)
    for name, steps in (("wrist", WITHOUT_TEMPERATURE), ("lumbar", LUMBAR)):
        took = _cpu_s(WORKER.format(steps=steps))
        yield Result.beside(
            f"worker of a {name} pipeline", took, "CPU s", "all of SKDH", everything
        )
    with tempfile.TemporaryDirectory(prefix="wearline-bench-") as empty:
        source = WORKER.format(steps=WITHOUT_TEMPERATURE)
        slow = _cpu_s(source, PYTHONPYCACHEPREFIX=empty, PYTHONDONTWRITEBYTECODE="1")
    quick = _cpu_s(WORKER.format(steps=WITHOUT_TEMPERATURE))
    yield Result.beside("the same with bytecode", quick, "CPU s", "without", slow)
    installed, pruned = _sizes()
    yield Result.beside("environment of the image", pruned, "MB", "as installed", installed)


def _cpu_s(source: str, **settings: str) -> float:
    command: list[str | Path] = [environments.pinned(), "-c", source]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **settings}
    return min(spent(command, environment)[0].cpu_s for _ in range(TIMES))


def _sizes() -> tuple[float, float]:
    """MB of the packages without bytecode: as installed, and after prune.sh of the image."""
    [packages] = environments.pinned().parent.parent.glob("lib/python3*/site-packages")
    with tempfile.TemporaryDirectory(prefix="wearline-bench-", dir=ROOT / "build") as name:
        copy = Path(name) / "site-packages"
        shutil.copytree(packages, copy, ignore=shutil.ignore_patterns("__pycache__"))
        installed = _megabytes(copy)
        subprocess.run([ROOT / "processor_image" / "prune.sh", copy], check=True)
        return installed, _megabytes(copy)


def _megabytes(folder: Path) -> float:
    return round(sum(path.lstat().st_size for path in folder.rglob("*")) / 1e6)
