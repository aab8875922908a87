"""Which runs of a study count, from the ledger: every verdict beside where its file stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from wearline.core.ledger import RESULT_SHARDS, ObjectRow, PipelineRow, ResultRow
from wearline.core.study import StudyConfiguration

RECORD = "run.json"


@dataclass(frozen=True, slots=True)
class Run:
    """A run with a verdict. ``folder`` is the prefix of the attempt that counts, with its slash.

    ``standing`` is a word of the ledger: the disposition where the file's row still names the
    run (``succeeded``, ``failed``), else what became of it (``superseded``, ``deleted``,
    ``excluded``). Only a run that ``succeeded`` counts.
    """

    run_id: str
    bucket: str
    folder: str
    etag: str
    standing: str
    stale: bool = False

    @property
    def counts(self) -> bool:
        return self.standing == "succeeded"

    @property
    def attempt(self) -> str:
        return self.folder.rstrip("/").rpartition("/")[2]


class Ledger(Protocol):
    """What of ``wearline.ports.Ledger`` is read here."""

    def objects(self, study: str, bucket: str) -> Iterator[ObjectRow]: ...
    def results(self, study: str, shard: int) -> Iterator[ResultRow]: ...


def counted(ledger: Ledger, study: StudyConfiguration) -> tuple[list[ObjectRow], list[Run]]:
    """The objects of a study, and every run that has a verdict, in order of the run ids.

    The ledger is read by partitions, which are asked for at the same time. Runs of a subject
    who has withdrawn are in no partition any more.
    """
    buckets = [bucket.name for bucket in study.buckets]
    with ThreadPoolExecutor(RESULT_SHARDS) as pool:
        objects = pool.map(lambda bucket: list(ledger.objects(study.study, bucket)), buckets)
        shards = pool.map(
            lambda shard: list(ledger.results(study.study, shard)), range(RESULT_SHARDS)
        )
        rows = [row for one in objects for row in one]
        verdicts = [row for shard in shards for row in shard]
    return rows, list(_joined(verdicts, _standings(rows)))


def _standings(rows: Iterable[ObjectRow]) -> dict[str, tuple[str, bool]]:
    """By run: how it stands, and whether it is stale."""
    found: dict[str, tuple[str, bool]] = {}
    for row in rows:
        for pipeline in row.pipelines.values():
            found.update(_of_pipeline(row, pipeline))
    return found


def _of_pipeline(row: ObjectRow, pipeline: PipelineRow) -> Iterator[tuple[str, tuple[str, bool]]]:
    for past in pipeline.past:
        yield past.run_id, ("superseded", False)
    if pipeline.run_id is not None:
        yield pipeline.run_id, (pipeline.shown, pipeline.overtaken is not None)
    elif row.deleted and pipeline.past:
        # What a deleted file had last is in its past, as all of it is.
        yield pipeline.past[-1].run_id, ("deleted", False)


def _attempt_of(row: ResultRow) -> tuple[int, ...]:
    """The numbers of attempt and try: attempt 10 comes after attempt 9."""
    return tuple(int(part) for part in row.key.rsplit("/", 2)[1].split("."))


def _joined(
    verdicts: Iterable[ResultRow], standings: Mapping[str, tuple[str, bool]]
) -> Iterator[Run]:
    # A run that was tried again has a verdict for each attempt; the last one is its own.
    in_time = sorted(verdicts, key=_attempt_of)
    last = {row.run_id: row for row in in_time}
    for row in sorted(last.values(), key=lambda row: row.run_id):
        standing, stale = standings.get(row.run_id, ("superseded", False))
        folder = row.key.removesuffix(RECORD)
        yield Run(row.run_id, row.bucket, folder, row.etag, standing, stale)
