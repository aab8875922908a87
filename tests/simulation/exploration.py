"""Many histories: in this process, or in several."""

from __future__ import annotations

import gc
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tests.simulation.families import Scripts, dealt
from tests.simulation.history import Told, run
from tests.simulation.script import script

CHUNK = 500
COLLECT = 100


@dataclass(frozen=True, slots=True)
class Exploration:
    """What became of some histories: how many, the steps of all, the time, and what broke."""

    histories: int = 0
    steps: int = 0
    seconds: float = 0.0
    broken_seeds: tuple[int, ...] = ()

    @property
    def per_second(self) -> float:
        return self.histories / self.seconds

    def and_then(self, later: Exploration) -> Exploration:
        return Exploration(
            self.histories + later.histories,
            self.steps + later.steps,
            self.seconds + later.seconds,
            (*self.broken_seeds, *later.broken_seeds),
        )


def histories(first: int, count: int, scripts: Scripts = script) -> Iterator[Told]:
    """The histories of ``count`` seeds, from ``first`` on; general ones, if not told otherwise."""
    gc.freeze()  # what was there before stays; a history leaves little that lies in cycles
    gc.disable()
    try:
        for seed in range(first, first + count):
            yield run(scripts(seed), seed)
            if seed % COLLECT == 0:
                gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()


def explore(
    histories_wanted: int,
    processes: int,
    first: int = 0,
    tell: Callable[[Exploration], object] = lambda _: None,
    scripts: Scripts = dealt,
) -> Exploration:
    """Run histories in parallel, in order of their seeds. Goes on after one that breaks a
    promise; ``tell`` hears of what was explored so far after each chunk.
    """
    began = time.perf_counter()
    last = first + histories_wanted
    chunks = [(start, min(CHUNK, last - start)) for start in range(first, last, CHUNK)]
    so_far = Exploration()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for count, steps, seeds in pool.imap(partial(_chunk, scripts), chunks):
            seconds = time.perf_counter() - began
            so_far = Exploration(
                so_far.histories + count, so_far.steps + steps, seconds,
                (*so_far.broken_seeds, *seeds),
            )  # fmt: skip
            tell(so_far)
    return so_far


def explore_on(
    progress: Path,
    histories_wanted: int,
    processes: int,
    first: int = 0,
    tell: Callable[[Exploration], object] = lambda _: None,
    scripts: Scripts = dealt,
) -> Exploration:
    """As ``explore``, from where the file of progress says that an earlier call was stopped."""
    before = Exploration()
    if progress.exists():
        said = json.loads(progress.read_text())
        before = Exploration(**{**said, "broken_seeds": tuple(said["broken_seeds"])})

    def keep(found: Exploration) -> None:
        so_far = before.and_then(found)
        progress.with_suffix(".new").write_text(json.dumps(asdict(so_far)))
        progress.with_suffix(".new").replace(progress)
        tell(so_far)

    left = histories_wanted - before.histories
    if left <= 0:
        return before
    return before.and_then(explore(left, processes, first + before.histories, keep, scripts))


def _chunk(scripts: Scripts, chunk: tuple[int, int]) -> tuple[int, int, list[int]]:
    steps, broken = 0, []
    for told in histories(*chunk, scripts):
        steps += told.steps
        if told.broken is not None:
            broken.append(told.seed)
    return chunk[1], steps, broken
