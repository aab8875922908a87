"""Files without metadata, and metadata without files, each with the nearest spelling.

Most of what waits for ever waits because a subject is written in two ways. So beside each
name that found nothing stands the one that was probably meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from wearline.core.faults import nearest_word
from wearline.core.ledger import Entity, ObjectRow

Nearest = Callable[[str, Iterable[str]], str | None]


@dataclass(frozen=True, slots=True)
class FileWithoutMetadata:
    """A data file that waits for a value. ``nearest`` is a subject that the value is known of."""

    bucket: str
    key: str
    subject: str
    visit: str | None
    name: str
    sentence: str
    nearest: str | None


@dataclass(frozen=True, slots=True)
class MetadataWithoutFile:
    """A subject, or a visit, that only metadata know. ``nearest`` is one that files have."""

    what: str
    name: str
    nearest: str | None


@dataclass(frozen=True, slots=True)
class Unmatched:
    files: tuple[FileWithoutMetadata, ...]
    metadata: tuple[MetadataWithoutFile, ...]


def unmatched(
    rows: Iterable[ObjectRow], entities: Iterable[Entity], nearest: Nearest = nearest_word
) -> Unmatched:
    """Both lists, from a study's objects and from what its metadata files are about.

    ``entities`` are those that current metadata files name. ``nearest`` finds, among any number
    of names, the one that was probably meant.
    """
    data = [row for row in rows if row.kind == "data" and not row.deleted]
    known = list(entities)
    subjects = {subject for subject, _, _ in known}
    visits = {visit for _, visit, _ in known if visit}
    with_files = _named(data, "subject")
    return Unmatched(
        files=tuple(_waiting(data, subjects - with_files, nearest)),
        metadata=(
            *_unknown("subject", subjects, with_files, nearest),
            *_unknown("visit", visits, _named(data, "visit"), nearest),
        ),
    )


def _named(data: Iterable[ObjectRow], field: str) -> set[str]:
    return {row.fields[field] for row in data if field in row.fields}


def _waiting(
    data: Iterable[ObjectRow], without_files: set[str], nearest: Nearest
) -> list[FileWithoutMetadata]:
    """Each value once for a file, however many pipelines wait for it."""

    @cache
    def meant(subject: str) -> str | None:
        return nearest(subject, without_files) if subject else None

    found: dict[FileWithoutMetadata, None] = {}
    for row in data:
        for pipeline in row.pipelines.values():
            for unmet in pipeline.unmet:
                waiting = FileWithoutMetadata(
                    row.bucket,
                    row.key,
                    unmet.subject,
                    unmet.visit,
                    unmet.name,
                    unmet.sentence,
                    meant(unmet.subject) if unmet.why == "missing" else None,
                )
                found.setdefault(waiting)
    return list(found)


def _unknown(
    what: str, said: set[str], known: set[str], nearest: Nearest
) -> list[MetadataWithoutFile]:
    """Nothing is unknown while there are no files to compare with."""
    if not known:
        return []
    return [MetadataWithoutFile(what, name, nearest(name, known)) for name in sorted(said - known)]
