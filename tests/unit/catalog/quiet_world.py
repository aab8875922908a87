"""A world in memory where nothing goes wrong and nothing runs by itself."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.buckets import Bucket, SimulatedStore
from tests.simulation.clock import SimulatedClock
from tests.simulation.ledger import SimulatedLedger
from tests.simulation.machine import SimulatedMachine
from tests.simulation.queues import SimulatedQueues
from tests.simulation.scheduler import Scheduler, Temper
from tests.simulation.study import (
    PLAIN,
    RELEASE,
    STUDY,
    VERSIONED,
    SimulatedConfigurations,
    study_row,
)

from wearline.core.attempts import TaskEnd
from wearline.core.ledger import ObjectRow, ProblemRow, StudyRow
from wearline.core.sections import Section
from wearline.flow.arrivals import Notice, data_arrived, metadata_arrived
from wearline.flow.catalog import finish_sweep, resolve_sections
from wearline.flow.processing import Order, prepare_run, record_run
from wearline.flow.studies import DeployedStudy, deployed_study
from wearline.flow.sweep import sweep_section
from wearline.ports import World

__all__ = ["PLAIN", "RELEASE", "STUDY", "VERSIONED", "QuietWorld"]
ROUNDS = 12


class QuietWorld:
    """What a person does to it, and what the functions then do, one after the other."""

    def __init__(self) -> None:
        scheduler = Scheduler(0, Temper(stay=1.0))
        self.clock = SimulatedClock()
        buckets = [Bucket(VERSIONED, versioned=True), Bucket(PLAIN, versioned=False)]
        self.store = SimulatedStore(scheduler, self.clock, buckets)
        self.ledger = SimulatedLedger(scheduler)
        self.queues = SimulatedQueues(scheduler)
        self.machine = SimulatedMachine(scheduler, self.store, self.queues)
        self.world = World(
            ledger=self.ledger,
            store=self.store,
            configurations=SimulatedConfigurations(),
            executions=self.machine.port(),
            messages=self.queues.messages(),
            clock=self.clock,
        )
        self._sweeps = 0
        self.deploy("first")

    def deploy(self, configuration: str) -> None:
        rows = self.ledger.rows[StudyRow]
        before = rows.get((STUDY,))
        rows[STUDY,] = study_row(configuration, before.rev + 1 if before else 1)

    @property
    def study(self) -> DeployedStudy:
        found = deployed_study(self.world, STUDY)
        assert found is not None
        return found

    def upload(self, key: str, content: bytes, bucket: str = PLAIN, *, told: bool = True) -> None:
        self.store.upload(bucket, key, content)
        if told:
            self.tell(bucket, key)
        self.clock.pass_seconds(120)

    def tell(self, bucket: str, key: str) -> None:
        for arrived in (data_arrived, metadata_arrived):
            arrived(self.world, Notice(STUDY, bucket, key))

    def run_all(self) -> None:
        """Let every execution run to its verdict."""
        for execution in list(self.machine.running):
            order: Order = execution.ordered
            if prepare_run(self.world, self.study, order) is not None:
                self.machine._process(order)
                record_run(self.world, self.study, order, TaskEnd(exit_code=0))
            self.machine._finish(execution, "SUCCEEDED")

    def deliver(self) -> None:
        """Take what sweeps and wake-ups sent, until there is nothing left."""
        for _ in range(ROUNDS):
            for queue in ("data_backlog", "metadata_backlog", "evaluation"):
                for body in self.taken(queue):
                    told_by = "sweep" if "source" in body else "wake_up"
                    notice = Notice(STUDY, body["bucket"], body["key"], told_by)  # type: ignore[arg-type]
                    data_arrived(self.world, notice)
                    metadata_arrived(self.world, notice)

    def taken(self, queue: str) -> list[dict[str, Any]]:
        messages = [json.loads(each.body) for each in self.queues.waiting[queue]]
        self.queues.purge(queue)
        return messages

    def sweep(self) -> dict[str, Any]:
        """A whole sweep; its report as it lies beside the results."""
        self._sweeps += 1
        name, resolved = f"sweep-{self._sweeps}", resolve_sections(self.world, self.study)
        swept = [self._swept(name, section) for section in resolved.sections]
        finish_sweep(self.world, self.study, name, "2026", swept, resolved.unreadable)
        key = f"results/catalog/reports/2026_{name}.json"
        stored = self.store.buckets[VERSIONED].current(key)
        assert stored is not None
        found: dict[str, Any] = json.loads(stored.content)
        return found

    def _swept(self, name: str, section: Section) -> dict[str, Any]:
        stretch = sweep_section(self.world, self.study, name, section, None, lambda: True)
        return {
            "section": section.as_json(),
            "counts": dict(stretch.counts),
            "unreadable": stretch.unreadable,
        }

    def row(self, key: str, bucket: str = PLAIN) -> ObjectRow:
        found = self.ledger.object(STUDY, bucket, key)
        assert found is not None
        return found

    def problems(self, kind: str | None = None) -> list[ProblemRow]:
        """The open ones."""
        rows = self.ledger.problems(STUDY)
        return [row for row in rows if row.open and kind in (None, row.kind)]
