"""Which subject, visit and location a data file counts for: its key, a device log or a decision
says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from wearline.core.admission import gathered
from wearline.core.decisions import applying, location_of
from wearline.core.ledger import MetadataRow, ObjectRow
from wearline.core.study import DataFile, StudyConfiguration, classify


class Place(NamedTuple):
    """A cell of the matrix of a study."""

    subject: str | None
    visit: str | None
    location: str | None


class Places:
    """The place of each data file, with what was decided about it.

    ``metadata`` are the current rows of the study's sources; those that hold decisions or the
    assignments of devices count.
    """

    def __init__(self, study: StudyConfiguration, metadata: Iterable[MetadataRow] = ()) -> None:
        self._study = study
        self._placing: dict[str, list[MetadataRow]] = {}
        for row in metadata:
            if row.pattern not in study.metadata_files() and not row.withdrawn:
                self._placing.setdefault(row.subject, []).append(row)

    def of(self, row: ObjectRow) -> Place:
        known = gathered(self._study, row, lambda entity: self._placing.get(entity, ()))
        decided = applying(self._study, row, known)
        read = decided.of(row)
        return Place(
            read.fields.get("subject"),
            read.fields.get("visit"),
            decided.location or location_of(self._study, read),
        )


def subjects_of_object(
    study: StudyConfiguration, places: Places, row: ObjectRow
) -> set[str | None]:
    """Whom an object is about, whatever its row still says: by its key, and by what a device log
    or a decision says of it."""
    what = classify(study, row.bucket, row.key)
    by_key = getattr(what, "fields", {}).get("subject")
    if not isinstance(what, DataFile):
        return {by_key}
    read = replace(row, kind="data", pattern=what.pattern, fields=dict(what.fields))
    return {by_key, places.of(read).subject}
