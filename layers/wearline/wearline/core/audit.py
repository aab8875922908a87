"""The audit trail: entries that each hold the SHA-256 of the one before, and their verification.

::

    1.json <──sha256── 2.json <──sha256── 3.json ...     each in canonical JSON

An action is two entries: what is about to be done, and how that ended. A sweep is one, with
the digests of the lists of run records that it put beside the results. What was changed,
removed, moved or replaced within a chain shows; that its end was cut off or written anew shows
only beside an entry that was noted elsewhere, which every report of a sweep does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Literal, get_args

from wearline.core.plans import canonical_json, sha256_hex

SCHEMA = "wearline.audit/1"
Phase = Literal["intent", "done", "failed", "sweep"]
_NAME = re.compile(r"(?!0{10})([0-9]{10})\.json")
# An entry this far beyond the one before it, or farther, is a stranger's: a chain goes on before
# it, else whoever puts one there could choose the number of every entry to come, or use them up.
FAR = 100


class EntryInvalid(ValueError):
    """The bytes are no entry of an audit trail."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done or is about to be done: ``by`` whom (an ARN), to which chain's subject.

    ``id`` tells apart what two writers write at one moment. ``intent`` is the number of the
    entry whose action this one ends. ``facts`` hold no key, subject or text of a person's own.
    """

    chain: str
    n: int
    before: str | None
    id: str
    at: str
    by: str
    action: str
    phase: Phase
    facts: Mapping[str, Any] = field(default_factory=dict)
    intent: int | None = None

    def document(self) -> bytes:
        return canonical_json({"schema": SCHEMA, **asdict(self)})

    @property
    def sha256(self) -> str:
        return sha256_hex(self.document())


@dataclass(frozen=True, slots=True)
class Head:
    """An entry that was noted somewhere else: its number, and its SHA-256."""

    n: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not hold in a chain or in the run records that it vouches for."""

    code: str
    about: str
    sentence: str


def entry_name(n: int) -> str:
    """The name of an entry; names sort as numbers do.

    >>> entry_name(12)
    '0000000012.json'
    """
    return f"{n:010}.json"


def entry_number(name: str) -> int | None:
    """The number in an entry's name, from 1, or None for anything else."""
    named = _NAME.fullmatch(name)
    return int(named[1]) if named else None


def chain_end(numbers: Iterable[int], last: int = 0) -> int:
    """The number of the last entry of a chain, ``last`` where none follows that.

    ``numbers``: those after ``last``, ascending. What stands far beyond ends nothing.

    >>> chain_end([1, 2, 4, 9_999_999_999])
    4
    """
    for n in numbers:
        if n >= last + FAR:
            break
        last = n
    return last


def parsed_entry(content: bytes) -> Entry:
    """Raises EntryInvalid unless the bytes are exactly what an entry is written as."""
    try:
        told = json.loads(content)
        schema = told.pop("schema")
        entry = Entry(**told)
        exact = schema == SCHEMA and _is_typed(entry) and entry.document() == content
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as broken:
        raise EntryInvalid(type(broken).__name__) from broken
    if not exact:
        raise EntryInvalid("it is not written as entries are")
    return entry


def _is_typed(entry: Entry) -> bool:
    """Whether each field is of its type: whoever forged an entry may have put anything there."""
    told: dict[str, object] = asdict(entry)
    texts = ("chain", "id", "at", "by", "action")
    return (
        all(isinstance(told[name], str) for name in texts)
        and all(type(told[name]) is int for name in ("n", "intent") if told[name] is not None)
        and isinstance(told["before"], str | None)
        and isinstance(told["facts"], dict)
        and told["phase"] in get_args(Phase)
        and told["n"] is not None
    )


def chain_faults(found: Mapping[str, bytes], noted: Iterable[Head] = ()) -> Iterator[Fault]:
    """Every fault of a chain, whose entries are given by their names, beside noted entries."""
    for name in sorted(name for name in found if entry_number(name) is None):
        yield Fault("unexpected", name, f"{name} is no entry of an audit trail.")
    digests = {sha256_hex(content): name for name, content in found.items()}
    chain: str | None = None
    for previous, n in pairwise([0, *entry_numbers(found)]):
        yield from _missing(previous, n)
        try:
            entry = parsed_entry(found[entry_name(n)])
        except EntryInvalid as invalid:
            yield Fault("changed", entry_name(n), f"Entry {n} was changed: {invalid}.")
            continue
        chain = chain or entry.chain
        yield from _misplaced(entry, n, chain)
        yield from _unlinked(entry, n, found, digests)
    yield from _unlike_noted(found, noted)


def entry_numbers(names: Iterable[str]) -> list[int]:
    """The numbers of the entries among some names, ascending."""
    return sorted(n for name in names if (n := entry_number(name)) is not None)


def _missing(previous: int, n: int) -> Iterator[Fault]:
    """What is not there between two entries that are."""
    if n >= previous + FAR:
        name = entry_name(n)
        sentence = (
            f"{name} stands far beyond entry {previous}, where Wearline writes none: it was put"
            " there, or all entries between were removed."
        )
        yield Fault("unexpected", name, sentence)
        return
    for each in range(previous + 1, n):
        yield Fault("missing", entry_name(each), f"Entry {each} is missing.")


def _misplaced(entry: Entry, n: int, chain: str) -> Iterator[Fault]:
    if entry.n != n:
        sentence = f"Entry {n} was written as entry {entry.n}: entries were reordered."
        yield Fault("reordered", entry_name(n), sentence)
    if entry.chain != chain:
        sentence = f"Entry {n} is of {entry.chain}, not of {chain}."
        yield Fault("foreign", entry_name(n), sentence)


def _unlinked(
    entry: Entry, n: int, found: Mapping[str, bytes], digests: Mapping[str, str]
) -> Iterator[Fault]:
    name, previous = entry_name(n), found.get(entry_name(n - 1))
    if n == 1:
        if entry.before is not None:
            yield Fault("forked", name, "Entry 1 follows another entry: the beginning is gone.")
    elif previous is not None and entry.before != sha256_hex(previous):
        other = digests.get(entry.before or "")
        follows = f"it follows {other}" if other else f"entry {n - 1} or its own was changed"
        sentence = f"Entry {n} does not follow entry {n - 1}: {follows}, or the trail was forked."
        yield Fault("forked" if other else "changed", name, sentence)


def _unlike_noted(found: Mapping[str, bytes], noted: Iterable[Head]) -> Iterator[Fault]:
    for head in sorted(set(noted), key=lambda head: (head.n, head.sha256)):
        name = entry_name(head.n)
        if name not in found:
            sentence = f"Entry {head.n} was noted elsewhere and is missing: the end was cut off."
            yield Fault("missing", name, sentence)
        elif sha256_hex(found[name]) != head.sha256:
            sentence = f"Entry {head.n} is not the one that was noted elsewhere: it was replaced."
            yield Fault("replaced", name, sentence)


def unended(entries: Iterable[Entry]) -> list[Entry]:
    """Intents whose end was never written: the act may or may not have been done."""
    intents = {entry.n: entry for entry in entries if entry.phase == "intent"}
    for entry in entries:
        if entry.intent is not None:
            intents.pop(entry.intent, None)
    return list(intents.values())
