"""What was committed as a result is still there, as it was: the listing beside the ledger.

What the ledger holds is listed on the way, for the audit trail (``core.run_records``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Protocol

from wearline.core.ledger import RESULT_SHARDS, FileVersion, ResultRow
from wearline.core.problems import result_altered, result_missing
from wearline.core.reconciliation import Pair, paired, result_finding
from wearline.core.run_records import MOST_LISTED, list_key, records_list
from wearline.core.sections import Section
from wearline.flow.problems import open_problem
from wearline.flow.studies import DeployedStudy
from wearline.ports import World

RECORD = "/run.json"


class Stretch(Protocol):
    """See ``wearline.flow.sweep.Stretch``."""

    counts: Counter[str]
    cursor: str | None

    def note(self, bucket: str, key: str, found: str) -> None: ...


class Records:
    """Puts lists of run records beside the results, for the entry of the sweep to name."""

    def __init__(self, world: World, study: DeployedStudy, sweep: str) -> None:
        self._world, self._study, self._sweep = world, study, sweep
        self._held: list[ResultRow] = []

    def add(self, row: ResultRow) -> None:
        self._held.append(row)
        if len(self._held) >= MOST_LISTED:
            self.flush()

    def flush(self) -> None:
        if self._held:
            results = self._study.configuration.results
            content = records_list(self._held, results.prefix)
            key = f"{results.prefix}{list_key(self._sweep, content)}"
            self._world.store.put_once(self._study.row, results.bucket, key, content)
            self._held = []


def sweep_results(
    world: World,
    study: DeployedStudy,
    section: Section,
    cursor: str,
    has_time: Callable[[], bool],
    stretch: Stretch,
    records: Records,
) -> None:
    """Open a problem for each ``run.json`` that is missing or altered. HEAD decides."""
    for pair in _pairs(world, study, section.shard, cursor):
        if pair.row is not None:
            records.add(pair.row)
            stretch.counts["results"] += 1
            if result_finding(pair) != "sound":
                found = tell_result(world, study, pair.row)
                stretch.counts[f"results_{found}"] += 1
                if found != "sound":
                    stretch.note(pair.row.bucket, pair.key, found)
        if not has_time():
            stretch.cursor = pair.key
            break
    records.flush()


def tell_result(world: World, study: DeployedStudy, row: ResultRow) -> str:
    """Look at one result; a problem unless it is sound."""
    now = world.store.head(study.row, row.bucket, row.key)
    found = result_finding(Pair(row.key, now, row))
    if found == "missing":
        open_problem(world, result_missing(study.name, row))
    elif found == "altered":
        open_problem(world, result_altered(study.name, row))
    return found


def _pairs(
    world: World, study: DeployedStudy, shard: int, cursor: str
) -> Iterator[Pair[ResultRow]]:
    runs = f"{study.configuration.results.prefix}runs/"
    after = cursor or f"{runs}{shard * 16 // RESULT_SHARDS:x}"
    end = f"{runs}{(shard + 1) * 16 // RESULT_SHARDS:x}" if shard + 1 < RESULT_SHARDS else None
    listed = world.store.list(study.row, study.configuration.results.bucket, runs, after)
    if end is not None:
        listed = takewhile(lambda file: file.key < end, listed)
    return paired(filter(_is_record, listed), world.ledger.results(study.name, shard, cursor))


def _is_record(file: FileVersion) -> bool:
    return file.key.endswith(RECORD)
