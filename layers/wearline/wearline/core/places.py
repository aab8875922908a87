"""Which subject, visit and location a data file counts for, as its key or a decision says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wearline.core.decisions import applying, location_of
from wearline.core.ledger import MetadataRow, ObjectRow
from wearline.core.study import StudyConfiguration


class Place(NamedTuple):
    """A cell of the matrix of a study."""

    subject: str | None
    visit: str | None
    location: str | None


class Places:
    """The place of each data file, with what was decided about it.

    ``metadata`` are the current rows of the study's sources; those that hold decisions count.
    """

    def __init__(self, study: StudyConfiguration, metadata: Iterable[MetadataRow] = ()) -> None:
        self._study = study
        self._decided: dict[str, list[MetadataRow]] = {}
        deciding = study.decisions_files()
        for row in metadata:
            if row.pattern in deciding and not row.withdrawn:
                self._decided.setdefault(row.subject, []).append(row)

    def of(self, row: ObjectRow) -> Place:
        decided = applying(self._study, row, self._decided.get(row.fields.get("subject", ""), ()))
        read = decided.of(row)
        return Place(
            read.fields.get("subject"),
            read.fields.get("visit"),
            decided.location or location_of(self._study, read),
        )
