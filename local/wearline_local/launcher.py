"""Starts, finds and stops the embedded AWS of a folder."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PORT = 4566
REGION = "us-east-1"
START_LIMIT_S = 60
STOP_LIMIT_S = 30


class EngineError(Exception):
    """The embedded AWS did not do as it was told."""


class EngineNotInstalled(EngineError):
    """Its virtual environment is missing."""

    def __init__(self, python: Path) -> None:
        self.python = python
        super().__init__(f"The embedded AWS is not installed: {python} is missing. Run make setup.")


class EngineDied(EngineError):
    """It ended before it was ready."""

    def __init__(self, log: Path) -> None:
        self.log = log
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        super().__init__(f"The embedded AWS did not start. The end of {log}:\n{tail}")


class PortTaken(EngineError):
    """Something else listens where the state of this folder expects the engine."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(
            f"Port {port} on {HOST} is taken. Stop what listens there, or give another with --port."
        )


@dataclass(frozen=True)
class Settings:
    """How the embedded AWS is run; the defaults are those of `make up`."""

    folder: Path = ROOT / ".wearline"
    port: int | None = None  # None: that of the last run of this folder, else a free one
    task_slots: int | None = None  # None: one a core
    task_quota: int | None = None  # None: no limit
    docker: bool = False
    owner: int | None = None  # the process with which the engine ends, if it is to end with one
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Engine:
    """A running embedded AWS."""

    folder: Path
    port: int
    pid: int

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "engine.log"

    def environment(self) -> dict[str, str]:
        """Return what an AWS client needs to reach it as its root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    def is_ready(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(b"GET /_ministack/ready HTTP/1.0\r\n\r\n")
                return b" 200 " in connection.recv(64)
        except OSError:
            return False

    def is_alive(self) -> bool:
        """Say whether the process lives and is an engine; pids are used again after a restart."""
        command = ["ps", "-o", "command=", "-p", str(self.pid)]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        return "wearline_local.engine" in shown.stdout


def find(folder: Path) -> Engine | None:
    """Return the engine that runs on the state of `folder`, if one does."""
    engine = _last(folder)
    return engine if engine and engine.is_alive() else None


def start(settings: Settings) -> Engine:
    """Start the engine of a folder and wait until it is ready; return it if it already runs.

    Raises:
        EngineError: it is not installed, its port is taken, or it did not come up.
    """
    if running := find(settings.folder):
        return running
    settings.folder.mkdir(parents=True, exist_ok=True)
    port = _port(settings)
    with (settings.folder / "engine.log").open("ab") as log:
        process = subprocess.Popen(
            _command(),
            env=_environment(settings, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    engine = Engine(settings.folder, port, process.pid)
    known = {name: value for name, value in asdict(engine).items() if name != "folder"}
    (settings.folder / "engine.json").write_text(json.dumps(known))
    _await_ready(engine, process)
    return engine


def stop(engine: Engine) -> None:
    """Stop gracefully, so that the state is saved; by force only after STOP_LIMIT_S."""
    with suppress(ProcessLookupError):
        os.kill(engine.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT_S
    while _exists(engine.pid):
        if time.monotonic() > deadline:
            os.kill(engine.pid, signal.SIGKILL)
        time.sleep(0.05)


def run(settings: Settings) -> None:
    """Become the engine, in the foreground."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    command = _command()
    os.execve(command[0], command, _environment(settings, _port(settings)))  # noqa: S606


def _command() -> list[str]:
    python = ROOT / ".venvs" / "aws" / "bin" / "python"
    if not python.exists():
        raise EngineNotInstalled(python)
    return [str(python), "-m", "wearline_local.engine"]


def _environment(settings: Settings, port: int) -> dict[str, str]:
    """Only what the engine needs: no AWS credentials of the person reach a function by accident."""
    known = ("PATH", "HOME", "LANG", *(("DOCKER_HOST",) if settings.docker else ()))
    kept = {name: os.environ[name] for name in known if name in os.environ}
    chosen = {
        "WEARLINE_TASK_SLOTS": settings.task_slots,
        "WEARLINE_TASK_QUOTA": settings.task_quota,
        "WEARLINE_DOCKER": "1" if settings.docker else None,
        "WEARLINE_OWNER": settings.owner,
    }
    folder = settings.folder.resolve()
    return (
        kept
        | {
            "PYTHONPATH": str(ROOT / "local"),
            "PYTHONUNBUFFERED": "1",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_ACCOUNT_CONCURRENCY": "0",  # functions.py bounds it
            "WEARLINE_RELEASES": str(ROOT / ".venvs"),
            "WEARLINE_TASKS": str(folder / "tasks"),
            "WEARLINE_LAYERS": str(folder / "layers"),
        }
        | {name: str(value) for name, value in chosen.items() if value is not None}
        | settings.variables
    )


def _last(folder: Path) -> Engine | None:
    with suppress(FileNotFoundError, ValueError):
        return Engine(folder, **json.loads((folder / "engine.json").read_text()))
    return None


def _port(settings: Settings) -> int:
    """Queue URLs hold the port, so a folder keeps the one that it had."""
    last = _last(settings.folder)
    wanted = settings.port or (last.port if last else None)
    if wanted is None:
        return PORT if _is_free(PORT) else free_port()
    if not _is_free(wanted):
        raise PortTaken(wanted)
    return wanted


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((HOST, port))
            return True
    return False


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _await_ready(engine: Engine, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not engine.is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            stop(engine)
            raise EngineDied(engine.log)
        time.sleep(0.05)


def _exists(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # our own child stays a zombie until we look
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
