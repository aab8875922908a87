"""What a step costs: CPU seconds, wall seconds, and the peak of resident memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass
class Cost:
    """Of one step, or of a whole run."""

    step: str
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_memory_mib: float = 0.0

    def to_dict(self) -> dict[str, str | float]:
        return {
            "step": self.step,
            "cpu_s": round(self.cpu_s, 3),
            "wall_s": round(self.wall_s, 3),
            "peak_memory_mib": round(self.peak_memory_mib, 1),
        }


@contextmanager
def measured(step: str) -> Iterator[Cost]:
    """Measure the block; the cost is filled in when it ends, also by an exception."""
    cost = Cost(step)
    _forget_peak()
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        yield cost
    finally:
        cost.cpu_s = time.process_time() - cpu
        cost.wall_s = time.perf_counter() - wall
        cost.peak_memory_mib = peak_memory_mib()


def peak_memory_mib() -> float:
    """The peak since it was last forgotten; where the system cannot forget, since the start."""
    try:
        line = next(row for row in _STATUS.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    except (OSError, StopIteration):
        unit = 1024 if sys.platform == "linux" else 1024 * 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _forget_peak() -> None:
    try:
        _CLEAR.write_text("5")  # see proc_pid_clear_refs(5)
    except OSError:
        return
