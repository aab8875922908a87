"""The limits that a worker runs under, so that a bad file harms only its own run."""

from __future__ import annotations

import resource
from dataclasses import dataclass

MIB = 1024 * 1024
# A week at 100 Hz writes about 6 MB. Of each file, and of all of them.
OUTPUT_MIB = 1024
MOST_OUTPUTS = 100
OUTPUT_LIMIT = (
    "output_limit",
    "The results of this recording are too large; its content is hardly what its format says.",
)
OPEN_FILES = 256


@dataclass(frozen=True)
class Limits:
    """Memory of the process (its data: mapped input files do not count), CPU time, size of
    a file."""

    memory_mib: int
    cpu_s: int
    output_mib: int = OUTPUT_MIB

    def apply(self) -> None:
        """Limit this process. What the system cannot limit, or limits already, stays as it is."""
        _limit(resource.RLIMIT_DATA, self.memory_mib * MIB)
        _limit(resource.RLIMIT_CPU, self.cpu_s, self.cpu_s + 5)
        _limit(resource.RLIMIT_FSIZE, self.output_mib * MIB)
        _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
        _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, soft: int, hard: int | None = None) -> None:
    """Soft limit, then hard limit. RLIMIT_CPU: SIGXCPU at the soft one, SIGKILL at the hard one."""
    _, highest = resource.getrlimit(what)
    wanted = hard if hard is not None else soft
    if highest != resource.RLIM_INFINITY:
        wanted, soft = min(wanted, highest), min(soft, highest)
    try:
        resource.setrlimit(what, (soft, wanted))
    except (ValueError, OSError):
        return
