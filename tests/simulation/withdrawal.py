"""What ``wearline withdraw`` does, step by step, while everything else goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress

from tests.simulation.buckets import SimulatedStore
from tests.simulation.ledger import SimulatedLedger
from tests.simulation.machine import SimulatedMachine
from tests.simulation.study import RESULTS_BUCKET, RESULTS_PREFIX, STUDY
from wearline.core.ledger import ObjectRow, RunRow, StudyRow, TombstoneRow
from wearline.core.places import Places, subjects_of_object
from wearline.core.plans import execution_name
from wearline.core.withdrawal import (
    WITHDRAWN,
    Withdrawn,
    is_of,
    names_removed,
    still_tells,
    tombstone,
    without,
)
from wearline.flow.studies import deployed_study
from wearline.ports import Put, RowChanged, World

PATIENCE = 100
RUNS = f"{RESULTS_PREFIX}runs/"


class Withdrawal:
    """One subject's: the tombstone, then running work stopped, then all of it removed."""

    def __init__(
        self, world: World, ledger: SimulatedLedger, machine: SimulatedMachine, subject: str
    ) -> None:
        self._world, self._ledger, self._machine = world, ledger, machine
        self._subject = subject
        self.files: Set[tuple[str, str]] = frozenset()

    def work(self) -> bool:
        """Whether all was removed; not while word of a file is on its way, or lost.

        It is removed once whoever was at work when the files were forgotten is gone: those may
        not have seen the tombstone, and write what they had decided before. A person finds that
        when the command is run again later.
        """
        self._put_tombstone()
        self._unname()
        files = list(self._files())
        self._machine.stop_these(self._under_way(files))
        self._look_at((*files, *self._telling(files)))
        if not any(self._is_forgotten(files) for _ in range(PATIENCE)):
            return False
        scheduler = self._ledger.scheduler
        at_work = [each for each in scheduler.workers if each is not scheduler.current]
        while any(each in scheduler.workers for each in at_work):
            scheduler.wait()
        # A device log may have given another file to the subject meanwhile.
        files = list(self._files())
        if not self._is_forgotten(files):
            return False
        self.remove(files)
        return True

    def remove(self, of: Iterable[ObjectRow]) -> None:
        """Results first, rows after; each a step of its own. ``of``: files that are forgotten."""
        store = self._world.store
        assert isinstance(store, SimulatedStore)
        self.files = files = {(row.bucket, row.key) for row in of}
        removed = self._all_runs(files)
        for run_id in sorted(removed):
            store.remove(RESULTS_BUCKET, f"{RUNS}{run_id}/")
        self._ledger.forget(STUDY, self._subject, files)
        rows = [row for row in self._ledger.rows[ObjectRow].values() if isinstance(row, ObjectRow)]
        self._look_at(row for row in rows if names_removed(row, removed))

    def _look_at(self, rows: Iterable[ObjectRow]) -> None:
        places = [{"study": STUDY, "bucket": row.bucket, "key": row.key} for row in rows]
        self._world.messages.send("data_backlog", places)

    def _put_tombstone(self) -> None:
        study = self._ledger.rows[StudyRow][STUDY,]
        assert isinstance(study, StudyRow)
        mark = tombstone(study.salt, self._subject)
        with suppress(RowChanged):
            self._world.ledger.commit(Put(TombstoneRow(STUDY, mark, "asked for it", "")))

    def _names(self) -> frozenset[str]:
        study = self._ledger.rows[StudyRow][STUDY,]
        assert isinstance(study, StudyRow)
        return Withdrawn(study.salt).names(self._subject)

    def _unname(self) -> None:
        """What says whose a recording is says so by the tombstone from now on."""
        study = self._ledger.rows[StudyRow][STUDY,]
        assert isinstance(study, StudyRow)
        gone = Withdrawn(study.salt, frozenset([tombstone(study.salt, self._subject)]))
        told = [each for rows in self._ledger.metadata_rows.values() for each in rows.values()]
        naming = [each for each in told if without(each, gone) != each]
        self._world.ledger.put_metadata(without(each, gone) for each in naming)

    def _files(self) -> Iterator[ObjectRow]:
        """By their keys, device logs and decisions, whatever their rows still say."""
        study = deployed_study(self._world, STUDY)
        if study is None:
            return
        told = [each for rows in self._ledger.metadata_rows.values() for each in rows.values()]
        places = Places(study.configuration, told)
        names = self._names()
        for row in list(self._ledger.rows[ObjectRow].values()):
            assert isinstance(row, ObjectRow)
            if names & subjects_of_object(study.configuration, places, row):
                yield row

    def _is_forgotten(self, files: list[ObjectRow]) -> bool:
        now = [self._world.ledger.object(STUDY, row.bucket, row.key) for row in files]
        forgotten = all(row is None or row.reason == WITHDRAWN or row.deleted for row in now)
        return forgotten and not self._telling(files)

    def _telling(self, files: list[ObjectRow]) -> list[ObjectRow]:
        """Files of others that were the subject's before a correction, and still tell of it."""
        places = {(row.bucket, row.key) for row in files}
        runs = self._all_runs(places)
        rows = self._ledger.rows[ObjectRow].values()
        others = [r for r in rows if isinstance(r, ObjectRow) and (r.bucket, r.key) not in places]
        return [row for row in others if still_tells(row, {self._subject}, runs)]

    def _under_way(self, files: list[ObjectRow]) -> set[str]:
        named = {
            execution_name(pipeline.run_id, pipeline.attempt)
            for row in files
            for pipeline in row.pipelines.values()
            if pipeline.disposition in ("ready", "running") and pipeline.run_id
        }
        runs = self._runs({(row.bucket, row.key) for row in files})
        return named | {execution_name(r.run_id, r.attempt) for r in runs if r.state == "running"}

    def _all_runs(self, files: set[tuple[str, str]]) -> set[str]:
        store = self._world.store
        assert isinstance(store, SimulatedStore)
        return {run.run_id for run in self._runs(files)} | set(self._without_rows(store))

    def _runs(self, files: set[tuple[str, str]]) -> list[RunRow]:
        runs = self._ledger.rows[RunRow].values()
        return [r for r in runs if isinstance(r, RunRow) and is_of(r, self._names(), files)]

    def _without_rows(self, store: SimulatedStore) -> Iterator[str]:
        """Plans of the subject that the ledger has no run of, and what is left of runs without."""
        study = self._ledger.rows[StudyRow][STUDY,]
        assert isinstance(study, StudyRow)
        for folder in store.folders(study, RESULTS_BUCKET, RUNS):
            run_id = folder.removeprefix(RUNS).rstrip("/")
            if (run_id,) not in self._ledger.rows[RunRow]:
                plan = store.get(study, RESULTS_BUCKET, f"{folder}plan.json")
                about = json.loads(plan)["identity"]["recording"]["subject"] if plan else None
                if about is None or about in self._names():
                    yield run_id
