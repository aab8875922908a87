"""The stream of the metadata table, and the function that reads it."""

from __future__ import annotations

from tests.simulation.ledger import SimulatedLedger
from tests.simulation.scheduler import Outcome
from wearline.flow.arrivals import metadata_changed
from wearline.ports import World

MOST_STREAM_TRIES = 5


class Stream:
    """The metadata table's stream: in order for each subject, tried again until it succeeds."""

    def __init__(self, world: World, ledger: SimulatedLedger) -> None:
        self._world, self._scheduler = world, ledger.scheduler
        self._records = ledger.stream
        self.parked = 0
        self._busy: set[str] = set()
        self._failures: dict[str, int] = {}

    def ready(self) -> bool:
        return any(records and shard not in self._busy for shard, records in self._records.items())

    def act(self) -> None:
        free = [shard for shard, records in self._records.items() if records]
        shard = self._scheduler.random.choice([each for each in free if each not in self._busy])
        change = self._records[shard][0]
        self._busy.add(shard)
        world = self._world

        def ended(outcome: Outcome) -> None:
            self._busy.remove(shard)
            self._ended(shard, outcome)

        work = lambda: metadata_changed(world, change.study, change.subject)  # noqa: E731
        self._scheduler.start(f"wake-{shard}", work, ended)

    def _ended(self, shard: str, outcome: Outcome) -> None:
        if outcome.error is not None:
            self._failures[shard] = self._failures.get(shard, 0) + 1
            if self._failures[shard] <= MOST_STREAM_TRIES:
                return
            self.parked += 1
        self._failures[shard] = 0
        if outcome.error is None and self._scheduler.misfortune():
            return  # Lambda never told the stream; the record comes again.
        self._records[shard].popleft()
