"""How a study stands: its files by disposition, read from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from wearline.aws.ledger import DynamoLedger
from wearline.core.ledger import DISPOSITIONS, ObjectRow, PipelineRow, RunRow
from wearline.core.lifecycle import is_held
from wearline.core.study import StudyConfiguration
from wearline.ports import Ledger


@dataclass(frozen=True, slots=True)
class FileStanding:
    """One line of the status: a file, or a file and one of its pipelines."""

    bucket: str
    key: str
    kind: str
    pipeline: str | None
    state: str
    since: str
    reason: str
    run_id: str | None = None
    stale: str | None = None


@dataclass(slots=True)
class StudyStanding:
    """The counts of a study. ``dispositions`` counts data files by pipelines."""

    kinds: Counter[str] = field(default_factory=Counter)
    dispositions: Counter[str] = field(default_factory=Counter)
    stale: int = 0
    held: int = 0
    past: int = 0
    oldest_waiting: FileStanding | None = None

    @property
    def quiet(self) -> bool:
        """True when nothing is on its way: no start is due and nothing runs."""
        return not self.dispositions["ready"] and not self.dispositions["running"]

    def as_json(self) -> dict[str, object]:
        return {
            "objects": dict(self.kinds),
            "pipelines": {name: self.dispositions[name] for name in DISPOSITIONS},
            "held": self.held,
            "stale": self.stale,
            "superseded": self.past,
        }


def rows(ledger: Ledger, study: StudyConfiguration) -> Iterator[ObjectRow]:
    """Every row of a study, bucket by bucket, in order of the keys."""
    for bucket in study.buckets:
        yield from ledger.objects(study.study, bucket.name)


def runs_of(ledger: DynamoLedger, rows: Iterable[ObjectRow]) -> dict[str, RunRow]:
    """The runs that rows name today, by their ids."""
    named = (each.run_id for row in rows for each in row.pipelines.values() if each.run_id)
    return {run.run_id: run for run in ledger.runs(named)}


def files(rows: Iterable[ObjectRow]) -> Iterator[FileStanding]:
    """A line for each file and pipeline; one for a file that has none."""
    for row in rows:
        if row.pipelines and not row.deleted:
            yield from (_of_pipeline(row, name, each) for name, each in row.pipelines.items())
        else:
            yield _of_file(row)


def standing(rows: Iterable[ObjectRow]) -> StudyStanding:
    """Sum up a study's rows."""
    summed = StudyStanding()
    for row in rows:
        summed.kinds["deleted" if row.deleted else row.kind] += 1
        for name, pipeline in row.pipelines.items():
            summed.past += len(pipeline.past)
            if row.deleted:
                continue
            summed.dispositions[pipeline.shown] += 1
            summed.stale += pipeline.overtaken is not None
            summed.held += is_held(pipeline)
            if pipeline.disposition == "waiting":
                summed.oldest_waiting = _older(
                    summed.oldest_waiting, _of_pipeline(row, name, pipeline)
                )
    return summed


def _older(one: FileStanding | None, other: FileStanding) -> FileStanding:
    return other if one is None or other.since < one.since else one


def _of_pipeline(row: ObjectRow, name: str, pipeline: PipelineRow) -> FileStanding:
    return FileStanding(
        bucket=row.bucket,
        key=row.key,
        kind=row.kind,
        pipeline=name,
        state=pipeline.shown,
        since=pipeline.since,
        reason=pipeline.why,
        run_id=pipeline.run_id,
        stale=pipeline.overtaken.sentence if pipeline.overtaken else None,
    )


def _of_file(row: ObjectRow) -> FileStanding:
    taken = row.acceptance
    if row.deleted:
        state, reason = "deleted", "It is no longer in the bucket."
    elif row.kind == "metadata" and taken is not None and row.values_settled:
        state = "accepted" if not taken.rejected else "partly accepted"
        reason = f"{taken.accepted} of {taken.rows} rows count."
    else:
        state, reason = row.kind, _said(row)
    return FileStanding(row.bucket, row.key, row.kind, None, state, row.arrived, reason)


def _said(row: ObjectRow) -> str:
    return row.reason.sentence if row.reason else ""
