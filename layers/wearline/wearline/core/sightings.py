"""What a key of a bucket is to the deployed study, together with what S3 holds there."""

from __future__ import annotations

from wearline.core.ledger import FileVersion, Kind, Reason, StudyRow
from wearline.core.lifecycle import Sighting
from wearline.core.study import (
    Classification,
    DataFile,
    DecisionsFile,
    Ignored,
    MetadataFile,
    StudyConfiguration,
    classify,
)


def sighting(
    configuration: StudyConfiguration,
    study: StudyRow,
    bucket: str,
    key: str,
    current: FileVersion | None,
    at: str,
) -> Sighting:
    """Put the classification of a key and its current version side by side."""
    what = classify(configuration, bucket, key)
    ignored = isinstance(what, Ignored)
    return Sighting(
        study=study.study,
        bucket=bucket,
        key=key,
        kind=_kind(what),
        pattern=None if ignored else what.pattern,
        fields={} if ignored else dict(what.fields),
        reason=Reason(what.code, what.reason) if ignored else None,
        current=current,
        configuration=study.configuration_sha256,
        at=at,
    )


def _kind(what: Classification) -> Kind:
    match what:
        case DataFile():
            return "data"
        case MetadataFile():
            return "metadata"
        case DecisionsFile():
            return "decisions"
        case Ignored():
            return "ignored"
