"""Histories with a budget: it holds what has no room, and is lifted, lowered and worked around
while things go wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.simulation.history import History
from tests.simulation.remembered import remembering
from tests.simulation.scheduler import Broken, Temper
from tests.simulation.script import Act, Apply, Deploy, Retry, Script, Stop, Sweep, Upload
from tests.simulation.study import PLAIN, RECORDINGS, STUDY, TABLES, VERSIONED, study_row
from wearline.core.ledger import StudyRow

LIMITED = ("one start a month", "another parameter, one start a month")
UNLIMITED = ("first", "another parameter")
FILES = ("raw/S1/V1.cwa", "raw/S2/V1.cwa")


def tell(seed: int, *, traced: bool = False) -> tuple[Broken | None, History]:
    """The history of a seed, and the promise that it breaks, if any."""
    pick = random.Random(seed)  # noqa: S311
    history = History(script(pick), seed, traced=traced)
    first = pick.choice((*LIMITED, *UNLIMITED))
    history.ledger.rows[StudyRow][STUDY,] = study_row(first, 1)
    with remembering():
        try:
            history.run()
        except Broken as broken:
            return broken, history
    return None, history


def broken_promises(first: int, count: int) -> Iterator[tuple[int, Broken]]:
    """The histories among these seeds that break a promise, each with the first it breaks."""
    for seed in range(first, first + count):
        broken, history = tell(seed)
        history.take_apart()
        if broken is not None:
            yield seed, broken


def script(pick: random.Random) -> Script:
    """Two recordings, of which a budget has room for one pipeline or two, and deployments."""
    bucket = pick.choice((PLAIN, PLAIN, VERSIONED))
    acts: list[Act] = [Upload(bucket, key, pick.choice(RECORDINGS)) for key in FILES]
    acts += [_another(pick, bucket) for _ in range(pick.randrange(4))]
    pick.shuffle(acts)
    if pick.random() < 0.5:
        acts = [*acts, Deploy(UNLIMITED[0]), Deploy(pick.choice((UNLIMITED[1], *LIMITED)))]
    afterwards = [_afterwards(pick, bucket) for _ in range(pick.choice((0, 1, 3, 5)))]
    return Script(tuple(acts), _temper(pick), lossy=False, afterwards=tuple(afterwards))


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
