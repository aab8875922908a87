"""Histories with decisions: recordings, their metadata, and a data manager's word on them."""

from __future__ import annotations

import random

from tests.simulation.scheduler import Temper
from tests.simulation.script import Act, Delete, Script, Stop, Sweep, Upload
from tests.simulation.study import (
    DECISION_KEYS,
    DECISIONS,
    METADATA_KEYS,
    PLAIN,
    RECORDINGS,
    TABLES,
    VERSIONED,
)

CONFIGURATION = "with decisions"


def script(seed: int) -> Script:
    """A few uploads around one decisions file, which is corrected or withdrawn now and then."""
    pick = random.Random(seed)  # noqa: S311
    bucket = pick.choice((PLAIN, VERSIONED))
    decisions = Upload(bucket, pick.choice(DECISION_KEYS), pick.choice(DECISIONS))
    acts: list[Act] = [
        Upload(bucket, "raw/S1/V1.cwa", pick.choice(RECORDINGS)),
        decisions,
        Upload(pick.choice((PLAIN, VERSIONED)), pick.choice(METADATA_KEYS), pick.choice(TABLES)),
    ]
    pick.shuffle(acts)
    acts += [_another(pick, decisions) for _ in range(pick.randrange(4))]
    return Script(
        tuple(acts), temper(pick), lossy=False, begins_with=CONFIGURATION, family="decisions"
    )


def _another(pick: random.Random, decisions: Upload) -> Act:
    match pick.randrange(7):
        case 0 | 1:
            return Upload(decisions.bucket, decisions.key, pick.choice(DECISIONS))
        case 2:
            return Delete(decisions.bucket, decisions.key)
        case 3:
            return Upload(decisions.bucket, pick.choice(DECISION_KEYS), pick.choice(DECISIONS))
        case 4:
            return Delete(decisions.bucket, "raw/S1/V1.cwa")
        case 5:
            return Upload(decisions.bucket, "raw/S1/V1.cwa", pick.choice(RECORDINGS))
        case _:
            return pick.choice((Sweep(), Stop("ABORTED")))


def temper(pick: random.Random) -> Temper:
    faults = pick.choice((0, 0, 1, 3))
    return Temper(
        stay=pick.choice((0.3, 0.7, 0.9, 1.0)),
        stall=pick.choice((0.0, 0.05, 0.2)),
        fault=0.08 if faults else 0.0,
        faults=faults,
        refusal=pick.choice((0.0, 0.0, 0.3)),
    )
