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
from collections.abc import Callable, Sequence
from typing import Protocol

from wearline.core.dead_letters import DeadLetter, Route


class DeadLetterQueue(Protocol):
    """A queue of dead letters. What was received stays hidden for a while."""

    def count(self) -> int: ...

    def receive(self) -> list[DeadLetter]:
        """A few of them, or none."""
        ...

    def delete(self, letters: Sequence[DeadLetter]) -> None: ...

    def show(self, letters: Sequence[DeadLetter]) -> None:
        """End the hiding of letters that were received."""
        ...


Resubmit = Callable[[Route], None]


def redrive(
    source: DeadLetterQueue, route: Callable[[DeadLetter], Route], resubmit: Resubmit
) -> Counter[str]:
    """Try every letter again that is dead now; how many of each cause."""
    causes: Counter[str] = Counter()
    left = source.count()
    while left > 0 and (letters := source.receive()):
        for letter in letters:
            found = route(letter)
            resubmit(found)
            source.delete([letter])
            causes[found.cause] += 1
        left -= len(letters)
    return causes


def causes_of(source: DeadLetterQueue, route: Callable[[DeadLetter], Route]) -> Counter[str]:
    """How many letters of each cause there are; all are there again at once."""
    causes: Counter[str] = Counter()
    seen: list[DeadLetter] = []
    left = source.count()
    while left > 0 and (letters := source.receive()):
        causes.update(route(letter).cause for letter in letters)
        seen += letters
        left -= len(letters)
    source.show(seen)
    return causes
