"""The images, built before the tests by `make test-docker`, and the engine that has them."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

IMAGES = "WEARLINE_IMAGES"


def docker(*command: str) -> str:
    """What a command of Docker's client says."""
    done = subprocess.run(["docker", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(command[:2])}: {done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Image:
    """An image, run as Fargate runs a task: nothing but the volume at /tmp can be written."""

    name: str
    user: str | None = None
    options: tuple[str, ...] = field(default=())

    def run(self, *command: str) -> str:
        user = ("--user", self.user) if self.user else ()
        return docker(
            "run", "--rm", "--init", "--network", "none", "--read-only",
            "--mount", "type=volume,destination=/tmp",
            *user, *self.options, self.name, *command,
        )  # fmt: skip

    def inspected(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(docker("image", "inspect", self.name))[0]
        return found


def built(kind: str) -> str:
    if IMAGES not in os.environ:
        pytest.fail("No image was built: run make test-docker")
    images = json.loads(Path(os.environ[IMAGES]).read_text())
    (name,) = [each["image"] for each in images if kind in each["image"]]
    return str(name)


@pytest.fixture(scope="session")
def processor() -> Image:
    return Image(built("processor"))


@pytest.fixture(scope="session")
def lambda_image() -> str:
    return built("lambda")


@pytest.fixture
def canary() -> str:
    return f"canary-{uuid.uuid4().hex}"
