"""What people and the world do in a history, drawn from its seed.

Each history allows only some kinds of trouble and touches only a few keys, so that what it
does allow comes together often.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.simulation.queues import NAMES
from tests.simulation.scheduler import Temper
from tests.simulation.study import (
    CONFIGURATIONS,
    DATA_KEYS,
    METADATA_KEYS,
    OTHER_KEYS,
    PLAIN,
    RECORDINGS,
    TABLES,
    UNREADABLE,
    VERSIONED,
)

CALLS = (
    "commit", "put_waiting", "metadata", "head", "read", "put_once", "run", "object",
    "start_execution", "send_message_batch", "_list_entity", "_put_metadata", "_page",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    bucket: str
    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delete:
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Deploy:
    """A configuration takes the place of another; a sweep follows, as after a deployment."""

    configuration: str


@dataclass(frozen=True, slots=True)
class Sweep:
    pass


@dataclass(frozen=True, slots=True)
class Purge:
    queue: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody, or a limit, stops an execution."""

    status: str


@dataclass(frozen=True, slots=True)
class Forbid:
    """A bucket may not be read for a while."""

    bucket: str


@dataclass(frozen=True, slots=True)
class Allow:
    bucket: str


@dataclass(frozen=True, slots=True)
class Expire:
    """Noncurrent versions are removed for ever."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Apply:
    """Somebody makes a plan for every stale result and applies it at once."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Somebody retries every failed run."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """Somebody has every dead letter tried again."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A person withdraws."""

    subject: str


Act = (
    Apply
    | Withdraw
    | Retry
    | Redrive
    | Upload
    | Delete
    | Deploy
    | Sweep
    | Purge
    | Stop
    | Forbid
    | Allow
    | Expire
)


@dataclass(frozen=True, slots=True)
class Script:
    """A history, but for the scheduler's choices.

    ``lossy``: events may be lost, and messages purged. Only a sweep can make up for it.
    ``afterwards``: what people do when it has become quiet, and not one after the other.
    ``begins_with``: the configuration that is deployed. ``family``: see ``families``.
    """

    acts: tuple[Act, ...]
    temper: Temper
    lossy: bool
    afterwards: tuple[Act, ...] = ()
    begins_with: str = "first"
    family: str = "general"

    @property
    def loses(self) -> bool:
        """Whether messages may be lost, or a deployment's sweep have nothing to go by."""
        return self.lossy or any(
            isinstance(act, Purge | Forbid) or act == Deploy(UNREADABLE)
            for act in (*self.acts, *self.afterwards)
        )

    @property
    def needs_sweep(self) -> bool:
        """Whether events alone cannot be expected to settle everything."""
        acts = (*self.acts, *self.afterwards)
        return self.lossy or any(isinstance(act, Deploy | Purge | Forbid) for act in acts)


def script(seed: int) -> Script:
    """The script of a seed, the same for ever."""
    return _Author(random.Random(seed)).script()  # noqa: S311


class _Author:
    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._buckets = source.choice([(PLAIN,), (PLAIN,), (VERSIONED,), (PLAIN, VERSIONED)])
        self._data = source.sample(DATA_KEYS, source.choice((1, 1, 1, 2)))
        self._metadata = source.sample(METADATA_KEYS, source.choice((0, 1, 1, 1, 2)))
        self._tables = source.sample(TABLES, 2)
        self._other = source.choice(((), (), (), OTHER_KEYS))

    def script(self) -> Script:
        written = self._written()
        if self._random.random() < 0.8:
            return written
        return replace(written, afterwards=tuple(self._afterwards()))

    def _afterwards(self) -> list[Act]:
        """Results are replaced and runs retried, while more comes in."""
        pick = self._random
        edit = Deploy(pick.choice(("another parameter", "first")))
        acts: list[Act] = [pick.choice((Apply(), Apply(), Retry(), Redrive(), Withdraw("S1")))]
        for other in (edit, self._upload(), Apply(), Retry()):
            if pick.random() < 0.4:
                acts.insert(pick.randrange(len(acts) + 1), other)
        return acts

    def _written(self) -> Script:
        pick = self._random
        if pick.random() < 0.5:
            return Script(tuple(self._scene()), self._temper(), lossy=False)
        lossy = pick.random() < 0.4
        acts = [self._upload(), *(self._act(lossy=lossy) for _ in range(pick.randrange(5)))]
        if pick.random() < 0.15:
            acts = self._with_an_edit(acts)
        if pick.random() < 0.04:
            acts = self._with_a_closed_bucket(acts)
        return Script(tuple(acts), self._temper(), lossy)

    def _scene(self) -> list[Act]:
        """What is known to be delicate, and now and then one act more."""
        scene = self._random.choice((self._meeting, self._correcting, self._overwriting))
        acts = scene()
        if self._random.random() < 0.3:
            acts.insert(self._random.randrange(len(acts) + 1), self._act(lossy=False))
        return acts

    def _meeting(self) -> list[Act]:
        """A recording, and a value that it waits for, at about the same time."""
        acts: list[Act] = [self._recording(), self._table(self._random.choice(METADATA_KEYS))]
        self._random.shuffle(acts)
        return acts

    def _correcting(self) -> list[Act]:
        """A value is corrected, or withdrawn, while a recording comes."""
        first = self._table(self._random.choice(METADATA_KEYS))
        acts: list[Act] = [first, self._again(first, TABLES)]
        acts.insert(self._random.randrange(3), self._recording())
        return acts

    def _overwriting(self) -> list[Act]:
        """One recording is uploaded again and again, or deleted."""
        first = self._recording()
        return [
            first,
            *(self._again(first, RECORDINGS) for _ in range(self._random.choice((1, 2)))),
        ]

    def _again(self, upload: Upload, contents: Sequence[bytes]) -> Act:
        if self._random.random() < 0.4:
            return Delete(upload.bucket, upload.key)
        return replace(upload, content=self._random.choice(contents))

    def _recording(self) -> Upload:
        pick = self._random
        return Upload(pick.choice(self._buckets), "raw/S1/V1.cwa", pick.choice(RECORDINGS))

    def _table(self, key: str) -> Upload:
        """A table with the height of S1."""
        return Upload(self._random.choice(self._buckets), key, self._random.choice(TABLES[:2]))

    def _temper(self) -> Temper:
        pick = self._random
        faults = pick.choice((0, 0, 1, 2, 5))
        return Temper(
            stay=pick.choice((0.3, 0.7, 0.9, 1.0)),
            stall=pick.choice((0.0, 0.0, 0.02, 0.1)),
            fault=pick.choice((0.03, 0.15)) if faults else 0.0,
            faults=faults,
            refusal=pick.choice((0.0, 0.0, 0.3)),
            slow=pick.choice(("", "", "", *CALLS)),
        )

    def _act(self, *, lossy: bool) -> Act:
        pick = self._random
        chance = pick.random()
        if chance < 0.70:
            return self._upload()
        if chance < 0.82:
            return Delete(pick.choice(self._buckets), pick.choice(self._keys()))
        if chance < 0.90:
            return Sweep()
        if chance < 0.94:
            return Stop(pick.choice(("ABORTED", "TIMED_OUT", "FAILED")))
        if chance < 0.96:
            return Expire(pick.choice(self._buckets), pick.choice(self._keys()))
        return Purge(pick.choice(NAMES)) if lossy else self._upload()

    def _keys(self) -> list[str]:
        return [*self._data, *self._metadata, *self._other]

    def _upload(self) -> Upload:
        pick = self._random
        key = pick.choice(self._keys())
        contents = self._tables if key in self._metadata else RECORDINGS
        return Upload(pick.choice(self._buckets), key, pick.choice(contents))

    def _with_an_edit(self, acts: list[Act]) -> list[Act]:
        pick = self._random
        names = [*CONFIGURATIONS, UNREADABLE] if pick.random() < 0.1 else [*CONFIGURATIONS]
        for _ in range(pick.choice((1, 1, 2))):
            acts.insert(1 + pick.randrange(len(acts)), Deploy(pick.choice(names)))
        if any(act == Deploy(UNREADABLE) for act in acts):
            acts.append(Deploy("first"))
        return acts

    def _with_a_closed_bucket(self, acts: list[Act]) -> list[Act]:
        bucket = self._random.choice(self._buckets)
        acts.insert(self._random.randrange(len(acts)), Forbid(bucket))
        return [*acts, Allow(bucket)]
