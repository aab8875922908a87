"""What the metadata of a study says, and whom it is about."""

from __future__ import annotations

from collections.abc import Iterable

from wearline.core.ledger import MetadataRow, ObjectRow
from wearline.ports import Ledger


def known_metadata(ledger: Ledger, objects: Iterable[ObjectRow]) -> list[MetadataRow]:
    """What the current metadata and decisions files among a study's objects say."""
    sources = [row for row in objects if row.acceptance is not None]
    subjects = {
        (row.study, subject)
        for row in sources
        for subject, _, _ in ledger.entities_of(row.study, row.bucket, row.key)
    }
    return [
        row
        for study, subject in sorted(subjects)
        for row in ledger.metadata(study, subject)
        if not row.withdrawn
    ]
