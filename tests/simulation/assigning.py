"""Histories with a device log: recordings that name a device, and who had it when."""

from __future__ import annotations

import random

from tests.simulation.deciding import temper
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
    TABLES,
    VERSIONED,
    WORN,
    WORN_DECISIONS,
    WORN_KEYS,
)

CONFIGURATIONS = ("by device log", "by device log, decided")
BUCKETS = (PLAIN, VERSIONED)


def script(seed: int) -> Script:
    """A recording, a device log, a height and now and then a decision; then corrections."""
    pick = random.Random(seed)  # noqa: S311
    acts: list[Act] = [_recording(pick), _log(pick), _height(pick)]
    configuration = pick.choice(CONFIGURATIONS)
    if configuration.endswith("decided"):
        acts.append(_decision(pick))
    pick.shuffle(acts)
    for _ in range(pick.randrange(5)):
        acts.insert(1 + pick.randrange(len(acts)), _another(pick))
    lossy, afterwards = pick.random() < 0.3, list[Act]()
    if pick.random() < 0.4:
        afterwards = [Withdraw("S1"), _another(pick), _log(pick)]
        afterwards += [Purge("evaluation")] * (2 * lossy)
    return Script(tuple(acts), temper(pick), lossy, tuple(afterwards), configuration, "device log")


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
