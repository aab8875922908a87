"""What a key of a bucket is to the deployed study, together with what S3 holds there."""

from __future__ import annotations

from collections.abc import Container

from wearline.core.admission import asked
from wearline.core.ledger import FileVersion, Kind, Reason, StudyRow, ToldBy
from wearline.core.lifecycle import Sighting
from wearline.core.study import (
    Classification,
    DataFile,
    DecisionsFile,
    DeviceLogFile,
    Ignored,
    MetadataFile,
    StudyConfiguration,
    classify,
)
from wearline.core.withdrawal import WITHDRAWN


def sighting(
    configuration: StudyConfiguration,
    study: StudyRow,
    bucket: str,
    key: str,
    current: FileVersion | None,
    at: str,
    told_by: ToldBy = "event",
    withdrawn: Container[str] = (),
) -> Sighting:
    """Put the classification of a key and its current version side by side.

    What is of a subject that has ``withdrawn`` is nothing to the study any more.
    """
    what = classify(configuration, bucket, key)
    pattern, fields, reason = _told(what)
    if fields.get("subject", "") in withdrawn:
        what, pattern, fields, reason = Ignored("withdrawn", ""), None, {}, WITHDRAWN
    return Sighting(
        study=study.study,
        bucket=bucket,
        key=key,
        kind=_kind(what),
        pattern=pattern,
        fields=fields,
        reason=reason,
        current=current,
        configuration=asked(study),
        at=at,
        told_by=told_by,
    )


def _told(what: Classification) -> tuple[str | None, dict[str, str], Reason | None]:
    if isinstance(what, Ignored):
        return None, {}, Reason(what.code, what.reason)
    return what.pattern, dict(what.fields), None


def _kind(what: Classification) -> Kind:
    match what:
        case DataFile():
            return "data"
        case MetadataFile():
            return "metadata"
        case DecisionsFile():
            return "decisions"
        case DeviceLogFile():
            return "device_log"
        case Ignored():
            return "ignored"
