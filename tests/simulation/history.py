"""One history: the script's acts, the platform's deliveries and the workers, in a seed's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, MutableMapping, Set
from dataclasses import dataclass
from typing import Any, Protocol

from tests.simulation.buckets import Bucket, SimulatedStore
from tests.simulation.clock import SimulatedClock
from tests.simulation.ledger import SimulatedLedger
from tests.simulation.machine import SimulatedMachine
from tests.simulation.people import People
from tests.simulation.promises import Promises
from tests.simulation.queues import NAMES, Consumer, SimulatedQueues
from tests.simulation.remembered import remembering
from tests.simulation.scheduler import Broken, NotYet, Outcome, Scheduler, require
from tests.simulation.script import (
    Act,
    Allow,
    Delete,
    Deploy,
    Expire,
    Forbid,
    Purge,
    Redrive,
    Script,
    Stop,
    Sweep,
    Upload,
    Withdraw,
)
from tests.simulation.stream import Stream
from tests.simulation.study import (
    CONFIGURATIONS,
    PLAIN,
    STUDY,
    VERSIONED,
    SimulatedConfigurations,
    study_row,
)
from tests.simulation.truth import NOTHING_RECOVERED, Truth
from wearline.aws.messages import died, notice
from wearline.core.attempts import TaskEnd
from wearline.core.ledger import StudyRow
from wearline.core.study import SourceFile, classify
from wearline.flow.arrivals import data_arrived, metadata_arrived
from wearline.flow.catalog import finish_sweep, resolve_sections, take_turn
from wearline.flow.processing import (
    Order,
    Prepared,
    Recorded,
    prepare_run,
    record_death,
    record_run,
)
from wearline.flow.studies import deployed_study
from wearline.flow.sweep import sweep_section
from wearline.ports import ConfigurationUnreadable, World

COMES_TO_REST = "all becomes quiet"
CAN_WITHDRAW = "a withdrawal that is run again removes all"
ONE_SWEEP = "one sweep of a study at a time"
MOST_STEPS = 20_000
MOST_SWEEPS = 6
MOST_WITHDRAWALS = 20


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
    with remembering():
        try:
            history.run()
        except Broken as found:
            broken = found
    trace = tuple(history.scheduler.trace or ())
    told = Told(script, seed, broken, history.scheduler.steps, trace)
    history.take_apart()
    return told


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
        self.promises = Promises(self.ledger, self.store)
        self.acts = Acts(self)
        self.stream = Stream(self.world, self.ledger)
        self._sources: list[Source] = [
            self.acts,
            *(Consumer(self.queues, name, self.functions.of_queue[name]) for name in NAMES),
            self.stream,
            self.machine,
        ]
        self.ledger.witness = self.machine.observer = self.promises
        self.machine.functions = self.functions
        self.machine.events_lost = script.lossy
        self.ledger.rows[StudyRow][STUDY,] = study_row(script.begins_with, 1)

    def run(self) -> None:
        """Everything that the script says, until all is quiet; then the catalog's back-stop."""
        self._until_quiet()
        self.acts.go_on_with(self.script.afterwards)
        self._until_quiet()
        self._remove_withdrawn()
        self._until_quiet()
        self.scheduler.faults_left = 0
        lost = self.queues.dead or self.acts.lost or self.stream.parked
        events_suffice = not (self.script.needs_sweep or lost)
        if events_suffice:
            self._truth().check()
        elif not (self.script.loses or lost):
            self._truth().check_deployed()
        report = self._sweep_until_nothing_changes(recovers=not events_suffice)
        truth = self._truth()
        truth.check_report(report)
        truth.check()
        truth.check_problems()
        if truth.has_budget:
            self.acts.lift_budget()
            self._until_quiet()
            self._sweep_until_nothing_changes(recovers=True)
            self._truth().check()

    def take_apart(self) -> None:
        """Let go of what holds each other, so that no collector need look for it."""
        for part in (self.acts, self.machine, self.functions, self.ledger, self.store, self):
            part.__dict__.clear()

    def _remove_withdrawn(self) -> None:
        """What was removed of those who withdrew stays removed. Where it could not be, since
        word of a file was lost, the person removes it now; what comes later adds nothing."""
        for act in self.script.afterwards:
            if isinstance(act, Withdraw):
                if act.subject in self.acts.removed:
                    self._truth().check_removed(act.subject, self.acts.removed[act.subject])
                self._withdraw_again(act)

    def _withdraw_again(self, act: Withdraw) -> None:
        self.scheduler.faults_left = 0
        self.acts.removed.pop(act.subject, None)
        for _ in range(MOST_WITHDRAWALS):
            if act.subject not in self.acts.removed:
                self.acts.go_on_with([act])
                self._until_quiet()
        require(CAN_WITHDRAW, act.subject in self.acts.removed, act)

    def _truth(self) -> Truth:
        return Truth(self.ledger, self.store)

    def _sweep_until_nothing_changes(self, *, recovers: bool) -> dict[str, Any]:
        """The report of the sweep that changed nothing."""
        for _ in range(MOST_SWEEPS):
            self.clock.pass_seconds(86_400)
            writes = self.ledger.writes
            reports = self.acts.reports
            self.acts.sweep()
            self._until_quiet()
            if not recovers and reports[-1]["recovered"]:
                raise Broken(NOTHING_RECOVERED, str(reports[-1]))
            if self.ledger.writes == writes:
                return reports[-1]
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
            # As record_run does, which the Processing machine tries again.
            raise ConfigurationUnreadable(f"study {order.study} is not deployed")
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
        study = deployed_study(world, STUDY) or study
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


class Acts:
    """Carries out the script, one act a turn, and delivers the events of S3."""

    def __init__(self, history: History) -> None:
        self._history, self._scheduler = history, history.scheduler
        self._people = People(
            history.world, history.ledger, history.queues, history.promises, history.machine
        )
        self._left: list[Act] = list(reversed(history.script.acts))
        self.reports: list[dict[str, Any]] = []
        self.lost = 0
        self._sweeps = 0

    @property
    def removed(self) -> MutableMapping[str, Set[tuple[str, str]]]:
        """The subjects of which a withdrawal has removed all, each with its files."""
        return self._people.removed

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
                self._people.decide(act)

    def _change_bucket(self, act: Act) -> None:
        store = self._history.store
        match act:
            case Forbid(bucket):
                store.buckets[bucket].forbidden = True
            case Allow(bucket):
                store.buckets[bucket].forbidden = False
            case Expire(bucket, key):
                store.expire(bucket, key)

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

    def lift_budget(self) -> None:
        """Deploy the study without a budget: whatever it held gets its run."""
        self._deploy("first")

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
        metadata = isinstance(what, SourceFile)
        return "metadata" if metadata else "data"
