"""What people do with a command: apply a plan, retry, redrive, withdraw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from functools import partial
from typing import Any

from tests.simulation.ledger import SimulatedLedger
from tests.simulation.machine import SimulatedMachine
from tests.simulation.promises import Promises
from tests.simulation.queues import NAMES, SimulatedQueues
from tests.simulation.scheduler import Outcome, require
from tests.simulation.script import Act, Apply, Redrive, Retry, Withdraw
from tests.simulation.study import STUDY
from tests.simulation.withdrawal import Withdrawal
from wearline.aws.dead_letters import SqsDeadLetters
from wearline.core.dead_letters import route
from wearline.core.directives import Directive, NewRun, NextAttempt, as_message
from wearline.core.ledger import ObjectRow
from wearline.core.planning import AskedStudy, compared
from wearline.flow.redrive import redrive
from wearline.flow.studies import deployed_study
from wearline.ports import World

NO_LETTER_LOST = "no message is lost across a redrive"


class People:
    """They decide by what they see at one moment; the platform obeys later."""

    def __init__(
        self,
        world: World,
        ledger: SimulatedLedger,
        queues: SimulatedQueues,
        promises: Promises,
        machine: SimulatedMachine,
    ) -> None:
        self._world, self._ledger = world, ledger
        self._queues, self._promises, self._machine = queues, promises, machine
        self.removed: dict[str, Set[tuple[str, str]]] = {}

    def decide(self, act: Act) -> None:
        """What somebody does with a command."""
        match act:
            case Apply():
                self._direct(self._new_runs())
            case Retry():
                self._direct(self._next_attempts())
            case Redrive():
                self._redrive()
            case Withdraw(subject):
                self._withdraw(subject)

    def _withdraw(self, subject: str) -> None:
        withdrawal = Withdrawal(self._world, self._ledger, self._machine, subject)

        def ended(outcome: Outcome) -> None:
            if outcome.error is not None:
                self._queues.scheduler.start("withdraw", withdrawal.work, ended)
            elif outcome.value:
                self.removed[subject] = withdrawal.files

        self._queues.scheduler.start("withdraw", withdrawal.work, ended)

    def _redrive(self) -> None:
        """Letters that were dead before are dead still, or were sent on; whatever happened."""
        queues = self._queues
        client: Any = queues
        dead = {
            (name, letter.body)
            for name, letters in queues.dead_letters.items()
            for letter in letters.values()
        }
        queues.sent.clear()

        def work() -> None:
            for name in NAMES:
                redrive(
                    SqsDeadLetters(client, name),
                    partial(route, "simulated", name),
                    lambda found: client.send_message(QueueUrl=found.queue, MessageBody=found.body),
                    Counter(),
                )

        def ended(_: Outcome) -> None:
            for name, body in dead:
                still = any(each.body == body for each in queues.dead_letters[name].values())
                require(NO_LETTER_LOST, still or (name, body) in queues.sent, body)

        self._queues.scheduler.start("redrive", work, ended)

    def _direct(self, directives: Iterable[tuple[ObjectRow, Directive]]) -> None:
        """What the command does: a message for each directive, by way of the backlog."""
        for row, directive in directives:
            self._promises.directed.add((row.bucket, row.key, directive))
            body = as_message(directive, STUDY, row.bucket, row.key)
            self._queues.put_event("data_backlog", body)

    def _new_runs(self) -> Iterator[tuple[ObjectRow, Directive]]:
        study = deployed_study(self._world, STUDY)
        for row in self._rows() if study else ():
            asked = AskedStudy(study.configuration, study.row)
            told = self._ledger.metadata_rows.values()
            said = [each for rows in list(told) for each in rows.values()]
            for each in compared(asked, asked.reads(row), said):
                if each.standing == "changed" and each.before and each.plan:
                    instead_of, since = each.before.run_id or "", each.before.since
                    yield row, NewRun(each.pipeline, instead_of, since, each.plan.run_id)

    def _next_attempts(self) -> Iterator[tuple[ObjectRow, Directive]]:
        for row in self._rows():
            for name, pipeline in row.pipelines.items():
                if pipeline.disposition == "failed" and pipeline.run_id is not None:
                    yield row, NextAttempt(name, pipeline.run_id, pipeline.attempt)

    def _rows(self) -> list[ObjectRow]:
        rows = self._ledger.rows[ObjectRow].values()
        return [row for row in rows if isinstance(row, ObjectRow)]
