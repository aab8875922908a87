"""A million histories of the simulator, of all its families: none may break a promise.

WEARLINE_HISTORIES: fewer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from tests.simulation.exploration import Exploration, explore

from benchmarks.results import Result

HISTORIES = int(os.environ.get("WEARLINE_HISTORIES", "1_000_000"))
TELL_EVERY = 10_000


def measure() -> Iterator[Result]:
    found = explore(HISTORIES, os.cpu_count() or 1, tell=_tell)
    histories = f"{found.histories:,} histories"
    yield Result(f"{histories}, that broke a promise", len(found.broken_seeds), "histories")
    yield Result(f"{histories}, rate", round(found.per_second), "histories/s")
    yield Result(f"{histories}, steps", found.steps, "steps")


def _tell(so_far: Exploration) -> None:
    if so_far.histories % TELL_EVERY == 0:
        broken = f", broken: {so_far.broken_seeds}" if so_far.broken_seeds else ""
        rate = f"{so_far.per_second:.0f} a second"
        sys.stderr.write(f"{so_far.histories:,} histories, {rate}{broken}\n")
