"""Every row of a study with what is known of its subject, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

from wearline.core.ledger import MetadataRow, ObjectRow

BATCH = 1000
READERS = 32
Metadata = Callable[[str], Sequence[MetadataRow]]


def with_metadata(
    rows: Iterable[ObjectRow], metadata: Metadata
) -> Iterator[tuple[ObjectRow, Sequence[MetadataRow]]]:
    """Each row and its subject's metadata, which is read once for each subject of a batch."""
    coming = iter(rows)
    with ThreadPoolExecutor(READERS) as pool:
        while batch := list(islice(coming, BATCH)):
            subjects = sorted({_subject(row) for row in batch} - {""})
            known = dict(zip(subjects, pool.map(metadata, subjects), strict=True))
            yield from ((row, known.get(_subject(row), ())) for row in batch)


def _subject(row: ObjectRow) -> str:
    return "" if row.deleted else row.fields.get("subject", "")


def among(rows: Mapping[str, Sequence[MetadataRow]]) -> Metadata:
    """Metadata that is known already, by subject."""
    return partial(_among, rows)


def _among(rows: Mapping[str, Sequence[MetadataRow]], subject: str) -> Sequence[MetadataRow]:
    return rows.get(subject, ())
