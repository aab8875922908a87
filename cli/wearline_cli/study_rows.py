"""Every row of a study with what is known of its subject, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

from wearline.core.admission import gathered
from wearline.core.ledger import MetadataRow, ObjectRow
from wearline.core.planning import AskedStudy

BATCH = 1000
READERS = 32
Metadata = Callable[[str], Sequence[MetadataRow]]


def with_metadata(
    asked: AskedStudy, rows: Iterable[ObjectRow], metadata: Metadata
) -> Iterator[tuple[ObjectRow, Sequence[MetadataRow]]]:
    """Each row as the study asked for reads its key, and all that may decide about it, of which
    each entity is read once for a batch."""
    coming = iter(rows)
    with ThreadPoolExecutor(READERS) as pool:
        while batch := list(islice(coming, BATCH)):
            entities = sorted({_first(row) for row in batch} - {""})
            known = dict(zip(entities, pool.map(metadata, entities), strict=True))
            for read in map(asked.reads, batch):
                yield read, _gathered(asked, read, known, metadata)


def _first(row: ObjectRow) -> str:
    """The entity that tells of most files; what it leads to is read as it comes."""
    return "" if row.deleted else row.whose.get("subject", "")


def _gathered(
    asked: AskedStudy, row: ObjectRow, known: dict[str, Sequence[MetadataRow]], metadata: Metadata
) -> Sequence[MetadataRow]:
    if row.deleted or row.kind != "data":
        return ()

    def read(entity: str) -> Sequence[MetadataRow]:
        if entity not in known:
            known[entity] = metadata(entity)
        return known[entity]

    return gathered(asked.configuration, row, read)


def among(rows: Mapping[str, Sequence[MetadataRow]]) -> Metadata:
    """Metadata that is known already, by subject."""
    return partial(_among, rows)


def _among(rows: Mapping[str, Sequence[MetadataRow]], subject: str) -> Sequence[MetadataRow]:
    return rows.get(subject, ())
