"""Tells of a broken promise: the seed, the shortest script that still breaks it, and a trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.simulation.history import Told, run
from tests.simulation.script import Script

SCHEDULES = 40
MOST_RUNS = 4000
READS = ("object(", "head(", "study(", "run(", "metadata(", "problem(", "_page(", "entities_of(")


def shortened(told: Told) -> Told:
    """The same promise broken by fewer acts, fewer faults and less interleaving."""
    assert told.broken is not None
    runs = 0
    shorter: Told | None = told
    while shorter is not None and runs < MOST_RUNS:
        told, shorter = shorter, None
        for script in _simpler(told.script):
            runs += SCHEDULES
            if shorter := _broken_alike(script, told):
                break
    return told


def _broken_alike(script: Script, told: Told) -> Told | None:
    assert told.broken is not None
    for seed in (told.seed, *range(SCHEDULES)):
        again = run(script, seed)
        if again.broken is not None and again.broken.promise == told.broken.promise:
            return again
    return None


def _simpler(script: Script) -> Iterator[Script]:
    for index in range(len(script.acts)):
        yield replace(script, acts=script.acts[:index] + script.acts[index + 1 :])
    for index in range(len(script.afterwards)):
        fewer = script.afterwards[:index] + script.afterwards[index + 1 :]
        yield replace(script, afterwards=fewer)
    temper = script.temper
    if script.lossy:
        yield replace(script, lossy=False)
    if temper.faults:
        yield replace(script, temper=replace(temper, faults=temper.faults - 1))
    if temper.stall:
        yield replace(script, temper=replace(temper, stall=0.0))
    if temper.slow:
        yield replace(script, temper=replace(temper, slow=""))
    if temper.stay < 1:
        yield replace(script, temper=replace(temper, stay=1.0))


def report(told: Told) -> str:
    """What a person reads of a broken promise."""
    assert told.broken is not None
    short = shortened(told)
    traced = run(short.script, short.seed, traced=True)
    assert traced.broken is not None
    every = (*short.script.acts, "afterwards", *short.script.afterwards)
    acts = "\n".join(f"    {act}" for act in every)
    trace = "\n".join(line for line in traced.trace if not _reads(line))
    return (
        f"Seed {told.seed} broke the promise that {told.broken.promise}.\n"
        f"To run it: python -m tests.simulation --family '{told.script.family}'"
        f" --seed {told.seed}\n"
        f"{traced.broken.detail}\n\n"
        f"Shortest script found (schedule {short.seed}, {short.script.temper},"
        f" lossy={short.script.lossy}):\n{acts}\n\n{trace}\n"
    )


def _reads(line: str) -> bool:
    return line[16:].startswith(READS)
