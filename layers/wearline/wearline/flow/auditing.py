"""Writing the audit trail: every writer tries the next number until one is its own.

::

    last entry n ──put n+1 unless it exists──> written
         ^                                        │ another was first
         └────────────────────────────────────────┘
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from wearline.core.audit import (
    Entry,
    EntryInvalid,
    Head,
    Phase,
    chain_end,
    entry_name,
    parsed_entry,
)
from wearline.core.plans import sha256_hex
from wearline.core.run_records import FOLDER, SWEEP, digest
from wearline.flow.studies import DeployedStudy
from wearline.ports import World

MOST_LOST = 100


class AuditUnwritable(Exception):
    """Other writers came first again and again."""


class AuditChain(Protocol):
    """The entries of one chain, where they are kept."""

    @property
    def name(self) -> str: ...

    def numbers(self, after: int) -> Iterator[int]:
        """The numbers of the entries after one, ascending, whatever gaps there are."""
        ...

    def read(self, n: int) -> bytes | None: ...

    def put_once(self, n: int, content: bytes) -> bool:
        """Write unless there is such an entry; whether it was written."""
        ...


@dataclass(frozen=True, slots=True)
class Act:
    """What an entry tells, wherever in a chain it comes to stand."""

    at: str
    by: str
    action: str
    phase: Phase
    facts: Mapping[str, Any]
    intent: int | None = None


def last_number(chain: AuditChain, after: int = 0) -> int:
    """The number of the last entry, 0 where there is none; ``after``: one that is there."""
    return chain_end(chain.numbers(after), after)


def append(chain: AuditChain, act: Act) -> Head:
    """Write an entry at the chain's end. Raises AuditUnwritable, and what the store raises."""
    n, mark = last_number(chain), uuid.uuid4().hex
    for _ in range(MOST_LOST):
        before = chain.read(n) if n else None
        entry = Entry(
            chain=chain.name,
            n=n + 1,
            before=sha256_hex(before) if before is not None else None,
            id=mark,
            at=act.at,
            by=act.by,
            action=act.action,
            phase=act.phase,
            facts=act.facts,
            intent=act.intent,
        )
        content = entry.document()
        # A put whose answer was lost finds its own entry there.
        if chain.put_once(n + 1, content) or chain.read(n + 1) == content:
            return Head(n + 1, entry.sha256)
        n = last_number(chain, n)
    raise AuditUnwritable(
        f"Entry {entry_name(n + 1)} of {chain.name}: others came first {MOST_LOST} times."
    )


def chain_sweep(
    world: World,
    chain: AuditChain,
    study: DeployedStudy,
    sweep: str,
    started: str,
    *,
    complete: bool,
) -> Head:
    """The one entry of a sweep: its lists of run records. Done again it finds its entry.

    ``complete``: every part of the results was listed.
    """
    found = _entry_of(chain, sweep, started)
    if found is not None:
        return Head(found.n, found.sha256)
    results = study.configuration.results
    prefix = f"{results.prefix}{FOLDER}{sweep}/"
    listed = world.store.list(study.row, results.bucket, prefix)
    lists = sorted(file.key.removeprefix(prefix).removesuffix(".json") for file in listed)
    facts = {"sweep": sweep, "lists": lists, "digest": digest(lists), "complete": complete}
    return append(chain, Act(world.now(), "wearline:finish-sweep", SWEEP, "sweep", facts))


def _entry_of(chain: AuditChain, sweep: str, started: str) -> Entry | None:
    """Look back as far as the sweep's beginning."""
    n = last_number(chain)
    while n and (content := chain.read(n)) is not None:
        n -= 1
        try:
            entry = parsed_entry(content)
        except EntryInvalid:
            continue  # It was altered: ``verify`` tells of it, and no sweep stops at it.
        if entry.action == SWEEP and entry.facts.get("sweep") == sweep:
            return entry
        if entry.at < started:
            return None
    return None
