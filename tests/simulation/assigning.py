"""Histories with a device log: recordings that name a device, and who had it when."""

from __future__ import annotations

import random

from tests.simulation.deciding import temper
from tests.simulation.history import History
from tests.simulation.remembered import remembering
from tests.simulation.scheduler import Broken
from tests.simulation.script import (
    Act,
    Delete,
    Deploy,
    Purge,
    Script,
    Stop,
    Sweep,
    Upload,
    Withdraw,
)
from tests.simulation.study import (
    DECISION_KEYS,
    DEVICE_LOGS,
    LOG_KEYS,
    METADATA_KEYS,
    PLAIN,
    STUDY,
    TABLES,
    VERSIONED,
    WORN,
    WORN_DECISIONS,
    WORN_KEYS,
    study_row,
)
from wearline.core.ledger import StudyRow

CONFIGURATIONS = ("by device log", "by device log, decided")
BUCKETS = (PLAIN, VERSIONED)


def tell(seed: int, *, traced: bool = False) -> tuple[Broken | None, History]:
    """The history of a seed, and the promise that it breaks, if any."""
    history = History(script(seed), seed, traced=traced)
    configuration = CONFIGURATIONS[seed % 2]
    history.ledger.rows[StudyRow][STUDY,] = study_row(configuration, 1)
    with remembering():
        try:
            history.run()
        except Broken as broken:
            return broken, history
    return None, history


def script(seed: int) -> Script:
    """A recording, a device log, a height and now and then a decision; then corrections."""
    pick = random.Random(seed)  # noqa: S311
    acts: list[Act] = [_recording(pick), _log(pick), _height(pick)]
    if CONFIGURATIONS[seed % 2].endswith("decided"):
        acts.append(_decision(pick))
    pick.shuffle(acts)
    for _ in range(pick.randrange(5)):
        acts.insert(1 + pick.randrange(len(acts)), _another(pick))
    lossy, afterwards = pick.random() < 0.3, list[Act]()
    if pick.random() < 0.4:
        afterwards = [Withdraw("S1"), _another(pick), _log(pick)]
        afterwards += [Purge("evaluation")] * (2 * lossy)
    return Script(tuple(acts), temper(pick), lossy, tuple(afterwards))


def _recording(pick: random.Random) -> Act:
    return Upload(pick.choice(BUCKETS), pick.choice(WORN_KEYS), pick.choice(WORN))


def _log(pick: random.Random) -> Act:
    return Upload(pick.choice(BUCKETS), pick.choice(LOG_KEYS), pick.choice(DEVICE_LOGS))


def _height(pick: random.Random) -> Act:
    return Upload(pick.choice(BUCKETS), pick.choice(METADATA_KEYS), pick.choice(TABLES))


def _decision(pick: random.Random) -> Act:
    return Upload(pick.choice(BUCKETS), pick.choice(DECISION_KEYS), pick.choice(WORN_DECISIONS))


def _another(pick: random.Random) -> Act:
    return pick.choice(
        (
            _log(pick),
            _log(pick),
            Delete(pick.choice(BUCKETS), pick.choice(LOG_KEYS)),
            _recording(pick),
            _recording(pick),
            Delete(pick.choice(BUCKETS), pick.choice(WORN_KEYS)),
            _height(pick),
            _decision(pick),
            Deploy(pick.choice((*CONFIGURATIONS, "first"))),
            Sweep(),
            Stop("ABORTED"),
        )
    )
