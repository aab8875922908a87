"""Runs the worker over a file of this machine as the supervisor does: same limits, same settings.

    python -m wearline_comparison.again --plan plan.json --input FILE --output FOLDER

The environment counts: with other threads or kernels, sums round otherwise in their last digit.
Prints the worker's report, or the reason why there is none, as run.json would hold it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from wearline_processor.child import Task, Worker, explain

_REPORT = "worker.json"
_TIME_LIMIT_S = 12 * 3600
_MEMORY_LIMIT_MIB = 120 * 1024


def main(arguments: list[str] | None = None) -> int:
    """Print the report; 0 whatever its verdict."""
    parser = argparse.ArgumentParser(prog="wearline_comparison.again", description=__doc__)
    for name in ("plan", "input", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args(arguments)
    with options.input.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with tempfile.TemporaryDirectory(prefix="wearline-") as scratch:
        task = Task(
            plan=options.plan,
            input=options.input,
            output=options.output,
            log=Path(scratch) / "worker.log",
            sha256=sha256,
            time_limit_s=_TIME_LIMIT_S,
            memory_limit_mib=_MEMORY_LIMIT_MIB,
        )
        json.dump(_report(task), sys.stdout)
    return 0


def _report(task: Task) -> Any:  # noqa: ANN401 - JSON
    ending = Worker(task).run()
    report = task.output / _REPORT
    if ending.status == 0 and report.exists():
        return json.loads(report.read_text("utf-8"))
    reason = explain(ending, task, task.log.read_text("utf-8", "replace"))
    told = {"code": reason.code, "sentence": reason.sentence}
    return {"verdict": "failed", "reason": told, "outputs": [], "processor": {}}


if __name__ == "__main__":
    sys.exit(main())
