"""Many histories: in this process, or in several."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.simulation.history import Told, run
from tests.simulation.script import script

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Exploration:
    """What became of some histories: how many, the steps of all, the time, and what broke."""

    histories: int
    steps: int
    seconds: float
    broken_seeds: tuple[int, ...]

    @property
    def per_second(self) -> float:
        return self.histories / self.seconds


def histories(first: int, count: int) -> Iterator[Told]:
    """The histories of ``count`` seeds, from ``first`` on."""
    gc.disable()  # it costs a fifth of the time; a history leaves little that lies in cycles
    try:
        for seed in range(first, first + count):
            yield run(script(seed), seed)
            if seed % CHUNK == 0:
                gc.collect()
    finally:
        gc.enable()


def explore(histories_wanted: int, processes: int, first: int = 0) -> Exploration:
    """Run histories in parallel. Goes on after one that breaks a promise."""
    began = time.perf_counter()
    last = first + histories_wanted
    chunks = [(start, min(CHUNK, last - start)) for start in range(first, last, CHUNK)]
    steps, broken = 0, list[int]()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for taken, seeds in pool.imap_unordered(_chunk, chunks):
            steps += taken
            broken += seeds
    seconds = time.perf_counter() - began
    return Exploration(histories_wanted, steps, seconds, tuple(sorted(broken)))


def _chunk(chunk: tuple[int, int]) -> tuple[int, list[int]]:
    steps, broken = 0, []
    for told in histories(*chunk):
        steps += told.steps
        if told.broken is not None:
            broken.append(told.seed)
    return steps, broken
