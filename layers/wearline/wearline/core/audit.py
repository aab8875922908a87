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
from typing import Any, Literal, get_args

from wearline.core.plans import canonical_json, sha256_hex

SCHEMA = "wearline.audit/1"
Phase = Literal["intent", "done", "failed", "sweep"]
_NAME = re.compile(r"(\d{10})\.json")


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
    """The number in an entry's name, or None for anything else."""
    named = _NAME.fullmatch(name)
    return int(named[1]) if named else None


def parsed_entry(content: bytes) -> Entry:
    """Raises EntryInvalid unless the bytes are exactly what an entry is written as."""
    try:
        told = json.loads(content)
        schema = told.pop("schema")
        entry = Entry(**told)
        exact = schema == SCHEMA and _is_typed(entry) and entry.document() == content
    except (AttributeError, KeyError, TypeError, ValueError) as broken:
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
    numbers = {entry_number(name): name for name in found}
    for name in sorted(name for name in found if entry_number(name) is None):
        yield Fault("unexpected", name, f"{name} is no entry of an audit trail.")
    last = max((n for n in numbers if n is not None), default=0)
    digests = {sha256_hex(content): name for name, content in found.items()}
    chain: str | None = None
    for n in range(1, last + 1):
        name = entry_name(n)
        if name not in found:
            yield Fault("missing", name, f"Entry {n} is missing.")
            continue
        try:
            entry = parsed_entry(found[name])
        except EntryInvalid as invalid:
            yield Fault("changed", name, f"Entry {n} was changed: {invalid}.")
            continue
        chain = chain or entry.chain
        yield from _misplaced(entry, n, chain)
        yield from _unlinked(entry, n, found, digests)
    yield from _unlike_noted(found, noted)


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
