"""What files would become under a study configuration, before any is uploaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wearline.core.file_patterns import DataFiles
from wearline.core.key_automata import nearest_miss
from wearline.core.keys import KeyTemplate
from wearline.core.study import DataFile, Ignored, StudyConfiguration, classify


@dataclass(frozen=True)
class PipelinePreview:
    """A pipeline that would run over a file, and what it would wait for."""

    name: str
    waits_for: tuple[str, ...]


@dataclass(frozen=True)
class FilePreview:
    """What one key would become. `kind` is that of its pattern, or ignored with `reason`.

    `location` is None where the pattern has none, or a metadata value decides; then `location` is
    among what the pipelines wait for. Where a `device_log` tells whose the recording is, `told` is
    what it tells: `subject`, and as far as it has columns for them `visit` and `location`.
    """

    bucket: str
    key: str
    kind: str
    pattern: str | None = None
    fields: Mapping[str, str] | None = None
    subject: str | None = None
    visit: str | None = None
    location: str | None = None
    time_zone: str | None = None
    pipelines: tuple[PipelinePreview, ...] = ()
    reason: str | None = None
    nearest: str | None = None
    miss: str | None = None
    device_log: str | None = None
    told: tuple[str, ...] = ()


def preview(study: StudyConfiguration, objects: Iterable[tuple[str, str]]) -> list[FilePreview]:
    """What each (bucket, key) would become."""
    return [_preview(study, bucket, key) for bucket, key in objects]


def _preview(study: StudyConfiguration, bucket: str, key: str) -> FilePreview:
    found = classify(study, bucket, key)
    if isinstance(found, Ignored):
        return _ignored(study, bucket, key, found)
    if isinstance(found, DataFile):
        return _data(study, bucket, key, found)
    kind = study.files[found.pattern].kind
    return FilePreview(bucket, key, kind, found.pattern, found.fields)


def _data(study: StudyConfiguration, bucket: str, key: str, found: DataFile) -> FilePreview:
    files = study.data_files()[found.pattern]
    log = study.device_log_of(files)
    return FilePreview(
        bucket,
        key,
        "data",
        found.pattern,
        found.fields,
        subject=found.fields.get("subject"),
        visit=found.fields.get("visit"),
        location=_location(files, found.fields),
        time_zone=study.time_zone(found.fields),
        pipelines=tuple(
            PipelinePreview(name, _waits_for(study, files, name)) for name in files.pipelines
        ),
        device_log=files.device_log,
        told=() if log is None else log.tells,
    )


def _location(files: DataFiles, fields: Mapping[str, str]) -> str | None:
    if files.location is None or not set(files.location_names) <= set(fields):
        return None
    return files.location.format_map(fields)


def _waits_for(study: StudyConfiguration, files: DataFiles, pipeline: str) -> tuple[str, ...]:
    wanted = dict.fromkeys([*study.pipelines[pipeline].requires, *files.location_names])
    return tuple(name for name in wanted if name not in study.fields_of(files))


def _ignored(study: StudyConfiguration, bucket: str, key: str, found: Ignored) -> FilePreview:
    if found.code != "no_pattern":
        return FilePreview(bucket, key, "ignored", reason=found.reason)
    misses = {
        name: nearest_miss(files.template, key)
        for name, files in study.files.items()
        if bucket in study.buckets_of(files)
    }
    nearest = max(misses, key=lambda name: misses[name].share, default=None)
    if nearest is None or not misses[nearest].fits:
        return FilePreview(bucket, key, "ignored", reason=found.reason)
    miss = str(misses[nearest])
    template = study.files[nearest].template
    if KeyTemplate.parse(template.text, ignore_case=True).match(key) is not None:
        miss = "only the case of its letters differs; set ignore_case: true to match it"
    return FilePreview(bucket, key, "ignored", reason=found.reason, nearest=nearest, miss=miss)
