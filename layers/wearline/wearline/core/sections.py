"""The sections that a sweep's work is split into, each swept by itself, from its own cursor on.

A section of objects is a range of keys, so that together they hold every key once whatever
the folders are. Wearline's own results lie between two of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from wearline.core.ledger import RESULT_SHARDS

SectionKind = Literal["objects", "results", "problems"]
# A map's result holds the counts of all sections, in at most 256 KiB
# (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
MOST_SECTIONS = 32
LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a sweep: keys of a bucket after one and up to another (empty: without end)."""

    kind: SectionKind
    bucket: str = ""
    after: str = ""
    until: str = ""
    shard: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "bucket": self.bucket,
            "after": self.after, "until": self.until, "shard": self.shard,
        }  # fmt: skip


def object_sections(
    bucket: str, folders: Iterable[str], results: str | None, most: int
) -> list[Section]:
    """Split a bucket at some of its folders; ``results`` is the prefix that is left out.

    >>> [(each.after, each.until) for each in object_sections("b", ["a/", "r/", "z/"], "r/", 9)]
    [('', 'a/'), ('a/', 'r/'), ('r/\\U0010ffff', 'z/'), ('z/', '')]
    """
    own = results if results is not None else LAST
    places = sorted({each for each in folders if not each.startswith(own)}, key=str.encode)
    chosen = _spread(places, most - 1 - (results is not None))
    if results is not None:
        chosen = sorted({*chosen, results}, key=str.encode)
    starts = ["", *(each + LAST if each == results else each for each in chosen)]
    return [
        Section("objects", bucket, after, until)
        for after, until in zip(starts, [*chosen, ""], strict=True)
    ]


def _spread(places: list[str], most: int) -> list[str]:
    if len(places) <= most:
        return places
    return [places[(index + 1) * len(places) // (most + 1)] for index in range(max(0, most))]


def result_sections(bucket: str) -> list[Section]:
    """The results by the first digit of their run ids, which spread evenly."""
    return [Section("results", bucket, shard=shard) for shard in range(RESULT_SHARDS)]
