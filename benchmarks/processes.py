"""A process, start included: its CPU seconds, its peak of resident memory, its environment."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Spent:
    """By a process and those that it waited for."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def spent(command: Sequence[str | Path], environment: Mapping[str, str]) -> tuple[Spent, str]:
    """Run a command to its end: what it spent, and what it printed.

    Raises RuntimeError with its last words where it fails.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.monotonic()
        process = subprocess.Popen([*map(str, command)], env=environment, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command} ended with {process.returncode}: {err.read()[-2000:]}")
        return Spent(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss / 1024), out.read()
