"""Step Functions and the processor in memory: statemachines/processing.asl.yaml, by hand.

Execution names are unique for ever. Functions are invoked again when they fail, and now and
then while the first invocation is still at it; tasks never start, die, end late, and an
execution may be stopped at any moment while its workers go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

from tests.simulation.buckets import SimulatedStore
from tests.simulation.queues import SimulatedQueues
from tests.simulation.scheduler import Crash, Outcome, Scheduler, effect
from tests.simulation.study import BROKEN, RESULTS_BUCKET, RESULTS_PREFIX
from wearline.aws.services import StepFunctions
from wearline.core.attempts import TaskEnd
from wearline.flow.processing import Order, Prepared, Recorded

RETRIES = 3
MACHINE = "arn:aws:states:local:1:stateMachine:processing"
EXECUTION = "arn:aws:states:local:1:execution:processing:"
State = Literal["prepare", "task", "computing", "record", "again", "busy", "ended"]
CAPACITY = TaskEnd(error="AmazonECS.Unknown", cause='{"Failures":[{"Reason":"RESOURCE:CPU"}]}')
TIMEOUT = TaskEnd(error="States.Timeout")
EXITED = TaskEnd(exit_code=0)
NOT_FETCHED = TaskEnd(error="States.TaskFailed", exit_code=1)
KILLED = (
    TaskEnd(error="States.TaskFailed", exit_code=137),
    TaskEnd(error="States.TaskFailed", stop_code="SpotInterruption"),
    TaskEnd(error="States.TaskFailed", cause="Essential container in task exited", exit_code=2),
)


class ExecutionAlreadyExists(Exception):
    pass


class ExecutionDoesNotExist(Exception):
    pass


class Functions(Protocol):
    """What the machine invokes."""

    def prepare(self, order: Order) -> Prepared | None: ...
    def record(self, order: Order, end: TaskEnd) -> Recorded: ...


class Observer(Protocol):
    def started(self, name: str, run_id: str, attempt: int) -> None: ...
    def ended(self, run_id: str, attempt: int) -> None: ...


@dataclass(slots=True)
class Execution:
    """``turn`` grows with each state, so that a late worker of an earlier one is told apart."""

    name: str
    order: dict[str, Any]
    state: State = "prepare"
    status: str = "RUNNING"
    try_number: int = 1
    failures: int = 0
    turn: int = 0
    end: TaskEnd = EXITED

    def move(self, state: State) -> None:
        self.state, self.failures = state, 0
        self.turn += 1

    @property
    def ordered(self) -> Order:
        return Order(
            self.order["study"], self.order["run_id"], self.order["attempt"], self.try_number
        )


class SimulatedMachine:
    """All executions of the Processing machine; a source of steps for the history."""

    exceptions = type(
        "Exceptions",
        (),
        {
            "ExecutionAlreadyExists": ExecutionAlreadyExists,
            "ExecutionDoesNotExist": ExecutionDoesNotExist,
        },
    )

    def __init__(
        self, scheduler: Scheduler, store: SimulatedStore, queues: SimulatedQueues
    ) -> None:
        self.scheduler, self._store, self._queues = scheduler, store, queues
        self.executions: dict[str, Execution] = {}
        self.running: list[Execution] = []
        self.tries: set[tuple[str, str]] = set()
        self.deaths: set[tuple[str, int]] = set()
        self.functions: Functions | None = None
        self.observer: Observer | None = None
        self.events_lost = False
        self.sweeps: dict[str, str] = {}

    def port(self) -> StepFunctions:
        return StepFunctions(cast("Any", self), MACHINE)

    @effect
    def start_execution(self, /, **request: Any) -> None:
        name, order = request["name"], json.loads(request["input"])
        if name in self.executions:
            raise ExecutionAlreadyExists(name)
        if self.observer is not None:
            self.observer.started(name, order["run_id"], order["attempt"])
        self.executions[name] = execution = Execution(name, order)
        self.running.append(execution)

    @effect
    def describe_execution(self, /, **request: Any) -> dict[str, str]:
        name = request["executionArn"].removeprefix(EXECUTION)
        if name in self.sweeps:
            return {"status": self.sweeps[name]}
        execution = self.executions.get(name)
        if execution is None:
            raise ExecutionDoesNotExist(name)
        return {"status": execution.status}

    def ready(self) -> bool:
        return any(map(self._movable, self.running))

    def _movable(self, execution: Execution) -> bool:
        """A task that is computed is waited for, as long as nothing can go wrong any more."""
        if execution.state == "computing":
            return self.scheduler.faults_left > 0
        return execution.state != "busy"

    def act(self) -> None:
        """Let one execution go on."""
        execution = self.scheduler.random.choice(list(filter(self._movable, self.running)))
        match execution.state:
            case "prepare":
                self._prepare(execution)
            case "task":
                self._run_task(execution)
            case "record":
                self._record(execution)
            case "again":
                execution.try_number += 1
                execution.move("prepare")
            case "computing":
                self._wait(execution)

    def stop(self, status: str) -> None:
        """Stop an execution from outside. Its workers do not hear of it."""
        if self.running:
            self._finish(self.scheduler.random.choice(self.running), status)

    def stop_these(self, names: Container[str]) -> None:
        """Stop executions by their names, as a withdrawal does."""
        for execution in [each for each in self.running if each.name in names]:
            self._finish(execution, "ABORTED")

    def _prepare(self, execution: Execution) -> None:
        functions, order = self.functions, execution.ordered
        assert functions is not None

        def go_on(outcome: Outcome) -> None:
            if outcome.value is None:
                self._finish(execution, "SUCCEEDED")
            else:
                execution.move("task")

        self._invoke(execution, "prepare", lambda: functions.prepare(order), go_on)

    def _record(self, execution: Execution) -> None:
        functions, order, end = self.functions, execution.ordered, execution.end
        assert functions is not None

        def go_on(outcome: Outcome) -> None:
            if outcome.value.state == "again":
                execution.move("again")
            else:
                self._finish(execution, "SUCCEEDED")

        self._invoke(execution, "record", lambda: functions.record(order, end), go_on)

    def _invoke(
        self,
        execution: Execution,
        name: Literal["prepare", "record"],
        work: Callable[[], object],
        go_on: Callable[[Outcome], None],
    ) -> None:
        """A Task state with its Retry. Rarely the invocation is given up while it goes on."""
        turn = execution.turn

        def ended(outcome: Outcome) -> None:
            if execution.turn != turn or execution.status != "RUNNING":
                return
            if outcome.error is None:
                go_on(outcome)
                return
            execution.failures += 1
            execution.state = name
            if execution.failures > RETRIES:
                self._finish(execution, "FAILED")

        execution.state = name if self.scheduler.misfortune(0.2) else "busy"
        self.scheduler.start(f"{name}-{execution.name[:4]}", work, ended)

    def _run_task(self, execution: Execution) -> None:
        if self.scheduler.misfortune():
            self.scheduler.note(f"no capacity for {execution.name}")
            execution.end = CAPACITY
            execution.move("record")
            return
        execution.move("computing")
        turn, order = execution.turn, execution.ordered

        def ended(outcome: Outcome) -> None:
            if execution.turn == turn and execution.status == "RUNNING":
                execution.end = self._end_of_task(outcome)
                execution.move("record")

        self.tries.add((order.run_id, order.name))
        self.scheduler.start(f"task-{order.run_id[:4]}", lambda: self._process(order), ended)

    def _end_of_task(self, outcome: Outcome) -> TaskEnd:
        if outcome.error is None:
            return EXITED if outcome.value == 0 else NOT_FETCHED
        if isinstance(outcome.error, Crash):
            return self.scheduler.random.choice(KILLED)
        return KILLED[-1]

    def _wait(self, execution: Execution) -> None:
        """A task may take longer than the machine waits for it."""
        if self.scheduler.misfortune(0.3):
            self.scheduler.note(f"{execution.name} no longer waits for its task")
            execution.end = TIMEOUT if self.scheduler.chance(0.5) else KILLED[-1]
            execution.move("record")

    def _process(self, order: Order) -> int:
        """The processor: plan in, exact file version in, ``run.json`` out last; its exit code."""
        folder = f"{RESULTS_PREFIX}runs/{order.run_id}/"
        store, nobody = self._store, cast("Any", None)
        content = store.get(nobody, RESULTS_BUCKET, f"{folder}plan.json")
        if content is None:
            return 1  # its subject has withdrawn
        file = json.loads(content)["identity"]["file"]
        found = store.head(nobody, file["bucket"], file["key"], file["version_id"])
        if found is None or (found.etag, found.size) != (file["etag"], file["size"]):
            return 1
        record = self._verdict(order, file["size"] == len(BROKEN))
        key = f"{folder}attempts/{order.name}/run.json"
        store.put_once(nobody, RESULTS_BUCKET, key, json.dumps(record).encode())
        return 0

    def _verdict(self, order: Order, broken: bool) -> dict[str, Any]:
        reason = None
        if broken:
            reason = {"code": "format_not_recognised", "sentence": "It is no recording."}
        elif self.scheduler.misfortune():
            reason = {"code": "memory_limit", "sentence": "It needs more memory."}
        return {
            "schema": "wearline.run/1",
            "run_id": order.run_id,
            "attempt": order.name,
            "verdict": "failed" if reason else "succeeded",
            "reason": reason,
            "cost": {"cpu_s": 1.0, "wall_s": 2.0},
        }

    def _finish(self, execution: Execution, status: str) -> None:
        self.scheduler.note(f"execution {execution.name} is {status}")
        execution.status = status
        execution.move("ended")
        self.running.remove(execution)
        if self.observer is not None:
            self.observer.ended(execution.order["run_id"], execution.order["attempt"])
        if status != "SUCCEEDED":
            self.deaths.add((execution.order["run_id"], execution.order["attempt"]))
            self._tell_death(execution)

    def _tell_death(self, execution: Execution) -> None:
        if self.events_lost and self.scheduler.chance(0.5):
            self.scheduler.note("  and nobody hears of it")
            return
        detail = {"input": json.dumps(execution.order), "status": execution.status}
        self._queues.put_event("died_executions", {"detail": detail})
