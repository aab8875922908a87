"""The worker as a child process: without credentials, limited, and its end explained."""

from __future__ import annotations

import os
import platform
import resource
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from wearline_processor.errors import ProcessorError

# What the supervisor keeps of the task's memory for itself.
SUPERVISOR_MIB = 256
# In the image: a command that becomes the worker's user, whose processes only it can kill.
_AS_WORKER = shlex.split(os.environ.get("WEARLINE_AS_WORKER", ""))
# SKDH gains nothing from threads, and their sums could differ from run to run.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# BLAS chooses its kernels by the CPU, and their sums differ in the last bits from one to the next.
# These run on every x86 host with AVX2, which all of Fargate has: one plan, one result.
_KERNELS = {"OPENBLAS_CORETYPE": "Haswell"} if platform.machine() == "x86_64" else {}
# Transparent huge pages save a tenth of the CPU time over arrays of hundreds of megabytes.
_HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


@dataclass(frozen=True)
class Task:
    """The files of one call of the worker, and what it may use."""

    plan: Path
    input: Path
    output: Path
    log: Path
    sha256: str
    time_limit_s: float
    memory_limit_mib: int


@dataclass(frozen=True)
class Ending:
    """How the worker ended: its status (negative for a signal), and what it used."""

    status: int
    timed_out: bool
    cpu_s: float
    wall_s: float
    peak_memory_mib: float


class Worker:
    """One worker process. `stop` may be called from a signal handler."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> Ending:
        """Run the worker to its end, or to the time limit."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        with self._task.log.open("wb") as log:
            self._process = subprocess.Popen(
                _command(self._task),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(self._task.output.parent),
                cwd=self._task.output,
                start_new_session=True,
            )
            timed_out = self._wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return Ending(
            status=self._process.returncode,
            timed_out=timed_out,
            cpu_s=_cpu(after) - _cpu(before),
            wall_s=time.monotonic() - started,
            peak_memory_mib=after.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
        )

    def stop(self) -> None:
        """Kill the worker and all that it started."""
        if self._process is None or self._process.poll() is not None:
            return
        if _AS_WORKER:
            kill = [*_AS_WORKER, "/bin/kill", "-KILL", "--", f"-{self._process.pid}"]
            subprocess.run(kill, check=False)
        else:
            os.killpg(self._process.pid, signal.SIGKILL)

    def _wait(self) -> bool:
        assert self._process is not None  # noqa: S101 - run() has just started it
        try:
            self._process.wait(self._task.time_limit_s)
        except subprocess.TimeoutExpired:
            self.stop()
            self._process.wait()
            return True
        return False


def environment(scratch: Path) -> dict[str, str]:
    """What the worker may know: nothing of AWS, and nothing that changes from run to run."""
    kept = {name: os.environ[name] for name in ("PATH", "MPLCONFIGDIR") if name in os.environ}
    settings = {
        "HOME": str(scratch),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(Path(sys.prefix) / "share" / "wearline-matplotlib"),
        **dict.fromkeys(_THREADS, "1"),
        **_KERNELS,
        **_HUGE_PAGES,
    }
    return {**settings, **kept}


def explain(ending: Ending, task: Task, log_tail: str) -> ProcessorError:
    """Why a worker that left no report ended."""
    if ending.timed_out:
        return ProcessorError(
            "time_limit",
            f"Processing took longer than the {task.time_limit_s:.0f} s that this recording was "
            "given. If the file is what it should be, raise the time limit of the pipeline.",
        )
    if ending.status == -signal.SIGXCPU or _killed_by_cpu_limit(ending, task):
        return ProcessorError(
            "cpu_limit",
            f"Processing used more than the {task.time_limit_s:.0f} s of CPU time that this "
            "recording was given. If the file is what it should be, raise the time limit.",
        )
    if ending.status == -signal.SIGKILL or "bad_alloc" in log_tail or "MemoryError" in log_tail:
        return ProcessorError(
            "memory_limit",
            f"The recording needs more than the {task.memory_limit_mib} MiB of memory that this "
            "task has; the next attempt gets more.",
        )
    if ending.status < 0:
        name = signal.Signals(-ending.status).name
        return ProcessorError(
            f"worker_killed_{name.lower()}",
            f"The worker was killed by {name} over this recording: its content is very likely "
            "damaged or not of its format. The log of this run holds how far it came.",
        )
    return ProcessorError(
        "worker_failed",
        f"The worker ended with status {ending.status} and without a report. The log of this run "
        "holds why.",
    )


def _killed_by_cpu_limit(ending: Ending, task: Task) -> bool:
    return ending.status == -signal.SIGKILL and ending.cpu_s >= task.time_limit_s


def _command(task: Task) -> list[str]:
    files = {"--plan": task.plan, "--input": task.input, "--output": task.output}
    limits = {
        "--sha256": task.sha256,
        "--memory-mib": max(task.memory_limit_mib - SUPERVISOR_MIB, SUPERVISOR_MIB),
        "--cpu-s": max(int(task.time_limit_s), 1),
    }
    options = [str(part) for item in (files | limits).items() for part in item]
    return [*_AS_WORKER, sys.executable, "-s", "-P", "-m", "wearline_processor.worker", *options]


def _cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime
