"""The processor's image by a Docker engine: how large, how long to build, how long to start.

Built without a cache, on the base that the trials of `make test-docker` use. A start is that of a
container until its first process ends: the supervisor, which finds no task to do, and a Python
with SKDH, as the worker has. Beside each, the same process on this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.results import Result
from wearline_local.docker import engine, images
from wearline_local.docker.__main__ import FOLDER
from wearline_local.launcher import ROOT

RELEASE = "skdh-0.17.18"
TIMES = 5
STARTS = {
    "supervisor": ("-m", "wearline_processor.supervisor"),
    "Python with SKDH": ("-c", "import skdh"),
}


def measure() -> Iterator[Result]:
    try:
        with engine.engine(FOLDER) as docker:
            yield from _measured(docker)
    except engine.DockerMissing as missing:
        sys.stderr.write(f"{missing}\n")


def _measured(docker: engine.Docker) -> Iterator[Result]:
    base = images.base(docker, FOLDER)
    image = f"{images.PROCESSOR}:{RELEASE}"
    built = images.build(
        docker, image, ROOT / "processor_image", cached=False, BASE=base, RELEASE=RELEASE
    )
    yield Result("size", round(built.bytes / 1e6), "MB")
    yield Result("build without a cache", round(built.seconds), "s")
    run = ["docker", "run", "--rm", "--init", "--network", "none", "--read-only"]
    here = ROOT / ".venvs" / f"processor-{RELEASE}" / "bin" / "python"
    for name, arguments in STARTS.items():
        contained = _shortest([*run, image, "python", *arguments], docker.environment())
        bare = _shortest([str(here), *arguments], dict(os.environ))
        yield Result.beside(f"start of the {name}", contained, "s", "without a container", bare)


def _shortest(command: list[str], environment: dict[str, str]) -> float:
    def once() -> float:
        began = time.monotonic()
        subprocess.run(command, env=environment, capture_output=True, check=False)
        return time.monotonic() - began

    return min(once() for _ in range(TIMES))
