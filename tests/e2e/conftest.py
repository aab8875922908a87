"""Real recordings where they are at hand, and what SKDH itself makes of a file."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wearline_local.launcher import ROOT

SHARED_DATA = "WEARLINE_SHARED_DATA"
PYTHON = ROOT / ".venvs" / "processor-skdh-0.17.18" / "bin" / "python"
SCRIPT = Path(__file__).with_name("skdh_directly.py")

# The last bits of SKDH's numbers depend on the kernels that BLAS chooses for the CPU; the processor
# chooses these on every host.
SAME_SUMS = {"OPENBLAS_CORETYPE": "Haswell"}

Job = dict[str, Any]
Answers = Callable[[list[Job]], list[dict[str, Any]]]
Columns = Callable[[str], dict[str, str]]


def shared_data() -> Path:
    """Where the real recordings are, or would be."""
    return Path(os.environ.get(SHARED_DATA) or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real recordings; they are no part of the project."""
    folder = shared_data()
    if not (folder / "MANIFEST.md").exists():
        pytest.skip(f"no real recordings in {folder}; {SHARED_DATA} may name another folder")
    return folder


@pytest.fixture(scope="session")
def skdh_directly() -> Answers:
    """Has SKDH called directly, in the processor's environment; an answer for each job."""

    def answers(jobs: list[Job]) -> list[dict[str, Any]]:
        done = subprocess.run(
            [PYTHON, SCRIPT],
            input=json.dumps(jobs),
            env=os.environ | SAME_SUMS,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"SKDH, called directly, failed:\n{done.stderr[-2000:]}"
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    return answers


@pytest.fixture(scope="session")
def columns() -> Columns:
    """Of a table: its column for each name of SKDH, as the processor has them."""

    def of(table: str) -> dict[str, str]:
        source = _COLUMNS_OF_DAY if table == "day" else _COLUMNS.format(table=table)
        done = subprocess.run([PYTHON, "-c", source], capture_output=True, text=True, check=True)
        found: dict[str, str] = json.loads(done.stdout)
        return found

    return of


_COLUMNS = """
import json
from wearline_processor.tables.{table} import TABLE
print(json.dumps({{skdh: column.name for skdh, column in TABLE.by_skdh().items()}}))
"""
_COLUMNS_OF_DAY = """
import json
from wearline_processor.processes import PROCESSES
from wearline_processor.steps import defaults
from wearline_processor.tables import day
parameters = defaults(PROCESSES["ActivityLevelClassification"])
found = day.table(parameters).by_skdh()
epoch = parameters["short_wlen"]
print(json.dumps({skdh.format(epoch=epoch): column.name for skdh, column in found.items()}))
"""
