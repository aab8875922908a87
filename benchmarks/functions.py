"""What a cold start pays: the import of each function, and the size of what is unpacked.

Imports are measured in the interpreter that runs the functions here, with the layer as `sam build`
makes it, bytecode present. The least of some fresh processes, in CPU seconds: a busy machine only
adds to it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Result
from wearline_local.launcher import ROOT

TIMES = 7
PYTHON = ROOT / ".venvs" / "aws" / "bin" / "python"
IMPORT = """
import time
before = time.process_time()
import {module}
print(time.process_time() - before)
"""


def measure() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="wearline-bench-") as name:
        layer = Path(name) / "python"
        _build_layer(Path(name))
        floor = _import_s("boto3", [])
        for function in sorted((ROOT / "functions").iterdir()):
            took = _import_s("app", [function, layer])
            yield Result.beside(f"{function.name}, import", took, "CPU s", "import boto3", floor)
            yield Result(f"{function.name}, package", _zipped(function), "KB")
        yield Result("layer, unpacked", _unpacked(layer), "KB")
        yield Result("layer, package", _zipped(layer), "KB")


def _build_layer(folder: Path) -> None:
    """As `sam build` has its Makefile do it, for the interpreter of this machine."""
    command = ["make", "-s", "-C", str(ROOT / "layers" / "wearline"), "build-WearlineLayer"]
    tools = ":".join(str(ROOT / ".venvs" / name / "bin") for name in ("aws", "uv"))
    settings = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "ARTIFACTS_DIR": str(folder),
        "WEARLINE_LAYER_TARGET": "local",
    }
    subprocess.run(command, env=os.environ | settings, check=True)


def _import_s(module: str, path: list[Path]) -> float:
    """CPU seconds of an import in a fresh process, with the settings of template.yaml."""
    source = IMPORT.format(module=module)
    environment = {
        "PYTHONPATH": ":".join(map(str, path)),
        "POWERTOOLS_METRICS_NAMESPACE": "Wearline",
        "POWERTOOLS_SERVICE_NAME": "wearline",
        "PYDANTIC_DISABLE_PLUGINS": "true",
    }
    took = [
        subprocess.run(
            [PYTHON, "-c", source], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(TIMES)
    ]
    return min(map(float, took))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]


def _unpacked(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in _files(folder)) / 1024, 1)


def _zipped(folder: Path) -> float:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in _files(folder):
                archive.write(path, path.relative_to(folder))
        return round(file.tell() / 1024, 1)
