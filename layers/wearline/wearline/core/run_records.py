"""Lists of run records that a sweep puts beside the results, and what a copy is held to.

A list is ``[[key, SHA-256, size], ...]`` of every ``run.json`` that the ledger has a verdict
from, its key below the results' prefix. The audit trail's entry of the sweep names each list
by its SHA-256, so that one digest vouches for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from wearline.core.audit import Entry, Fault
from wearline.core.ledger import ResultRow
from wearline.core.plans import canonical_json, sha256_hex

# Of one list; a longer stretch of a sweep puts several.
MOST_LISTED = 10_000
FOLDER = "catalog/records/"
SWEEP = "sweep"
REMOVAL = "remove_runs"


@dataclass(frozen=True, slots=True)
class Listed:
    """A run record as a sweep listed it; no SHA-256 where the ledger has none."""

    key: str
    sha256: str
    size: int

    @property
    def run_id(self) -> str:
        return self.key.split("/")[1]


def records_list(rows: Iterable[ResultRow], prefix: str) -> bytes:
    """A list of some rows, as it is stored."""
    return canonical_json([[row.key.removeprefix(prefix), row.sha256, row.size] for row in rows])


def list_key(sweep: str, content: bytes) -> str:
    """Where a list lies below the results' prefix."""
    return f"{FOLDER}{sweep}/{sha256_hex(content)}.json"


def digest(lists: Iterable[str]) -> str:
    """One digest of the digests of a sweep's lists."""
    return sha256_hex(canonical_json(sorted(lists)))


def record_faults(
    entries: Collection[Entry], read: Callable[[str], bytes | None]
) -> Iterator[Fault]:
    """Every run record that is not as the sweeps of a chain listed it.

    ``read`` gives the bytes of a file by its key below the results' prefix. Records of a
    subject that withdrew are gone, and the trail says so.
    """
    withdrawn = {run for entry in entries for run in removed_runs(entry)}
    known: dict[str, Listed] = {}
    dropped: set[str] = set()
    for entry in (each for each in entries if each.action == SWEEP):
        seen: dict[str, Listed] = {}
        yield from _lists(entry, read, seen)
        for key, listed in seen.items():
            if known.setdefault(key, listed) != listed:
                yield Fault("contradicted", key, f"Sweeps listed {key} with different contents.")
        if entry.facts.get("complete"):
            gone = {key for key in known.keys() - seen if known[key].run_id not in withdrawn}
            yield from (_dropped(entry, key) for key in sorted(gone - dropped))
            dropped = gone
    for key, listed in sorted(known.items()):
        if listed.run_id not in withdrawn:
            yield from _record(listed, read(key))


def _lists(
    entry: Entry, read: Callable[[str], bytes | None], seen: dict[str, Listed]
) -> Iterator[Fault]:
    facts: Mapping[str, object] = entry.facts
    sweep, lists = str(facts.get("sweep")), facts.get("lists")
    named = [str(each) for each in lists] if isinstance(lists, list) else []
    if digest(named) != facts.get("digest"):
        yield Fault("changed", f"entry {entry.n}", f"Entry {entry.n} contradicts its own digest.")
    for sha256 in named:
        key = f"{FOLDER}{sweep}/{sha256}.json"
        content = read(key)
        if content is None:
            yield Fault("missing", key, f"The list {key} of entry {entry.n} is missing.")
        elif sha256_hex(content) != sha256:
            yield Fault("changed", key, f"The list {key} of entry {entry.n} was changed.")
        else:
            try:
                seen |= {listed.key: listed for listed in _parsed(content)}
            except (IndexError, RecursionError, TypeError, ValueError):
                yield Fault("changed", key, f"The list {key} of entry {entry.n} is no list.")


def _parsed(content: bytes) -> list[Listed]:
    """The lines of a list. Raises as its caller catches for anything else."""
    found = [Listed(str(key), str(sha256), int(size)) for key, sha256, size in json.loads(content)]
    if any(not listed.run_id for listed in found):
        raise ValueError("a line names no run")
    return found


def removed_runs(entry: Entry) -> list[str]:
    """The runs that a withdrawal removed, as the entry tells that it wrote right before.

    What a withdrawal intends excuses nothing: it may have ended before it removed anything.
    """
    told = entry.facts.get("removed_runs") if entry.action == REMOVAL else None
    return [str(run) for run in told] if isinstance(told, list) else []


def _dropped(entry: Entry, key: str) -> Fault:
    sentence = f"The sweep of entry {entry.n} no longer lists {key}, and nobody withdrew."
    return Fault("dropped", key, sentence)


def _record(listed: Listed, content: bytes | None) -> Iterator[Fault]:
    if content is None:
        yield Fault("record_missing", listed.key, f"{listed.key} is missing.")
    elif len(content) != listed.size or sha256_hex(content) != (
        listed.sha256 or sha256_hex(content)
    ):
        sentence = f"{listed.key} is not what its verdict was committed from."
        yield Fault("record_changed", listed.key, sentence)
