"""Histories with a budget: it holds what has no room, and is lifted, lowered and worked around
while things go wrong."""

from __future__ import annotations

import random

from tests.simulation.scheduler import Temper
from tests.simulation.script import Act, Apply, Deploy, Retry, Script, Stop, Sweep, Upload
from tests.simulation.study import PLAIN, RECORDINGS, TABLES, VERSIONED

LIMITED = ("one start a month", "another parameter, one start a month")
UNLIMITED = ("first", "another parameter")
FILES = ("raw/S1/V1.cwa", "raw/S2/V1.cwa")


def script(seed: int) -> Script:
    """Two recordings, of which a budget has room for one pipeline or two, and deployments."""
    pick = random.Random(seed)  # noqa: S311
    bucket = pick.choice((PLAIN, PLAIN, VERSIONED))
    acts: list[Act] = [Upload(bucket, key, pick.choice(RECORDINGS)) for key in FILES]
    acts += [_another(pick, bucket) for _ in range(pick.randrange(4))]
    pick.shuffle(acts)
    if pick.random() < 0.5:
        acts = [*acts, Deploy(UNLIMITED[0]), Deploy(pick.choice((UNLIMITED[1], *LIMITED)))]
    afterwards = [_afterwards(pick, bucket) for _ in range(pick.choice((0, 1, 3, 5)))]
    return Script(
        tuple(acts),
        _temper(pick),
        lossy=False,
        afterwards=tuple(afterwards),
        begins_with=pick.choice((*LIMITED, *UNLIMITED)),
        family="budget",
    )


def _another(pick: random.Random, bucket: str) -> Act:
    match pick.randrange(8):
        case 0 | 1 | 2 | 3:
            return _deploy(pick)
        case 4 | 5:
            return Upload(bucket, pick.choice(FILES), pick.choice(RECORDINGS))
        case 6:
            return Upload(bucket, "notes/a.csv", pick.choice(TABLES[:2]))
        case _:
            return pick.choice((Sweep(), Stop("ABORTED")))


def _afterwards(pick: random.Random, bucket: str) -> Act:
    match pick.randrange(6):
        case 0 | 1:
            return Apply()
        case 2:
            return Retry()
        case 3:
            return Upload(bucket, pick.choice(FILES), pick.choice(RECORDINGS))
        case _:
            return _deploy(pick)


def _deploy(pick: random.Random) -> Act:
    return Deploy(pick.choice(pick.choice((LIMITED, UNLIMITED))))


def _temper(pick: random.Random) -> Temper:
    faults = pick.choice((0, 1, 2, 5))
    return Temper(
        stay=pick.choice((0.3, 0.7, 0.9, 1.0)),
        stall=pick.choice((0.0, 0.0, 0.05)),
        fault=pick.choice((0.05, 0.2)) if faults else 0.0,
        faults=faults,
        slow=pick.choice(("", "start_execution", "commit")),
    )
