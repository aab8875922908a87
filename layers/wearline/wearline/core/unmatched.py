"""Files without metadata, and metadata without files, each with the nearest spelling.

Most of what waits for ever waits because a subject is written in two ways. So beside each
name that found nothing stands the one that was probably meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from wearline.core.assignments import device_of, entries, is_device, serial_of
from wearline.core.ledger import MetadataRow, ObjectRow
from wearline.core.places import Places
from wearline.core.study import StudyConfiguration
from wearline.core.withdrawal import is_stand_in

# Of the known names, what finds the one that was probably meant by another.
Spelled = Callable[[Iterable[str]], Callable[[str], str | None]]


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
    """A subject, a visit or a device that only metadata know. ``nearest`` is one of the files'."""

    what: str
    name: str
    nearest: str | None


@dataclass(frozen=True, slots=True)
class Unmatched:
    files: tuple[FileWithoutMetadata, ...]
    metadata: tuple[MetadataWithoutFile, ...]


def unmatched(
    study: StudyConfiguration,
    rows: Iterable[ObjectRow],
    metadata: Iterable[MetadataRow],
    spelled: Spelled,
) -> Unmatched:
    """Both lists, from a study's objects and from what its current metadata files say.

    A file is of whom its key, the device log or a decision says. Either list may have very many
    names, so ``spelled`` is asked once for all that are compared with the same ones.
    """
    data = [row for row in rows if row.kind == "data" and not row.deleted]
    known = [row for row in metadata if not row.withdrawn]
    places = Places(study, known)
    found = [places.of(row) for row in data]
    logged = {serial_of(each.subject) for each in known if is_device(each.subject)}
    given = {entry.assignment.subject for entry in entries(known)}
    known = [row for row in known if row.pattern in study.metadata_files()]
    subjects = {row.subject for row in known} | {name for name in given if not is_stand_in(name)}
    with_files = {place.subject for place in found if place.subject}
    visits, devices = {place.visit for place in found if place.visit}, set(_devices(study, data))
    return Unmatched(
        files=tuple(_waiting(data, subjects - with_files, logged - devices, spelled)),
        metadata=(
            *_unknown("subject", subjects, with_files, spelled),
            *_unknown("visit", {row.visit for row in known if row.visit}, visits, spelled),
            *_unknown("device", logged, devices, spelled),
        ),
    )


def _devices(study: StudyConfiguration, data: Iterable[ObjectRow]) -> Iterator[str]:
    for row in data:
        device = device_of(study, row)
        if device is not None:
            yield serial_of(device)


def _waiting(
    data: Iterable[ObjectRow], without_files: set[str], devices: set[str], spelled: Spelled
) -> list[FileWithoutMetadata]:
    """Each value once for a file, however many pipelines wait for it."""
    nearest_subject, nearest_device = spelled(without_files), spelled(devices)

    @cache
    def meant(entity: str) -> str | None:
        if is_device(entity):
            return nearest_device(serial_of(entity))
        return nearest_subject(entity) if entity else None

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
    what: str, said: set[str], known: set[str], spelled: Spelled
) -> list[MetadataWithoutFile]:
    """Nothing is unknown while there are no files to compare with."""
    if not known:
        return []
    nearest = spelled(known)
    return [MetadataWithoutFile(what, name, nearest(name)) for name in sorted(said - known)]
