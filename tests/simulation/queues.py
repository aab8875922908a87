"""SQS in memory, behind the real ``wearline.aws.services.Queues``.

At least once and in no order: a message that was received comes back when its worker does
not end well, and now and then for no reason. After too many receptions it is a dead letter.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from tests.simulation.scheduler import Crash, Outcome, Scheduler, effect, require_befallen
from wearline.aws.services import MOST_SENDS, Queues
from wearline.ports import QueueName

MOST_RECEPTIONS = 5
BATCH = 3
WORKERS = 3
NAMES: tuple[str, ...] = (
    "data", "metadata", "data_backlog", "metadata_backlog", "evaluation", "died_executions",
)  # fmt: skip


@dataclass(slots=True)
class Message:
    body: str
    receptions: int = 0


class SimulatedQueues:
    """The queues of the platform. Those in ``NAMES`` have functions, ``problems`` has people."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.waiting: dict[str, list[Message]] = {name: [] for name in (*NAMES, "problems")}
        self.dead: list[Message] = []
        self.dead_letters: dict[str, dict[str, Message]] = {name: {} for name in NAMES}
        self.most_receptions = MOST_RECEPTIONS
        self.refusals_in_a_row = 0
        self.sent: set[tuple[str, str]] = set()

    def messages(self) -> Queues:
        urls: dict[QueueName, str] = {
            "evaluation": "evaluation",
            "data_backlog": "data_backlog",
            "metadata_backlog": "metadata_backlog",
            "died_executions": "died_executions",
            "problems": "problems",
        }
        return Queues(cast("Any", self), urls)

    @effect
    def send_message_batch(self, /, **request: Any) -> dict[str, Any]:
        """Takes each entry on its own: some may be refused while others are taken."""
        queue, failed = request["QueueUrl"], []
        for entry in request["Entries"]:
            if self._refuses():
                self.scheduler.note(f"  {queue} refuses entry {entry['Id']}")
                failed.append({"Id": entry["Id"]})
            else:
                self.put(queue, entry["MessageBody"])
        return {"Failed": failed} if failed else {}

    @effect
    def receive_message(self, /, **request: Any) -> dict[str, Any]:
        """Some dead letters. One that is received twice is worked on twice."""
        letters = list(self.dead_letters[request["QueueUrl"]].items())[:BATCH]
        return {
            "Messages": [
                {"ReceiptHandle": handle, "MessageId": handle, "Body": letter.body}
                for handle, letter in letters
            ]
        }

    @effect
    def send_message(self, /, **request: Any) -> None:
        self.put(request["QueueUrl"], request["MessageBody"])

    @effect
    def delete_message(self, /, **request: Any) -> None:
        self.dead_letters[request["QueueUrl"]].pop(request["ReceiptHandle"], None)

    def _refuses(self) -> bool:
        refusal = self.scheduler.temper.refusal
        refused = self.refusals_in_a_row < MOST_SENDS - 1 and self.scheduler.chance(refusal)
        self.refusals_in_a_row = self.refusals_in_a_row + 1 if refused else 0
        return refused

    def put(self, queue: str, body: str) -> None:
        self.sent.add((queue, body))
        self.waiting[queue].append(Message(body))

    def put_event(self, queue: str, event: dict[str, Any]) -> None:
        self.put(queue, json.dumps(event))

    def purge(self, queue: str) -> int:
        lost = len(self.waiting[queue])
        self.waiting[queue].clear()
        return lost


class Consumer:
    """The event source mapping of a queue and its function, with partial batch failures."""

    def __init__(
        self,
        queues: SimulatedQueues,
        name: str,
        handle: Callable[[str], object],
    ) -> None:
        self._queues, self._name, self._handle = queues, name, handle
        self._waiting = queues.waiting[name]
        self._scheduler = queues.scheduler
        self.active = 0

    def ready(self) -> bool:
        return bool(self._waiting) and self.active < WORKERS

    def act(self) -> None:
        """Receive some messages and start a worker on them."""
        random = self._scheduler.random
        batch: list[Message] = []
        for _ in range(min(1 + random.randrange(BATCH), len(self._waiting))):
            message = self._waiting.pop(random.randrange(len(self._waiting)))
            message.receptions += 1
            batch.append(message)
            if self._scheduler.misfortune():
                self._waiting.append(Message(message.body))
        failed: list[Message] = []
        self.active += 1
        self._scheduler.start(
            self._name,
            lambda: self._work(batch, failed),
            lambda outcome: self._end(batch, failed, outcome),
        )

    def _work(self, batch: list[Message], failed: list[Message]) -> None:
        for message in batch:
            try:
                self._scheduler.note(f"takes {message.body}")
                self._handle(message.body)
            except Exception as error:  # noqa: BLE001  the batch processor of Powertools
                self._scheduler.note(f"fails: {error!r}")
                require_befallen(error)
                failed.append(message)

    def _end(self, batch: list[Message], failed: list[Message], outcome: Outcome) -> None:
        self.active -= 1
        for message in batch if isinstance(outcome.error, Crash) else failed:
            if message.receptions < self._queues.most_receptions:
                self._waiting.append(message)
            else:
                self._scheduler.note(f"dead letter: {message.body}")
                self._queues.dead.append(message)
                letters = self._queues.dead_letters[self._name]
                letters[f"{len(self._queues.dead)}"] = message
