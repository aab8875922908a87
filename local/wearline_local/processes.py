"""Containers as local processes: the few calls of the Docker client that the ECS service makes."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# What the processor image starts where the task definition names no command: see its Dockerfile.
IMAGE_COMMAND = ("python", "-m", "wearline_processor.supervisor")

POLL_S = 0.05


class ImageMissing(Exception):
    """No virtual environment stands for a container image."""

    def __init__(self, image: str, expected: Path) -> None:
        self.image = image
        self.expected = expected
        super().__init__(
            f"Image {image} has no processor release on this machine: expected {expected}. "
            "Run make setup, or correct the release in the study configuration."
        )


@dataclass(frozen=True)
class Releases:
    """The processor releases of this machine: the tag of an image names its environment."""

    folder: Path

    def environment_of(self, image: str) -> Path:
        """Return the virtual environment for `image`, or raise ImageMissing."""
        name = image.partition("@")[0].rpartition("/")[2]
        environment = self.folder / f"processor-{name.partition(':')[2]}"
        if not (environment / "bin" / "python").exists():
            raise ImageMissing(image, environment)
        return environment


class ProcessContainer:
    """One container: a process group in a folder of its own."""

    def __init__(
        self, process: subprocess.Popen[bytes], folder: Path, stop_timeout_s: float, *, logged: bool
    ) -> None:
        self.id = folder.name
        self.attrs: dict[str, object] = {}
        self._process = process
        self._folder = folder
        self._stop_timeout_s = stop_timeout_s
        self._drained = threading.Event()
        if not logged:
            self._drained.set()

    @property
    def status(self) -> str:
        """As Docker says it; a container has not exited until its log was read to the end."""
        ended = self._process.poll() is not None and self._drained.is_set()
        return "exited" if ended else "running"

    def reload(self) -> None:
        """Nothing to refresh: the process is asked each time."""

    def wait(self) -> dict[str, int]:
        """Wait for the end; `StatusCode` is 128 + n after signal n, as in a container."""
        code = self._process.wait()
        self._signal(signal.SIGKILL)  # what the first process of a container leaves behind dies too
        if not self._drained.wait(timeout=5):
            self._drained.set()  # nobody reads the log: its group does not exist
        return {"StatusCode": code if code >= 0 else 128 - code}

    def logs(self, **_options: object) -> Iterator[bytes]:
        """Follow the output, line by line, until the container ends."""
        try:
            with (self._folder / "output.log").open("rb") as output:
                yield from self._lines(output.fileno())
        finally:
            self._drained.set()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def stop(self, timeout: float | None = None) -> None:
        """Ask with SIGTERM, then end with SIGKILL after `timeout` seconds."""
        self.terminate()
        try:
            self._process.wait(self._stop_timeout_s if timeout is None else timeout)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)

    def remove(self, **_options: object) -> None:
        """End what still runs and delete the folder."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _lines(self, output: int) -> Iterator[bytes]:
        rest = b""
        while True:
            ended = self._process.poll() is not None
            while chunk := os.read(output, 1 << 16):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from lines
            if ended:
                break
            time.sleep(POLL_S)
        if rest:
            yield rest


class Processes:
    """Runs containers as processes; stands where the ECS service keeps its Docker client."""

    def __init__(self, releases: Releases, folder: Path) -> None:
        self._releases = releases
        self._folder = folder
        self._running: dict[str, ProcessContainer] = {}
        _end_leftovers(folder)

    @property
    def containers(self) -> "Processes":
        return self

    def run(
        self,
        image: str,
        *,
        command: Sequence[str] | None = None,
        entrypoint: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        stop_timeout_s: float = 30,
        logged: bool = False,
        **_options: object,
    ) -> ProcessContainer:
        """Start a container; networks, ports and labels mean nothing to a process.

        Raises:
            ImageMissing: no processor release stands for the image.
        """
        python = self._releases.environment_of(image)
        folder = self._folder / uuid.uuid4().hex
        work = folder / "work"
        work.mkdir(parents=True)
        with (folder / "output.log").open("wb") as output:
            process = subprocess.Popen(
                [*(entrypoint or ()), *(command or ())] or IMAGE_COMMAND,
                cwd=work,
                env=_environment(python, work) | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (folder / "pid").write_text(str(process.pid))
        container = ProcessContainer(process, folder, stop_timeout_s, logged=logged)
        self._running[container.id] = container
        return container

    def get(self, container_id: str) -> ProcessContainer:
        """Return a container, or raise KeyError."""
        return self._running[container_id]

    def list(self, **_options: object) -> "list[ProcessContainer]":
        return [*self._running.values()]

    def forget(self, container: ProcessContainer) -> None:
        """Remove a container and its folder."""
        container.remove()
        self._running.pop(container.id, None)

    def stop_all(self) -> None:
        for container in self.list():
            container.terminate()
        for container in self.list():
            container.stop(timeout=5)
            self.forget(container)


def _environment(release: Path, work: Path) -> dict[str, str]:
    """The environment of an image: nothing of ours comes along."""
    return {
        "PATH": f"{release / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(work),
        "TMPDIR": tempfile.mkdtemp(prefix="tmp-", dir=work),
        "LANG": "C.UTF-8",
    }


def _end_leftovers(folder: Path) -> None:
    """End and delete what an engine that was killed could not."""
    for left in folder.glob("*/pid"):
        if _works_in(int(left.read_text()), left.parent / "work"):
            with suppress(ProcessLookupError):
                os.killpg(int(left.read_text()), signal.SIGKILL)
        shutil.rmtree(left.parent, ignore_errors=True)


def _works_in(pid: int, folder: Path) -> bool:
    """Say whether that process is still the one that we started, where /proc can tell."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False
