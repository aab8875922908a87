"""One embedded AWS for the whole test session, shared by all its workers."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from wearline_local import launcher

FOLDER = "WEARLINE_TEST_FOLDER"
ROOT = launcher.ROOT


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of the engine in the first process; workers inherit it."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="wearline-test-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the engine when all workers are done; keep its log where a test failed."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(os.environ.pop(FOLDER))
    if engine := launcher.find(folder):
        launcher.stop(engine)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Keep the other workers of the session out."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def engine() -> launcher.Engine:
    """The embedded AWS, started by the first test that asks for it."""
    folder = Path(os.environ[FOLDER])
    with one_at_a_time(folder / "start.lock"):
        return launcher.start(
            launcher.Settings(
                folder=folder / "engine",
                port=None,
                variables={"WEARLINE_RELEASES": str(_releases(folder))},
            )
        )


@pytest.fixture
def aws(engine: launcher.Engine, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """A session of boto3 as the root of the embedded AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)
    return boto3.Session()


def _releases(folder: Path) -> Path:
    """The processor releases, and this environment as one of them: the image of test tasks."""
    releases = folder / "releases"
    if not releases.exists():
        releases.mkdir()
        (releases / "processor-probe").symlink_to(ROOT / ".venv")
        for release in (ROOT / ".venvs").glob("processor-skdh-*"):
            (releases / release.name).symlink_to(release)
    return releases
