"""What a listing and the ledger say of the same keys, side by side, in constant memory.

Both come in order of the keys' UTF-8 bytes; one pass pairs them. A listed object that the
ledger knows unchanged costs no read: ETag, size and LastModified say so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Generic, Literal, Protocol, TypeVar

from wearline.core.ledger import FileVersion, ObjectRow, PipelineRow, ResultRow

Finding = Literal[
    "settled", "young", "unknown", "changed", "gone", "reconfigured", "overtaken", "unsettled",
    "held",
]  # fmt: skip
ResultFinding = Literal["sound", "missing", "altered"]
# What nobody told of in time, or took up: without a sweep it would be lost.
RECOVERED: tuple[Finding, ...] = ("unknown", "changed", "gone", "overtaken", "unsettled")
HANDED_ON: tuple[Finding, ...] = (*RECOVERED, "reconfigured", "held")


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


Row = TypeVar("Row", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Pair(Generic[Row]):
    """One key: what is listed, what the ledger holds; at least one of them."""

    key: str
    listed: FileVersion | None
    row: Row | None


def paired(listed: Iterable[FileVersion], rows: Iterable[Row]) -> Iterator[Pair[Row]]:
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sweep measures by.

    ``asked`` is the digest of what the study asks for; ``young_since`` an instant in the
    form of LastModified: what is younger is left to its event, which is still on its way.
    ``wanted`` names the pipelines of a file pattern. ``known`` is the digest of what is
    known of the subject that a file's pipeline depends on, or None while that is young.
    """

    asked: str
    young_since: str
    wanted: Callable[[str], Collection[str]]
    known: Callable[[ObjectRow, str], str | None]


def finding(pair: Pair[ObjectRow], by: Asked) -> Finding:
    """What is to be done about a key. Anything but settled and young is handed on."""
    listed, row = pair.listed, pair.row
    if listed is None:
        return "settled" if row is None or (row.deleted and row.values_settled) else "gone"
    if row is None or not row.holds(listed):
        if listed.last_modified > by.young_since:
            return "young"
        return "unknown" if row is None else "changed"
    if row.configuration != by.asked:
        return "reconfigured"
    return _of_known(listed, row, by)


def _of_known(listed: FileVersion, row: ObjectRow, by: Asked) -> Finding:
    young = listed.last_modified > by.young_since
    if not row.values_settled:
        return "young" if young else "unsettled"
    if row.kind != "data" or row.pattern is None:
        return "settled"
    for name in by.wanted(row.pattern):
        pipeline = row.pipelines.get(name)
        if pipeline is None:
            return "unsettled"
        if left := _left_behind(pipeline, by.young_since):
            return left
        if by.known(row, name) not in (None, pipeline.known):
            return "overtaken"
    return "settled"


def _left_behind(pipeline: PipelineRow, young_since: str) -> Finding | None:
    """Ready, and nobody started it; held back for a reason; or failed, and in another's way."""
    if pipeline.disposition == "ready" and pipeline.since <= young_since:
        return "held" if pipeline.reason else "unsettled"
    if pipeline.disposition == "failed" and pipeline.stale is not None:
        return "unsettled"
    return None


def result_finding(pair: Pair[ResultRow]) -> ResultFinding:
    """What became of a committed ``run.json``. One that no row names is of a try that never
    counted."""
    listed, row = pair.listed, pair.row
    if row is None:
        return "sound"
    if listed is None:
        return "missing"
    return "sound" if (listed.etag, listed.size) == (row.etag, row.size) else "altered"
