"""One history: the script's acts, the platform's deliveries and the workers, in a seed's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from unittest.mock import patch

from tests.simulation.buckets import Bucket, SimulatedStore
from tests.simulation.clock import SimulatedClock
from tests.simulation.ledger import SimulatedLedger
from tests.simulation.machine import SimulatedMachine
from tests.simulation.promises import Promises
from tests.simulation.queues import NAMES, Consumer, SimulatedQueues
from tests.simulation.scheduler import Broken, Outcome, Scheduler, require
from tests.simulation.script import (
    Act,
    Allow,
    Apply,
    Delete,
    Deploy,
    Expire,
    Forbid,
    Purge,
    Redrive,
    Retry,
    Script,
    Stop,
    Sweep,
    Upload,
    Withdraw,
)
from tests.simulation.study import (
    CONFIGURATIONS,
    PLAIN,
    STUDY,
    VERSIONED,
    SimulatedConfigurations,
    cached_clean,
    study_row,
)
from tests.simulation.truth import NOTHING_RECOVERED, Truth
from wearline.aws.dead_letters import SqsDeadLetters
from wearline.aws.messages import died, notice
from wearline.core.attempts import TaskEnd
from wearline.core.dead_letters import route
from wearline.core.directives import Directive, NewRun, NextAttempt, as_message
from wearline.core.ledger import ObjectRow, StudyRow, TombstoneRow
from wearline.core.planning import AskedStudy, compared
from wearline.core.study import DecisionsFile, MetadataFile, classify
from wearline.core.withdrawal import tombstone
from wearline.flow.arrivals import data_arrived, metadata_arrived, metadata_changed
from wearline.flow.catalog import finish_sweep, resolve_sections, take_turn
from wearline.flow.processing import (
    Order,
    Prepared,
    Recorded,
    prepare_run,
    record_death,
    record_run,
)
from wearline.flow.redrive import redrive
from wearline.flow.studies import deployed_study
from wearline.flow.sweep import sweep_section
from wearline.ports import World

COMES_TO_REST = "all becomes quiet"
NO_LETTER_LOST = "no message is lost across a redrive"
ONE_SWEEP = "one sweep of a study at a time"
MOST_STEPS = 20_000
MOST_SWEEPS = 6
MOST_STREAM_TRIES = 5


class Source(Protocol):
    """Something that may go on by itself: a queue, a stream, the machine, the script."""

    def ready(self) -> bool: ...
    def act(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a history: the broken promise, if any, and the trace if it was asked for."""

    script: Script
    seed: int
    broken: Broken | None
    steps: int
    trace: tuple[str, ...]


def run(script: Script, seed: int, *, traced: bool = False) -> Told:
    """Run a script under the scheduler's choices of a seed. The same twice is the same."""
    history = History(script, seed, traced=traced)
    broken = None
    with patch("wearline.flow.metadata.clean", cached_clean):
        try:
            history.run()
        except Broken as found:
            broken = found
    trace = tuple(history.scheduler.trace or ())
    return Told(script, seed, broken, history.scheduler.steps, trace)


class History:
    """The world, its workers, and the way through them."""

    def __init__(self, script: Script, seed: int, *, traced: bool = False) -> None:
        self.script = script
        self.scheduler = Scheduler(seed, script.temper, traced=traced)
        self.clock = SimulatedClock()
        buckets = [Bucket(VERSIONED, versioned=True), Bucket(PLAIN, versioned=False)]
        self.store = SimulatedStore(self.scheduler, self.clock, buckets)
        self.ledger = SimulatedLedger(self.scheduler)
        self.queues = SimulatedQueues(self.scheduler)
        if Redrive() in script.afterwards:
            self.queues.most_receptions = 1
        self.machine = SimulatedMachine(self.scheduler, self.store, self.queues)
        self.world = World(
            ledger=self.ledger,
            store=self.store,
            configurations=SimulatedConfigurations(),
            executions=self.machine.port(),
            messages=self.queues.messages(),
            clock=self.clock,
        )
        self.functions = Functions(self.world, self.scheduler)
        self.acts = Acts(self)
        self._sources: list[Source] = [
            self.acts,
            *(Consumer(self.queues, name, self.functions.of_queue[name]) for name in NAMES),
            Stream(self),
            self.machine,
        ]
        self.promises = promises = Promises(self.ledger, self.store)
        self.ledger.witness, self.machine.observer = promises, promises
        self.machine.functions = self.functions
        self.machine.events_lost = script.lossy
        self.ledger.rows[StudyRow][STUDY,] = study_row("first", 1)

    def run(self) -> None:
        """Everything that the script says, until all is quiet; then the catalog's back-stop."""
        self._until_quiet()
        self.acts.go_on_with(self.script.afterwards)
        self._until_quiet()
        self._remove_withdrawn()
        self.scheduler.faults_left = 0
        events_suffice = not (self.script.needs_sweep or self.queues.dead or self.acts.lost)
        if events_suffice:
            self._truth().check()
        self._sweep_until_nothing_changes(recovers=not events_suffice)
        self._truth().check()
        self._truth().check_problems()

    def _remove_withdrawn(self) -> None:
        """The values of those who withdrew are removed; whatever comes later adds none."""
        for act in self.script.afterwards:
            if isinstance(act, Withdraw):
                self.ledger.forget(STUDY, act.subject)

    def _truth(self) -> Truth:
        return Truth(self.ledger, self.store)

    def _sweep_until_nothing_changes(self, *, recovers: bool) -> None:
        for _ in range(MOST_SWEEPS):
            self.clock.pass_seconds(86_400)
            writes = self.ledger.writes
            reports = self.acts.reports
            self.acts.sweep()
            self._until_quiet()
            if not recovers and reports[-1]["recovered"]:
                raise Broken(NOTHING_RECOVERED, str(reports[-1]))
            if self.ledger.writes == writes:
                self._truth().check_report(reports[-1])
                return
        raise Broken(COMES_TO_REST, f"sweep {MOST_SWEEPS} still changes the ledger")

    def _until_quiet(self) -> None:
        for _ in range(MOST_STEPS):
            if not self._step():
                return
        raise Broken(COMES_TO_REST, f"{MOST_STEPS} steps were not enough")

    def _step(self) -> bool:
        """Let one worker or source go on. False when nothing can."""
        scheduler = self.scheduler
        scheduler.steps += 1
        awake = scheduler.awake()
        sources = [source for source in self._sources if source.ready()]
        choices = len(awake) + len(sources)
        if choices:
            chosen = int(scheduler.random.random() * choices)
            if chosen < len(awake):
                scheduler.resume(awake[chosen])
            else:
                self.clock.pass_seconds(scheduler.random.choice((0, 1, 20)))
                sources[chosen - len(awake)].act()
            return True
        if scheduler.workers:
            scheduler.resume(scheduler.workers[0])
            return True
        return False


class Functions:
    """What functions/*/app.py do: parse the message, call the protocol."""

    def __init__(self, world: World, scheduler: Scheduler) -> None:
        self._world, self._scheduler = world, scheduler
        self._sweeping: set[str] = set()
        self.of_queue: dict[str, Callable[[str], object]] = {
            "data": self._data,
            "data_backlog": self._data,
            "evaluation": self._data,
            "metadata": self._metadata,
            "metadata_backlog": self._metadata,
            "died_executions": self._bury,
        }

    def _data(self, body: str) -> None:
        data_arrived(self._world, notice(body))

    def _metadata(self, body: str) -> None:
        metadata_arrived(self._world, notice(body))

    def _bury(self, body: str) -> None:
        name, run_id, attempt, status = died(body)
        study = deployed_study(self._world, name)
        if study is not None:
            record_death(self._world, study, run_id, attempt, status)

    def ended(self, sweep: str) -> None:
        self._sweeping.discard(sweep)

    def prepare(self, order: Order) -> Prepared | None:
        study = deployed_study(self._world, order.study)
        return prepare_run(self._world, study, order) if study else None

    def record(self, order: Order, end: TaskEnd) -> Recorded:
        study = deployed_study(self._world, order.study)
        if study is None:
            raise LookupError(f"study {order.study} is not deployed")
        return record_run(self._world, study, order, end)

    def sweep(self, name: str) -> dict[str, Any] | None:
        """The Catalog machine: each state is tried again from the cursor it began with."""
        world, scheduler = self._world, self._scheduler
        study = deployed_study(world, STUDY)
        if study is None:
            return None
        turn = take_turn(world, STUDY, name)
        if turn.state == "wait":
            raise NotYet(name)
        if turn.state == "joined":
            return None
        others = self._sweeping - {name}
        require(ONE_SWEEP, not others, f"{name} begins while {others} sweep")
        self._sweeping.add(name)
        resolved = resolve_sections(world, study)
        sections = []
        for section in resolved.sections:
            counts: Counter[str] = Counter()
            cursor, unreadable = None, None
            while cursor is not None or unreadable is None:
                stretch = sweep_section(
                    world, study, name, section, cursor, lambda: scheduler.chance(0.8)
                )
                counts.update(stretch.counts)
                cursor, unreadable = stretch.cursor, stretch.unreadable or ""
            swept = {"section": section.as_json(), "counts": counts, "unreadable": unreadable}
            sections.append(swept)
        return finish_sweep(world, study, name, "now", sections, resolved.unreadable)


class NotYet(Exception):
    """Another sweep is under way; the Catalog machine waits and asks again."""


class Stream:
    """The metadata table's stream: in order for each subject, tried again until it succeeds."""

    def __init__(self, history: History) -> None:
        self._history, self._scheduler = history, history.scheduler
        self._records = history.ledger.stream
        self._busy: set[str] = set()
        self._failures: dict[str, int] = {}

    def ready(self) -> bool:
        return any(records and shard not in self._busy for shard, records in self._records.items())

    def act(self) -> None:
        free = [shard for shard, records in self._records.items() if records]
        shard = self._scheduler.random.choice([each for each in free if each not in self._busy])
        change = self._records[shard][0]
        self._busy.add(shard)
        world = self._history.world

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
            self._history.acts.lost += 1
        self._failures[shard] = 0
        if outcome.error is None and self._scheduler.misfortune():
            return  # Lambda never told the stream; the record comes again.
        self._records[shard].popleft()


class Acts:
    """Carries out the script, one act a turn, and delivers the events of S3."""

    def __init__(self, history: History) -> None:
        self._history, self._scheduler = history, history.scheduler
        self._left: list[Act] = list(reversed(history.script.acts))
        self.reports: list[dict[str, Any]] = []
        self.lost = 0
        self._sweeps = 0

    def go_on_with(self, acts: Iterable[Act]) -> None:
        self._left = list(reversed(list(acts)))

    def ready(self) -> bool:
        return bool(self._left)

    def act(self) -> None:
        act = self._left.pop()
        self._scheduler.note(f"=== {act}")
        history = self._history
        match act:
            case Upload(bucket, key, content):
                history.store.upload(bucket, key, content)
                self._tell(bucket, key)
            case Delete(bucket, key):
                history.store.delete(bucket, key)
                self._tell(bucket, key)
            case Deploy(configuration):
                self._deploy(configuration)
            case Sweep():
                self.sweep()
            case Purge(queue):
                self.lost += history.queues.purge(queue)
            case Stop(status):
                history.machine.stop(status)
            case Forbid() | Allow() | Expire():
                self._change_bucket(act)
            case _:
                self._decide(act)

    def _decide(self, act: Act) -> None:
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

    def _change_bucket(self, act: Act) -> None:
        store = self._history.store
        match act:
            case Forbid(bucket):
                store.buckets[bucket].forbidden = True
            case Allow(bucket):
                store.buckets[bucket].forbidden = False
            case Expire(bucket, key):
                store.expire(bucket, key)

    def _withdraw(self, subject: str) -> None:
        """The tombstone, and then word to each of the subject's files."""
        row = self._history.ledger.rows[StudyRow][STUDY,]
        assert isinstance(row, StudyRow)
        mark = tombstone(row.salt, subject)
        tombstones = self._history.ledger.rows[TombstoneRow]
        tombstones[STUDY, mark] = TombstoneRow(STUDY, mark, "asked for it", "", rev=1)
        for each in self._rows():
            if each.fields.get("subject") == subject:
                body = {"study": STUDY, "bucket": each.bucket, "key": each.key}
                self._history.queues.put_event("data_backlog", body)

    def _redrive(self) -> None:
        """Letters that were dead before are dead still, or were sent on; whatever happened."""
        queues = self._history.queues
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
                )

        def ended(_: Outcome) -> None:
            for name, body in dead:
                still = any(each.body == body for each in queues.dead_letters[name].values())
                require(NO_LETTER_LOST, still or (name, body) in queues.sent, body)

        self._scheduler.start("redrive", work, ended)

    def _direct(self, directives: Iterable[tuple[ObjectRow, Directive]]) -> None:
        """What the command does: a message for each directive, by way of the backlog."""
        for row, directive in directives:
            self._history.promises.directed.add((row.bucket, row.key, directive))
            body = as_message(directive, STUDY, row.bucket, row.key)
            self._history.queues.put_event("data_backlog", body)

    def _new_runs(self) -> Iterator[tuple[ObjectRow, Directive]]:
        ledger = self._history.ledger
        study = deployed_study(self._history.world, STUDY)
        for row in self._rows() if study else ():
            asked = AskedStudy(study.configuration, study.row)
            said = ledger.metadata_rows[STUDY, row.fields.get("subject", "")].values()
            for each in compared(asked, row, list(said)):
                if each.standing == "changed" and each.before and each.plan:
                    instead_of, since = each.before.run_id or "", each.before.since
                    yield row, NewRun(each.pipeline, instead_of, since, each.plan.run_id)

    def _next_attempts(self) -> Iterator[tuple[ObjectRow, Directive]]:
        for row in self._rows():
            for name, pipeline in row.pipelines.items():
                if pipeline.disposition == "failed" and pipeline.run_id is not None:
                    yield row, NextAttempt(name, pipeline.run_id, pipeline.attempt)

    def _rows(self) -> list[ObjectRow]:
        rows = self._history.ledger.rows[ObjectRow].values()
        return [row for row in rows if isinstance(row, ObjectRow)]

    def sweep(self) -> None:
        """Start a sweep. One that is killed is begun again, as the Catalog machine does."""
        self._sweeps += 1
        name = f"sweep-{self._sweeps}"

        sweeps, functions = self._history.machine.sweeps, self._history.functions
        sweeps[name] = "RUNNING"

        def ended(outcome: Outcome) -> None:
            if outcome.error is not None:
                self._scheduler.start(name, work, ended)
                return
            sweeps[name] = "SUCCEEDED"
            functions.ended(name)
            if outcome.value is not None:
                self.reports.append(outcome.value)

        work = lambda: functions.sweep(name)  # noqa: E731
        self._scheduler.start(name, work, ended)

    def _deploy(self, configuration: str) -> None:
        rows = self._history.ledger.rows[StudyRow]
        rows[STUDY,] = study_row(configuration, rows[STUDY,].rev + 1)
        self.sweep()

    def _tell(self, bucket: str, key: str) -> None:
        """S3 tells of an object through the study's rules: at least once, unless it is lost."""
        copies = 1 + self._scheduler.chance(0.15)
        if self._history.script.lossy and self._scheduler.chance(0.4):
            self._scheduler.note("  its event is lost")
            copies = 0
        event = {"detail": {"bucket": {"name": bucket}, "object": {"key": key}}}
        for _ in range(copies):
            self._history.queues.put_event(
                self._queue(bucket, key), {"study": STUDY, "event": event}
            )

    def _queue(self, bucket: str, key: str) -> str:
        row = self._history.ledger.rows[StudyRow][STUDY,]
        assert isinstance(row, StudyRow)
        configuration = CONFIGURATIONS.get(row.configuration_version or "", CONFIGURATIONS["first"])
        what = classify(configuration, bucket, key)
        metadata = isinstance(what, MetadataFile | DecisionsFile)
        return "metadata" if metadata else "data"
