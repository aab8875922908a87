"""The gate leaves the containers out only where no engine can be had, and then says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[3] / ".ci" / "run"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose tools only say what they were asked; no system package is installed."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(RUN, tmp_path / ".ci" / "run")
    for name in ("make", "apt-get"):
        program(tmp_path / "bin" / name, f'echo "{name} $*"')
    return tmp_path


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def gate(project: Path, status: int) -> subprocess.CompletedProcess[str]:
    """The gate, where looking for an engine ends with this status."""
    program(project / ".venv" / "bin" / "python", f"echo No engine here.; exit {status}")
    path = f"{project / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [project / ".ci" / "run"],
        env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_containers_are_tested_where_an_engine_can_be_had(project: Path) -> None:
    done = gate(project, 0)
    assert done.returncode == 0
    assert "make test-docker\n" in done.stdout


def test_containers_are_left_out_where_no_engine_can_be_had(project: Path) -> None:
    done = gate(project, 3)
    assert done.returncode == 0
    assert "make test-docker was left out. No engine here." in done.stdout


@pytest.mark.parametrize("status", [1, 2, 137])
def test_looking_for_an_engine_that_fails_fails_the_gate(project: Path, status: int) -> None:
    done = gate(project, status)
    assert done.returncode == status
    assert "left out" not in done.stdout
    assert "make check" in done.stdout
