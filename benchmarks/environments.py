"""The environments that SKDH runs in: the pinned one of a release, and the newest that resolves."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

from wearline_local.launcher import ROOT

RELEASE = "skdh-0.17.18"
NEWEST = ROOT / "build" / "benchmarks" / "newest"
# What SKDH needs, and its reader of h5 and avro files; no bound on any version of them.
REQUIREMENTS = ("scikit-digital-health==0.17.18", "h5py", "avro")


def pinned() -> Path:
    """The interpreter of the release's environment, as `make setup` makes it."""
    return ROOT / ".venvs" / f"processor-{RELEASE}" / "bin" / "python"


@cache
def newest() -> Path:
    """An interpreter with the newest versions that resolve today, bytecode compiled as well."""
    python = NEWEST / "bin" / "python"
    tool = [str(ROOT / ".venvs" / "uv" / "bin" / "uv")]
    _run([*tool, "venv", "--quiet", "--allow-existing", "--python", str(pinned()), str(NEWEST)])
    install = ["pip", "install", "--quiet", "--upgrade", "--compile-bytecode"]
    _run([*tool, *install, "--python", str(python), *REQUIREMENTS])
    return python


def as_worker(python: Path, home: Path) -> dict[str, str]:
    """The variables that a worker is started with, for another command of that interpreter: one
    thread, its kernels, huge pages. Matplotlib's list of fonts is kept, as in the image."""
    source = (
        "import json, pathlib, sys; from wearline_processor.child import environment;"
        "print(json.dumps(environment(pathlib.Path(sys.argv[1]))))"
    )
    variables: dict[str, str] = json.loads(_run([str(pinned()), "-c", source, str(home)]))
    fonts = python.parent.parent / "share" / "wearline-matplotlib"
    own = {"MPLCONFIGDIR": str(fonts), "PYTHONPATH": str(ROOT / "processor_image")}
    return variables | own


def versions(python: Path) -> dict[str, str]:
    """The versions of what counts, as that interpreter has them."""
    source = (
        "import importlib.metadata as m, json;"
        "print(json.dumps({n: m.version(n) for n in ('numpy', 'scipy', 'pandas')}))"
    )
    found: dict[str, str] = json.loads(_run([str(python), "-c", source]))
    return found


def _run(command: list[str]) -> str:
    settings = os.environ | {"UV_SYSTEM_CERTS": "true"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
