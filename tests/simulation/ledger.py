"""The ledger in memory: conditional commits, pages, and the stream of the metadata table."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from tests.simulation.scheduler import Scheduler, effect
from tests.simulation.shown import shown
from wearline.core.ledger import (
    ChargeRow,
    Entity,
    LeaseRow,
    MetadataRow,
    ObjectRow,
    ProblemRow,
    ResultRow,
    RunRow,
    SpentRow,
    StudyRow,
    TombstoneRow,
    WaitingRow,
    result_shard,
)
from wearline.core.withdrawal import Withdrawn, is_of, tombstone, without
from wearline.ports import Check, Put, RevisedRow, RowChanged

Row = TypeVar("Row")
Key = tuple[Any, ...]
PAGE = 3


class Witness(Protocol):
    """Sees every commit, with the rows that it replaces."""

    def committed(self, before: RevisedRow | None, after: RevisedRow) -> None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """A record of the metadata table's stream."""

    study: str
    subject: str
    sequence: int


class SimulatedLedger:
    """See ``wearline.ports.Ledger``."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.witness: Witness | None = None
        self.rows: dict[type[RevisedRow], dict[Key, RevisedRow]] = defaultdict(dict)
        self.waiting_rows: dict[Key, dict[Key, WaitingRow]] = defaultdict(dict)
        self.waiting_since: dict[WaitingRow, int] = {}
        self.metadata_rows: dict[Key, dict[Key, MetadataRow]] = defaultdict(dict)
        self.listed: dict[Key, dict[Entity, None]] = defaultdict(dict)
        self.stream: dict[str, deque[Change]] = defaultdict(deque)
        self.writes = 0

    @effect
    def object(self, study: str, bucket: str, key: str) -> ObjectRow | None:
        return self._stored(ObjectRow, (study, bucket, key))

    def objects(
        self, study: str, bucket: str, after: str = "", until: str = ""
    ) -> Iterator[ObjectRow]:
        def rows() -> list[tuple[bytes, ObjectRow]]:
            return sorted(
                (key[2].encode(), row)
                for key, row in self.rows[ObjectRow].items()
                if isinstance(row, ObjectRow) and key[:2] == (study, bucket)
                if not until or key[2].encode() <= until.encode()
            )

        return self._pages(rows, after.encode())

    @effect
    def run(self, run_id: str) -> RunRow | None:
        return self._stored(RunRow, (run_id,))

    def runs(self, run_ids: Iterable[str]) -> Iterator[RunRow]:
        return (row for row in map(self.run, run_ids) if row is not None)

    @effect
    def study(self, study: str) -> StudyRow | None:
        return self._stored(StudyRow, (study,))

    @effect
    def problem(self, study: str, problem_id: str) -> ProblemRow | None:
        return self._stored(ProblemRow, (study, problem_id))

    def results(self, study: str, shard: int, after: str = "") -> Iterator[ResultRow]:
        def rows() -> list[tuple[bytes, ResultRow]]:
            return sorted(
                (row.key.encode(), row)
                for row in self.rows[ResultRow].values()
                if isinstance(row, ResultRow) and result_shard(row.run_id) == shard
            )

        return self._pages(rows, after.encode())

    @effect
    def charge(self, run_id: str, attempt: int) -> ChargeRow | None:
        return self._stored(ChargeRow, (run_id, attempt))

    @effect
    def spent(self, study: str, month: str) -> Iterator[SpentRow]:
        rows = self.rows[SpentRow].items()
        return iter([row for key, row in rows if key[:2] == (study, month)])  # type: ignore[misc]

    @effect
    def tombstones(self, study: str) -> frozenset[str]:
        return frozenset(key[1] for key in self.rows[TombstoneRow] if key[0] == study)

    @effect
    def lease(self, study: str) -> LeaseRow | None:
        return self._stored(LeaseRow, (study,))

    def problems(self, study: str, prefix: str = "", after: str = "") -> Iterator[ProblemRow]:
        def rows() -> list[tuple[bytes, ProblemRow]]:
            return sorted(
                (key[1].encode(), row)
                for key, row in self.rows[ProblemRow].items()
                if isinstance(row, ProblemRow) and key[0] == study and key[1].startswith(prefix)
            )

        return self._pages(rows, after.encode())

    @effect
    def commit(self, *writes: Put | Check) -> None:
        if len({_key(write.row) for write in writes}) < len(writes):
            raise ValueError("A transaction must not name one item twice (TransactWriteItems).")
        if len(writes) > 1 and self.scheduler.misfortune():
            raise RowChanged("TransactionConflict: another transaction was at it")
        for write in writes:
            if not self._stands(write.row):
                raise RowChanged(f"{shown(write.row)} is not what is stored")
        for write in writes:
            if isinstance(write, Put):
                self._put(write.row)
        if len(writes) == 1 and self.scheduler.misfortune():
            # The answer was lost; the client tried again and met its own write.
            raise RowChanged("the condition failed at the second try")

    def _stands(self, row: RevisedRow | MetadataRow) -> bool:
        if isinstance(row, MetadataRow):
            said = self.metadata_rows[row.study, row.subject].get(_metadata_key(row))
            return said is not None and not said.withdrawn and said.source_rev == row.source_rev
        stored = self.rows[type(row)].get(_key(row)[1:])
        return (stored.rev if stored else 0) == row.rev

    def _put(self, row: RevisedRow) -> None:
        table, key = self.rows[type(row)], _key(row)[1:]
        before, after = table.get(key), replace(row, rev=row.rev + 1)
        table[key] = after
        self.writes += not isinstance(row, LeaseRow)
        if self.witness is not None:
            self.witness.committed(before, after)

    @effect
    def put_waiting(self, row: WaitingRow) -> None:
        self.waiting_rows[row.study, row.subject][row.bucket, row.key, row.pipeline] = row
        self.waiting_since.setdefault(row, self.scheduler.steps)

    def waiting(self, study: str, subject: str) -> Iterator[WaitingRow]:
        return self._pages(lambda: sorted(self.waiting_rows[study, subject].items()), ())

    @effect
    def metadata(self, study: str, subject: str) -> list[MetadataRow]:
        return list(self.metadata_rows[study, subject].values())

    @effect
    def forget(self, study: str, subject: str, files: set[tuple[str, str]]) -> list[str]:
        """Remove what is held of a subject and its files, as its withdrawal does; the runs."""
        runs = self.rows[RunRow]
        row = self.rows[StudyRow][study,]
        assert isinstance(row, StudyRow)
        names = Withdrawn(row.salt).names(subject)
        gone = [
            run.run_id
            for run in runs.values()
            if isinstance(run, RunRow) and is_of(run, names, files)
        ]
        results = self.rows[ResultRow]
        for run_id in gone:
            del runs[run_id,]
        for key in [key for key, row in results.items() if getattr(row, "run_id", "") in gone]:
            del results[key]
        problems = self.rows[ProblemRow]
        for key in [
            key
            for key, row in problems.items()
            if isinstance(row, ProblemRow) and (subject in row.about or row.about[:2] in files)
        ]:
            del problems[key]
        self.metadata_rows.pop((study, subject), None)
        withdrawn = Withdrawn(row.salt, frozenset([tombstone(row.salt, subject)]))
        for said in list(self.metadata_rows.values()):
            for each in list(said.values()):
                self._write_metadata(without(each, withdrawn))
        self.waiting_rows.pop((study, subject), None)
        for entities in self.listed.values():
            for entity in [each for each in entities if each[0] == subject]:
                del entities[entity]
        return gone

    def list_entities(self, rows: Iterable[MetadataRow]) -> None:
        for row in self._in_any_order(rows):
            self._list_entity(row)

    def put_metadata(self, rows: Iterable[MetadataRow]) -> None:
        for row in self._in_any_order(rows):
            self._put_metadata(row)

    def _in_any_order(self, rows: Iterable[MetadataRow]) -> list[MetadataRow]:
        """They are written in parallel, and a crash leaves any of them out."""
        shuffled = list(rows)
        self.scheduler.random.shuffle(shuffled)
        return shuffled

    @effect
    def _list_entity(self, row: MetadataRow) -> None:
        self.listed[row.study, row.source.bucket, row.source.key][row.entity] = None

    @effect
    def _put_metadata(self, row: MetadataRow) -> None:
        self._write_metadata(row)

    def _write_metadata(self, row: MetadataRow) -> None:
        stored_rows = self.metadata_rows[row.study, row.subject]
        key = _metadata_key(row)
        before = stored_rows.get(key)
        if before is not None and before.source_rev > row.source_rev:
            return
        stored_rows[key] = row
        if before is None or replace(before, source_rev=row.source_rev) != row:
            self.writes += 1
            self.stream[row.subject].append(Change(row.study, row.subject, self.writes))

    @effect
    def entities_of(self, study: str, bucket: str, key: str) -> Iterator[Entity]:
        return iter(list(self.listed[study, bucket, key]))

    def subjects_of(self, study: str, bucket: str, key: str) -> Iterator[str]:
        return (subject for subject, _, _ in self.entities_of(study, bucket, key))

    def _stored(self, kind: type[Row], key: Key) -> Row | None:
        return self.rows[kind].get(key)  # type: ignore[index, return-value]

    def _pages(self, rows: Callable[[], list[tuple[Any, Row]]], after: Any) -> Iterator[Row]:
        while page := self._page(rows, after):
            yield from (row for _, row in page)
            if len(page) < PAGE:
                return
            after = page[-1][0]

    @effect
    def _page(self, rows: Callable[[], list[tuple[Any, Row]]], after: Any) -> list[tuple[Any, Row]]:
        return [entry for entry in rows() if not after or entry[0] > after][:PAGE]


def _metadata_key(row: MetadataRow) -> Key:
    return (row.source.bucket, row.source.key, row.visit, row.date)


def _key(row: RevisedRow | MetadataRow) -> Key:  # noqa: C901, PLR0911  one for each kind of row
    match row:
        case MetadataRow():
            return (MetadataRow, row.study, row.subject, *_metadata_key(row))
        case ObjectRow():
            return (ObjectRow, row.study, row.bucket, row.key)
        case RunRow():
            return (RunRow, row.run_id)
        case ProblemRow():
            return (ProblemRow, row.study, row.problem_id)
        case StudyRow():
            return (StudyRow, row.study)
        case ResultRow():
            return (ResultRow, row.key)
        case ChargeRow():
            return (ChargeRow, row.run_id, row.attempt)
        case SpentRow():
            return (SpentRow, row.study, row.month, row.shard)
        case LeaseRow():
            return (LeaseRow, row.study)
        case TombstoneRow():
            return (TombstoneRow, row.study, row.tombstone)
