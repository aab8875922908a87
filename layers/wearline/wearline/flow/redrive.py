"""Dead letters are tried again, and none is lost on the way.

::

    dead letter ──received──> ──sent to where it is tried again──> ──deleted──> gone
                                 ^ crash: still dead, sent again      ^ crash: in both; twice
                                                                        is once for Wearline

One path for every environment: SQS's own StartMessageMoveTask counts no causes, moves to one
queue only, and cannot wrap an event that a rule failed to deliver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import Protocol

from wearline.core.dead_letters import DeadLetter, Route

LEFT = "left where it is: "


class Unroutable(Exception):
    """A letter that cannot be sent anywhere. It stays where it is, and stops no other."""


class DeadLetterQueue(Protocol):
    """A queue of dead letters. What was received stays hidden for a while."""

    def receive(self) -> list[DeadLetter]:
        """A few of them, or none."""
        ...

    def delete(self, letters: Sequence[DeadLetter]) -> None: ...

    def show(self, letters: Sequence[DeadLetter]) -> None:
        """End the hiding of letters that were received."""
        ...


Routing = Callable[[DeadLetter], Route]
Resubmit = Callable[[Route], None]


def redrive(
    source: DeadLetterQueue,
    route: Routing,
    resubmit: Resubmit,
    causes: Counter[str],
    before_ms: float = inf,
) -> None:
    """Try every letter again that is dead now, and count each in ``causes`` when it is sent.

    One that was sent after ``before_ms``, as what this very redrive sends and dies again, is
    not counted and stays; so does one that cannot be sent anywhere, with its cause.
    """
    stays: list[DeadLetter] = []
    for letter in _unseen(source):
        if letter.sent_ms > before_ms:
            stays.append(letter)
            continue
        try:
            found = route(letter)
            resubmit(found)
        except Unroutable as why:
            causes[f"{LEFT}{why}"] += 1
            stays.append(letter)
        else:
            source.delete([letter])
            causes[found.cause] += 1
    source.show(stays)


def causes_of(source: DeadLetterQueue, route: Routing) -> Counter[str]:
    """How many letters of each cause there are; all are there again at once."""
    causes: Counter[str] = Counter()
    seen: list[DeadLetter] = []
    for letter in _unseen(source):
        seen.append(letter)
        try:
            causes[route(letter).cause] += 1
        except Unroutable as why:
            causes[f"{LEFT}{why}"] += 1
    source.show(seen)
    return causes


def tried_again(causes: Mapping[str, int]) -> int:
    """How many letters were sent on."""
    return sum(count for cause, count in causes.items() if not cause.startswith(LEFT))


def _unseen(source: DeadLetterQueue) -> Iterator[DeadLetter]:
    """Every letter once, until none comes that is new. A queue's own count is a guess, and may
    be 0 while there are letters."""
    seen: set[str] = set()
    while new := [each for each in source.receive() if each.id not in seen]:
        for letter in new:
            seen.add(letter.id)
            yield letter
