"""Interleaves synchronous code at its port calls, and breaks some of it, from a seed.

A worker is a greenlet: product code that runs unmodified and gives way whenever it calls a
port. At a call the scheduler may let another worker go first, leave this one asleep for
long, kill it, or let the call fail before or after its effect.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from greenlet import getcurrent, greenlet

from tests.simulation.shown import shown
from wearline.aws.services import MessagesNotSent
from wearline.flow.processing import PlanMissing
from wearline.ports import ConfigurationUnreadable, RowChanged, StoreUnavailable

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
LONGEST_SLEEP = 80
FAILS_BY_THE_WORLD = "a worker fails by what befalls it, never by itself"


class Crash(BaseException):
    """The process of a worker is gone, between two of its effects."""


class Throttled(Exception):
    """A call was refused, or its answer was lost on the way back."""


class NotYet(Exception):
    """Another sweep is under way; the Catalog machine waits and asks again."""


class Broken(BaseException):
    """A promise does not hold. ``promise`` names it, ``detail`` says where."""

    def __init__(self, promise: str, detail: str) -> None:
        self.promise, self.detail = promise, detail
        super().__init__(f"{promise}: {detail}")


_BEFALLS = (
    Crash, Throttled, NotYet, MessagesNotSent, PlanMissing, RowChanged, StoreUnavailable,
    ConfigurationUnreadable,
)  # fmt: skip


def require_befallen(error: BaseException) -> None:
    """Raises Broken for an error that no world made: a mistake in the code of a worker.

    Without it, a worker that always dies of a TypeError would break promises that say nothing
    of what it does.
    """
    require(FAILS_BY_THE_WORLD, isinstance(error, _BEFALLS), repr(error))


def require(promise: str, holds: bool, *facts: object) -> None:
    """Raises Broken unless it holds. The facts are put into words only then."""
    if not holds:
        raise Broken(promise, " ".join(map(str, facts)))


@dataclass(frozen=True, slots=True)
class Temper:
    """How restless a history is.

    ``stay``: the chance that a worker goes on undisturbed at a call; ``stall``: that it
    falls asleep there; ``fault``: that the call goes wrong, as long as ``faults`` are left;
    ``refusal``: that a queue refuses one entry of a batch. ``slow`` is a call at which half
    of the workers fall asleep for long, so that much happens just before its effect.
    """

    stay: float = 0.5
    stall: float = 0.0
    fault: float = 0.0
    faults: int = 0
    refusal: float = 0.0
    slow: str = ""


@dataclass(slots=True)
class Outcome:
    """How a worker ended: with a value, or with what killed it."""

    value: Any = None
    error: BaseException | None = None


class Worker:
    """One invocation of a function, or one task."""

    __slots__ = ("asleep_until", "ended", "greenlet", "name", "outcome")

    def __init__(
        self, name: str, work: Callable[[], object], ended: Callable[[Outcome], None]
    ) -> None:
        self.name, self.ended, self.asleep_until = name, ended, 0
        self.outcome = Outcome()
        self.greenlet = greenlet(functools.partial(self._run, work))

    def _run(self, work: Callable[[], object]) -> None:
        try:
            self.outcome.value = work()
        except (Exception, Crash, Broken) as error:  # noqa: BLE001  whatever ends a Lambda
            # Its traceback would hold every frame, and they the whole world.
            self.outcome.error = error.with_traceback(None)


class Scheduled(Protocol):
    """A port: whatever makes its workers give way."""

    scheduler: Scheduler


def effect(
    method: Callable[Concatenate[Any, Arguments], Answer],
) -> Callable[Concatenate[Any, Arguments], Answer]:
    """A call of a port that happens at one instant; other workers may come before it."""
    name = method.__name__

    @functools.wraps(method)
    def called(port: Any, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        scheduler: Scheduler = port.scheduler
        if scheduler.current is None:
            return method(port, *args, **kwargs)
        lost = scheduler.give_way(name)
        if scheduler.trace is not None:
            told = ", ".join(map(shown, args)) or ", ".join(map(str, kwargs.values()))
            scheduler.note(f"{name}({told})")
        answer = method(port, *args, **kwargs)
        if lost is not None:
            scheduler.note(f"  {name}: the answer is lost ({lost!r})")
            raise lost
        return answer

    return called


class Scheduler:
    """Holds the workers of a history and says who goes on."""

    def __init__(self, seed: int, temper: Temper, *, traced: bool = False) -> None:
        self.random = random.Random(seed)  # noqa: S311  a seed that can be told, not a secret
        self.temper, self.faults_left = temper, temper.faults
        self.workers: list[Worker] = []
        self.current: Worker | None = None
        self.steps = self._started = 0
        self.trace: list[str] | None = [] if traced else None
        self._hub = getcurrent()

    def start(
        self, name: str, work: Callable[[], object], ended: Callable[[Outcome], None]
    ) -> None:
        self._started += 1
        self.workers.append(Worker(f"{name}-{self._started}", work, ended))

    def awake(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.asleep_until <= self.steps]

    def resume(self, worker: Worker) -> None:
        """Let a worker go on to its next interruption, or to its end."""
        self.current = worker
        worker.greenlet.switch()
        self.current = None
        if worker.greenlet.dead:
            self.workers.remove(worker)
            error = worker.outcome.error
            if isinstance(error, Broken):
                raise error
            if error is not None:
                self.note(f"{worker.name} ended: {error!r}")
                require_befallen(error)
            worker.ended(worker.outcome)
            del worker.ended, worker.greenlet

    def give_way(self, call: str) -> Exception | Crash | None:
        """Interrupt the current worker. Raises what befalls the call before its effect,
        and returns what befalls it after."""
        temper, worker = self.temper, self.current
        assert worker is not None
        if call == temper.slow and self.chance(0.5):
            self._sleep(worker, LONGEST_SLEEP)
        elif temper.stall and self.chance(temper.stall):
            self._sleep(worker, self.random.randrange(LONGEST_SLEEP))
        elif not self.chance(temper.stay):
            self._hub.switch()
        self.current = worker
        if self.faults_left > 0 and self.chance(temper.fault):
            return self._fault(call)
        return None

    def wait(self) -> None:
        """The current worker lets others go on, as who looks again after a while does."""
        worker = self.current
        assert worker is not None
        self._sleep(worker, 1)
        self.current = worker

    def _sleep(self, worker: Worker, steps: int) -> None:
        worker.asleep_until = self.steps + steps
        self._hub.switch()

    def _fault(self, call: str) -> Exception | Crash | None:
        self.faults_left -= 1
        kind = self.random.randrange(4)
        if kind == 0:
            self.note(f"killed before {call}")
            raise Crash
        if kind == 1:
            self.note(f"throttled at {call}")
            raise Throttled(call)
        return Crash() if kind == 2 else Throttled(call)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def misfortune(self, at_least: float = 0.0) -> bool:
        """True when something goes wrong that the budget of faults allows."""
        if self.faults_left > 0 and self.chance(max(self.temper.fault, at_least)):
            self.faults_left -= 1
            return True
        return False

    def note(self, line: str) -> None:
        if self.trace is not None:
            who = self.current.name if self.current else "world"
            self.trace.append(f"{who:>14}  {line}")
