"""Histories in which a person withdraws while runs of theirs are at work."""

from __future__ import annotations

import random

from tests.simulation.scheduler import Temper
from tests.simulation.script import Act, Apply, Deploy, Retry, Script, Sweep, Upload, Withdraw
from tests.simulation.study import PLAIN, RECORDINGS, TABLES, VERSIONED

OURS, ANOTHERS = "raw/S1/V1.cwa", "raw/S2/V1.cwa"


def script(seed: int) -> Script:
    """A recording or two, perhaps with their metadata; and in the midst of it the withdrawal."""
    pick = random.Random(seed)  # noqa: S311
    bucket = pick.choice((PLAIN, VERSIONED))
    acts: list[Act] = [Upload(bucket, OURS, pick.choice(RECORDINGS))]
    acts += [_another(pick, bucket) for _ in range(pick.randrange(4))]
    pick.shuffle(acts)
    acts.insert(1 + pick.randrange(len(acts)), Withdraw("S1"))
    first = (Upload(bucket, OURS, pick.choice(RECORDINGS)),) if pick.random() < 0.3 else ()
    return Script(first, _temper(pick), lossy=False, afterwards=tuple(acts), family="withdrawal")


def _another(pick: random.Random, bucket: str) -> Act:
    match pick.randrange(6):
        case 0 | 1:
            return Upload(bucket, pick.choice((OURS, ANOTHERS)), pick.choice(RECORDINGS))
        case 2 | 3:
            return Upload(bucket, "notes/a.csv", pick.choice(TABLES))
        case 4:
            return pick.choice((Retry(), Apply(), Sweep()))
        case _:
            return Deploy("another parameter")


def _temper(pick: random.Random) -> Temper:
    faults = pick.choice((0, 0, 1, 3))
    return Temper(
        stay=pick.choice((0.7, 0.9, 1.0)),
        stall=pick.choice((0.0, 0.0, 0.05)),
        fault=0.08 if faults else 0.0,
        faults=faults,
        slow=pick.choice(("", "run", "head")),
    )
