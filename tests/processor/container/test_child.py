"""However the worker ends, its end has a reason; it starts with nothing that it need not have."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wearline_processor import child
from wearline_processor.child import Ending, Task, Worker, environment, explain

# A worker's stand-in takes the same limits as the worker itself.
LIMITED = (
    "import sys; from wearline_processor.limits import Limits;"
    "given = lambda name: int(sys.argv[sys.argv.index(name) + 1]);"
    "Limits(given('--memory-mib'), given('--cpu-s')).apply();"
)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    output = tmp_path / "output"
    output.mkdir()
    return Task(
        plan=tmp_path / "plan.json",
        input=tmp_path / "input.cwa",
        output=output,
        log=tmp_path / "worker.log",
        sha256="0" * 64,
        time_limit_s=20,
        memory_limit_mib=600,
    )


@pytest.fixture
def behaving(monkeypatch: pytest.MonkeyPatch) -> object:
    """behaving("code"): the worker is Python that runs this code under the worker's limits."""
    command = child._command

    def set_code(code: str) -> None:
        def stand_in(task: Task) -> list[str]:
            options = command(task)
            return [sys.executable, "-c", LIMITED + code, *options[options.index("--plan") :]]

        monkeypatch.setattr(child, "_command", stand_in)

    return set_code


def end(task: Task) -> tuple[Ending, str]:
    ending = Worker(task).run()
    return ending, explain(ending, task, task.log.read_text()).code


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import ctypes; ctypes.string_at(0)", "worker_killed_sigsegv"),
        ("import os; os.abort()", "worker_killed_sigabrt"),
        ("import os; os.kill(os.getpid(), 9)", "memory_limit"),
        ("x = [bytearray(1 << 20) for _ in range(2000)]", "memory_limit"),
        ("import sys; sys.exit(3)", "worker_failed"),
        ("raise RuntimeError('what')", "worker_failed"),
    ],
)
def test_a_worker_that_dies_leaves_a_reason(
    task: Task, behaving: object, code: str, expected: str
) -> None:
    behaving(code)  # type: ignore[operator]
    assert end(task)[1] == expected


def test_a_worker_that_hangs_is_stopped_at_the_time_limit(task: Task, behaving: object) -> None:
    behaving("import signal; signal.pause()")  # type: ignore[operator]
    short = Task(**{**vars(task), "time_limit_s": 1.0})
    ending, code = end(short)
    assert code == "time_limit"
    assert ending.timed_out


def test_a_worker_that_spins_is_stopped_at_the_cpu_limit(task: Task, behaving: object) -> None:
    behaving("\nwhile True: pass")  # type: ignore[operator]
    spun = Ending(-signal.SIGXCPU, timed_out=False, cpu_s=1, wall_s=1, peak_memory_mib=1)
    assert explain(spun, task, "").code == "cpu_limit"
    assert end(Task(**{**vars(task), "time_limit_s": 1.5}))[1] in ("cpu_limit", "time_limit")


def test_stopping_takes_the_workers_own_children_too(task: Task, behaving: object) -> None:
    behaving(  # type: ignore[operator]
        "import subprocess, sys; "
        "p = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
        "print(p.pid, flush=True); p.wait()"
    )
    worker = Worker(task)
    thread = threading.Thread(target=worker.run)
    thread.start()
    while not task.log.exists() or not task.log.read_text().strip():
        assert thread.is_alive()
    grandchild = int(task.log.read_text())
    worker.stop()
    thread.join(20)
    assert not alive(grandchild)


def alive(pid: int) -> bool:
    """A process that nobody has waited for yet is dead too."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_worker_knows_nothing_of_aws_or_of_the_task(
    monkeypatch: pytest.MonkeyPatch, task: Task, behaving: object
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/secret")
    monkeypatch.setenv("WEARLINE_OUTPUT", "s3://b/secret/")
    behaving("import os; print(dict(os.environ))")  # type: ignore[operator]
    Worker(task).run()
    assert "secret" not in task.log.read_text()
    assert not [name for name in environment(Path("/x")) if name.startswith(("AWS", "WEARLINE"))]


def test_worker_runs_in_its_empty_output_folder(task: Task, behaving: object) -> None:
    behaving("import os; print(os.getcwd(), os.listdir())")  # type: ignore[operator]
    Worker(task).run()
    assert task.log.read_text().split() == [str(task.output), "[]"]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("bytearray(200 << 20)", "MemoryError"),
        ("open('big', 'wb').write(bytes(3 << 20))", "File too large"),
        ("files = [open('/dev/null') for _ in range(1000)]", "Too many open files"),
    ],
)
def test_limits_end_in_python_errors(tmp_path: Path, code: str, error: str) -> None:
    limits = "from wearline_processor.limits import Limits; Limits(150, 10, output_mib=1).apply();"
    done = subprocess.run(
        [sys.executable, "-c", limits + code],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert error in done.stderr


def test_limits_that_are_lower_already_stay(tmp_path: Path) -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64));"
        "from wearline_processor.limits import Limits; Limits(4096, 100).apply();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stdout.strip() == "(64, 64)"


def test_a_worker_of_another_user_is_started_and_stopped_through_its_launcher(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the image the launcher is setpriv; env does the same here, without another user."""
    launcher = ["/usr/bin/env", "LAUNCHED=1"]
    monkeypatch.setattr(child, "_AS_WORKER", launcher)
    command = child._command(task)
    assert command[: len(launcher)] == launcher
    asleep = [*launcher, sys.executable, "-c", "import signal; signal.pause()"]
    monkeypatch.setattr(child, "_command", lambda _: asleep)
    short = Task(**{**vars(task), "time_limit_s": 0.5})
    assert Worker(short).run().timed_out
