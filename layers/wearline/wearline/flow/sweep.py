"""The catalog: compare what S3 holds with the ledger, and hand on what differs.

A sweep changes no row. What it finds goes, as backlog, through the very path that an
upload takes; so a sweep may stop, begin again, or run twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from wearline.core.ledger import DISPOSITIONS, ObjectRow
from wearline.core.plans import canonical_json, execution_name
from wearline.core.problems import bucket_unreadable, scope_prefix
from wearline.core.reconciliation import Pair, finding, paired
from wearline.core.study import (
    DataFile,
    DataFiles,
    DecisionsFile,
    Ignored,
    MetadataFile,
    classify,
)
from wearline.flow.problems import close_ended, close_problems, open_problem
from wearline.flow.studies import DeployedStudy, close_configuration_problems
from wearline.ports import QueueName, StoreUnavailable, World

HANDED_ON = ("unknown", "changed", "gone", "reconfigured", "unsettled")


@dataclass(slots=True)
class Stretch:
    """What a stretch of a bucket came to; ``cursor`` is the last key when time was up."""

    counts: Counter[str] = field(default_factory=Counter)
    cursor: str | None = None


def readable_buckets(world: World, study: DeployedStudy) -> list[str]:
    """The study's buckets that can be swept. Each of the others is an open problem."""
    close_configuration_problems(world, study.name)
    names = [bucket.name for bucket in study.configuration.buckets]
    return [name for name in names if _is_readable(world, study, name)]


def _is_readable(world: World, study: DeployedStudy, bucket: str) -> bool:
    try:
        next(iter(world.store.list(study.row, bucket, "")), None)
    except StoreUnavailable as unavailable:
        missing, sentence = unavailable.missing, str(unavailable)
        open_problem(
            world, bucket_unreadable(study.name, bucket, missing=missing, sentence=sentence)
        )
        return False
    for kind in ("bucket_missing", "bucket_forbidden"):
        close_problems(world, study.name, scope_prefix(kind, bucket))
    return True


def sweep_bucket(
    world: World,
    study: DeployedStudy,
    bucket: str,
    cursor: str | None,
    has_time: Callable[[], bool],
) -> Stretch:
    """Sweep a bucket from a cursor on, for as long as there is time, in constant memory."""
    stretch = Stretch()
    handed_on = _HandOn(world, study, bucket)
    for pair in _pairs(world, study, bucket, cursor or ""):
        _count(stretch.counts, study, bucket, pair)
        found = finding(
            pair,
            configuration=study.row.configuration_sha256,
            now=world.clock.now(),
            settle_after=timedelta(minutes=study.configuration.catalog.settle_minutes),
        )
        stretch.counts[found] += 1
        if found in HANDED_ON:
            handed_on.add(pair)
        if pair.row is not None:
            stretch.counts["died"] += _report_died(world, study, pair.row)
        if not has_time():
            stretch.cursor = pair.key
            break
    handed_on.flush()
    return stretch


def _pairs(world: World, study: DeployedStudy, bucket: str, after: str) -> Iterator[Pair]:
    """Every key of the bucket but those of Wearline's own results, which no row is kept of."""
    results = study.configuration.results
    listed = world.store.list(study.row, bucket, "", after)
    own = results.prefix if results.bucket == bucket else None
    foreign = (file for file in listed if own is None or not file.key.startswith(own))
    return paired(foreign, world.ledger.objects(study.name, bucket, after))


def _count(counts: Counter[str], study: DeployedStudy, bucket: str, pair: Pair) -> None:
    """Both sums of the sweep: of the objects listed, and of the data files' pipelines."""
    if pair.listed is None:
        return
    counts["listed"] += 1
    match classify(study.configuration, bucket, pair.key):
        case DataFile(pattern):
            counts["data"] += 1
            _count_pipelines(counts, study.configuration.data_files()[pattern], pair.row)
        case MetadataFile():
            counts["metadata"] += 1
        case DecisionsFile():
            counts["decisions"] += 1
        case Ignored():
            counts["ignored"] += 1


def _count_pipelines(counts: Counter[str], pattern: DataFiles, row: ObjectRow | None) -> None:
    """The pipelines that are wanted of a data file, whether the ledger has them or not."""
    counts["pipelines"] += len(pattern.pipelines)
    for name in pattern.pipelines:
        pipeline = row.pipelines.get(name) if row else None
        if pipeline is not None:
            counts[f"pipelines_{pipeline.disposition}"] += 1


def _report_died(world: World, study: DeployedStudy, row: ObjectRow) -> int:
    """Runs that say running while their execution is gone died unheard; have them recorded."""
    died = [
        {"source": "wearline.catalog", "study": study.name, "execution": name}
        for name in _running(row)
        if not world.executions.is_running(name)
    ]
    if died:
        world.messages.send("died_executions", died)
    return len(died)


def _running(row: ObjectRow) -> Iterator[str]:
    for pipeline in row.pipelines.values():
        if pipeline.disposition == "running" and pipeline.run_id is not None:
            yield execution_name(pipeline.run_id, pipeline.attempt)


class _HandOn:
    """Sends what differs to the backlog queues, in batches."""

    def __init__(self, world: World, study: DeployedStudy, bucket: str) -> None:
        self._world, self._study, self._bucket = world, study, bucket
        self._held: dict[QueueName, list[dict[str, Any]]] = {}

    def add(self, pair: Pair) -> None:
        queue = self._queue(pair)
        self._held.setdefault(queue, []).append(
            {
                "source": "wearline.catalog",
                "study": self._study.name,
                "bucket": self._bucket,
                "key": pair.key,
            }
        )
        if len(self._held[queue]) >= 100:
            self.flush()

    def flush(self) -> None:
        for queue, bodies in self._held.items():
            self._world.messages.send(queue, bodies)
        self._held = {}

    def _queue(self, pair: Pair) -> QueueName:
        what = classify(self._study.configuration, self._bucket, pair.key)
        metadata = isinstance(what, MetadataFile | DecisionsFile)
        return "metadata_backlog" if metadata else "data_backlog"


def finish_sweep(
    world: World, study: DeployedStudy, sweep: str, buckets: list[dict[str, Any]]
) -> dict[str, Any]:
    """Sum up a sweep, and put the report beside the results, once for each sweep.

    Problems are looked over too: one that outlived its cause, since a worker died between
    ending the cause and closing it, ends here.
    """
    close_ended(world, study.name)
    summed = report(study.name, buckets)
    results = study.configuration.results
    key = f"{results.prefix}catalog/{sweep}.json"
    world.store.put_once(study.row, results.bucket, key, canonical_json(summed))
    return summed


def report(study: str, buckets: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums over all buckets: everything listed is one of its kinds, or there is a fault."""
    total: Counter[str] = Counter()
    for bucket in buckets:
        total.update(bucket["counts"])
    kinds = sum(total[kind] for kind in ("data", "metadata", "decisions", "ignored"))
    return {
        "study": study,
        "buckets": buckets,
        "listed": total["listed"],
        "recovered": total["unknown"] + total["changed"],
        "handed_on": sum(total[found] for found in HANDED_ON),
        "unaccounted": total["listed"] - kinds,
        "pipelines_wanted": total["pipelines"],
        "pipelines": {name: total[f"pipelines_{name}"] for name in DISPOSITIONS},
    }
