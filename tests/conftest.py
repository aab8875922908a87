"""One embedded AWS for the whole test session, shared by all its workers.

WEARLINE_TEST_FOLDER names a folder whose engine is used, and left running, instead of a new one:
the second session then starts at once.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from wearline_cli.environments import Environment, environment_at
from wearline_local import deployment, launcher

from .trials import Trial, deployed_trial

FOLDER = "WEARLINE_TEST_FOLDER"
OWN_FOLDER = "WEARLINE_TEST_OWN_FOLDER"
OWNER = "WEARLINE_TEST_OWNER"
ROOT = launcher.ROOT
# What every role did on the engine; see gates/permissions.py.
PERMISSIONS = "permissions.jsonl"


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of the engine in the first process; workers inherit it."""
    if not hasattr(config, "workerinput") and FOLDER not in os.environ:
        os.environ[FOLDER] = os.environ[OWN_FOLDER] = tempfile.mkdtemp(prefix="wearline-test-")
        os.environ[OWNER] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the engine when all workers are done, if it is this session's own."""
    if hasattr(config, "workerinput") or OWN_FOLDER not in os.environ:
        return
    folder = Path(os.environ.pop(OWN_FOLDER))
    if engine := launcher.find(folder / "engine"):
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
                docker="WEARLINE_IMAGES" in os.environ,  # make test-docker
                owner=int(os.environ[OWNER]) if OWNER in os.environ else None,
                variables={
                    "WEARLINE_RELEASES": str(_releases(folder)),
                    "WEARLINE_PERMISSIONS": str(folder / PERMISSIONS),
                },
            )
        )


@pytest.fixture(scope="session")
def platform(engine: launcher.Engine) -> Environment:
    """The platform on it, deployed once with the real SAM CLI."""
    folder = Path(os.environ[FOLDER])
    with one_at_a_time(folder / "deploy.lock"):
        if not (folder / "deployed").exists():
            deployment.deploy(engine, build=folder / "build")
            (folder / "deployed").touch()
    return environment_at(engine)


@pytest.fixture(scope="session")
def shared_trial(platform: Environment) -> Callable[[str, str], Trial]:
    """Gives the study of this name and document, which all workers share; the first deploys it."""

    def shared(name: str, document: str) -> Trial:
        trial = Trial(platform, name, Path(os.environ[FOLDER]))
        deployed = trial.folder / f"{name}.deployed"
        with one_at_a_time(trial.folder / f"{name}.lock"):
            if not deployed.exists() or deployed.read_text() != document:
                trial.deploy(document)
                deployed.write_text(document)
        return trial

    return shared


@pytest.fixture(scope="session")
def new_trial(platform: Environment) -> Callable[[str], Trial]:
    """Deploys a study of a test's own."""

    def new(document: str) -> Trial:
        return deployed_trial(platform, document, Path(os.environ[FOLDER]))

    return new


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
