"""What a listing and the ledger say of the same keys, side by side, in constant memory.

Both come in order of the keys' UTF-8 bytes; one pass pairs them. A listed object that the
ledger knows unchanged costs no read: ETag, size and LastModified say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Literal

from wearline.core.ledger import FileVersion, ObjectRow, PipelineRow

Finding = Literal["settled", "young", "unknown", "changed", "gone", "reconfigured", "unsettled"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One key: what is listed, what the ledger holds; at least one of them."""

    key: str
    listed: FileVersion | None
    row: ObjectRow | None


def paired(listed: Iterable[FileVersion], rows: Iterable[ObjectRow]) -> Iterator[Pair]:
    """Merge two ordered streams by key. Each key once, in order."""
    left, right = iter(listed), iter(rows)
    file, row = next(left, None), next(right, None)
    while file is not None and row is not None:
        if file.key == row.key:
            yield Pair(row.key, file, row)
            file, row = next(left, None), next(right, None)
        elif file.key.encode() < row.key.encode():
            yield Pair(file.key, file, None)
            file = next(left, None)
        else:
            yield Pair(row.key, None, row)
            row = next(right, None)
    if file is not None:
        yield from (Pair(each.key, each, None) for each in chain([file], left))
    if row is not None:
        yield from (Pair(each.key, None, each) for each in chain([row], right))


def finding(pair: Pair, *, configuration: str, now: datetime, settle_after: timedelta) -> Finding:
    """What is to be done about a key. Anything but settled and young is handed on.

    A young object is left to its event: it is still on its way. Waiting and ready
    pipelines are looked at again by each sweep, as the back-stop of a lost wake-up.
    """
    listed, row = pair.listed, pair.row
    if listed is None:
        return "settled" if row is None or (row.deleted and row.values_settled) else "gone"
    if row is None or not row.holds(listed):
        if now - datetime.fromisoformat(listed.last_modified) < settle_after:
            return "young"
        return "unknown" if row is None else "changed"
    if row.configuration != configuration:
        return "reconfigured"
    return "settled" if _at_rest(row) else "unsettled"


def _at_rest(row: ObjectRow) -> bool:
    return row.values_settled and all(map(_rests, row.pipelines.values()))


def _rests(pipeline: PipelineRow) -> bool:
    """A failed run whose plan is no longer today's makes way for another."""
    if pipeline.disposition == "failed":
        return pipeline.stale is None
    return pipeline.disposition in ("succeeded", "excluded", "running")
