"""A package of a team's own: built as a wheel, installed by a release's lock, run by the worker."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import skdh

from wearline_recordings import axivity, wrist

ROOT = Path(__file__).resolve().parents[2]
UV, BUILDER = ROOT / ".venvs" / "uv" / "bin" / "uv", ROOT / ".venv" / "bin" / "python"
RELEASE = "skdh-0.17.18-steps"
START = datetime(2024, 3, 11, 9)  # noqa: DTZ001 - a wall clock
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "team-steps"
version = "1.2.0"
[tool.setuptools]
packages = ["team_steps"]
"""
COUNT = """
import numpy as np
from skdh import BaseProcess, handle_process_returns

class StepCount(BaseProcess):
    def __init__(self, threshold=1.2):
        super().__init__(threshold=threshold)
        self.threshold = threshold

    @handle_process_returns(results_to_kwargs=False)
    def predict(self, *, time, accel, **kwargs):
        super().predict(expect_days=False, expect_wear=False, time=time, accel=accel, **kwargs)
        over = np.linalg.norm(accel, axis=1) > self.threshold
        rises = time[1:][over[1:] & ~over[:-1]]
        minute, steps = np.unique(rises // 60 * 60, return_counts=True)
        return {"Minute": minute, "Steps": steps}
"""
# Beside the registered class: what must not even be imported.
OTHER = """
from pathlib import Path
Path({mark!r}).touch()
from team_steps.count import StepCount
class Unregistered(StepCount):
    pass
"""
REGISTERED = {
    "StepCount": {
        "module": "team_steps.count",
        "parameters": {"threshold": {"type": "number", "minimum": 1, "maximum": 8, "unit": "g"}},
        "requires": ["accel"],
        "table": {
            "name": "step_count",
            "meaning": "Steps in each minute.",
            "columns": [
                {"name": "start", "kind": "instant", "meaning": "Its start", "result": "Minute"},
                {"name": "steps", "kind": "integer", "meaning": "Steps.", "result": "Steps"},
            ],
        },
    }
}


@dataclass(frozen=True)
class Installed:
    """An environment of the release, what was built into it, and the mark of what it imports."""

    python: Path
    image: Path
    wheel: Path
    mark: Path

    def run(self, *arguments: object) -> str:
        command = [str(self.python), "-s", "-P", "-m", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={})
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, source: str) -> str:
        command = [str(self.python), "-s", "-P", "-c", source]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={})
        return done.stdout.strip()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The processor with a release that registers the package, in an environment that holds it
    beside those of the release that it extends."""
    if not (UV.exists() and BUILDER.exists()):
        pytest.fail("no tool to build a wheel with: run make setup")
    folder = tmp_path_factory.mktemp("own")
    mark, wheel = folder / "imported", _wheel(folder)
    release = _image(folder) / "releases" / RELEASE
    release.mkdir()
    about = {"release": RELEASE, "skdh": "0.17.18", "packages": {"team-steps": "1.2.0"}}
    about |= {"python": ">=3.11,<3.14", "engines": ["lean", "stock"]}
    (release / "release.json").write_text(json.dumps(about))
    (release / "processes.json").write_text(json.dumps(REGISTERED))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (release / "requirements.lock").write_text(f"team-steps==1.2.0 --hash=sha256:{digest}\n")
    python = _environment(folder, release / "requirements.lock", wheel.parent)
    return Installed(python, folder / "image", wheel, mark)


def _uv(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [str(part) for part in (UV, *arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=check)


def _wheel(folder: Path) -> Path:
    package = folder / "project" / "team_steps"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "count.py").write_text(COUNT)
    (package / "other.py").write_text(OTHER.format(mark=str(folder / "imported")))
    (folder / "project" / "pyproject.toml").write_text(PROJECT)
    places = ("--python", BUILDER, "--out-dir", folder / "wheels", folder / "project")
    _uv("build", "--wheel", "--offline", "--no-build-isolation", *places)
    [wheel] = (folder / "wheels").glob("*.whl")
    return wheel


def _image(folder: Path) -> Path:
    source = ROOT / "processor_image"
    shutil.copytree(
        source / "wearline_processor",
        folder / "image" / "wearline_processor",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(source / "releases", folder / "image" / "releases")
    return folder / "image"


def _environment(folder: Path, lock: Path, wheels: Path) -> Path:
    python = folder / "environment" / "bin" / "python"
    _uv("venv", "--python", sys.executable, python.parents[1])
    places = ("--python", python, "--find-links", wheels)
    _uv("pip", "sync", "--offline", "--no-index", "--require-hashes", *places, lock)
    [packages] = (folder / "environment").glob("lib/python3*/site-packages")
    seen = [folder / "image", Path(skdh.__file__).parents[1]]
    (packages / "release.pth").write_text("\n".join(map(str, seen)))
    return python


def test_its_wheel_runs_as_a_step_and_fills_its_table(
    installed: Installed, document: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    plan = document([{"process": "StepCount", "parameters": {"threshold": 1.1}}])
    _frozen_for(installed, plan)
    report, output = _work(installed, plan, tmp_path)
    assert report["verdict"] == "succeeded", report["reason"]
    assert report["processor"]["release"] == RELEASE
    assert report["processor"]["packages"]["team-steps"] == "1.2.0"
    table = pq.read_table(output / "step_count.parquet")
    assert table.num_rows > 0
    assert min(table["steps"].to_pylist()) > 0


@pytest.mark.parametrize("name", ["Unregistered", "team_steps.other.Unregistered", "os.system"])
def test_nothing_else_of_the_package_is_a_step_or_is_imported(
    installed: Installed, document: Callable[..., dict[str, Any]], tmp_path: Path, name: str
) -> None:
    plan = document([{"process": name, "parameters": {}}])
    _frozen_for(installed, plan)
    report, _ = _work(installed, plan, tmp_path)
    assert report["reason"]["code"] == "parameter_invalid"
    assert not installed.mark.exists()


def test_another_wheel_of_that_name_is_not_what_the_lock_installs(
    installed: Installed, tmp_path: Path
) -> None:
    tampered = tmp_path / installed.wheel.name
    tampered.write_bytes(installed.wheel.read_bytes() + b"\0")
    lock = installed.image / "releases" / RELEASE / "requirements.lock"
    options = ("--offline", "--no-index", "--require-hashes", "--no-cache", "--python")
    places = (installed.python, "--find-links", tmp_path, "--target", tmp_path / "at")
    done = _uv("pip", "install", *options, *places, "-r", lock, check=False)
    assert done.returncode != 0
    assert "hash" in done.stderr.lower()


def test_studies_may_name_it_by_the_signatures_of_its_release(
    installed: Installed, tmp_path: Path
) -> None:
    installed.run("wearline_processor.release", "--folder", tmp_path)
    told = json.loads((tmp_path / f"{RELEASE}.json").read_text())
    assert told["processes"]["StepCount"]["parameters"]["threshold"]["default"] == 1.2


def _frozen_for(installed: Installed, plan: dict[str, Any]) -> None:
    asked = (
        "from wearline_processor.release import *; print(installed(), release_hash(installed()))"
    )
    release, digest = installed.ask(asked).split()
    plan["identity"]["processor"] |= {"release": release, "hash": digest}


def _work(installed: Installed, plan: dict[str, Any], folder: Path) -> tuple[dict[str, Any], Path]:
    recording, output = folder / "input.cwa", folder / "output"
    axivity.write(recording, wrist.signal(hours=0.5, hz=50, start=START, seed=3))
    output.mkdir()
    (folder / "plan.json").write_text(json.dumps(plan))
    files = {"--plan": folder / "plan.json", "--input": recording, "--output": output}
    installed.run("wearline_processor.worker", *(part for pair in files.items() for part in pair))
    return json.loads((output / "worker.json").read_text()), output
