"""May a pipeline run over a file, and with what? The one place where a plan is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from wearline.core.assignments import device_of, is_assigned
from wearline.core.decisions import Applying, applying, key_entity, quality_policy
from wearline.core.formats import plan_format
from wearline.core.ledger import FileVersion, MetadataRow, ObjectRow, Reason, StudyRow, Unmet
from wearline.core.plans import SCHEMA, Plan, canonical_json, sha256_hex
from wearline.core.resolution import Resolved, resolve
from wearline.core.steps import NoCaseForValue, resolve_steps
from wearline.core.study import DataFiles, StudyConfiguration

OUTPUT_SCHEMA = "1"


@dataclass(frozen=True, slots=True)
class Planned:
    """A frozen plan, and the rows of metadata that hold its values."""

    plan: Plan
    rests_on: tuple[MetadataRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Waits:
    """Every requirement that is not known yet."""

    unmet: tuple[Unmet, ...]


@dataclass(frozen=True, slots=True)
class Impossible:
    """The configuration has no plan for this file, whatever metadata may come."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Excluded:
    """A person decided that it shall not run; and the rows that hold the decisions."""

    reason: Reason
    rests_on: tuple[MetadataRow, ...] = ()


Admission = Planned | Waits | Impossible | Excluded


def asked(study: StudyRow) -> str:
    """Digest of all that a plan is made of but the file and its subject's metadata.

    While it is the same, a file with the same metadata gets the same plan.
    """
    releases = {name: release.hash for name, release in study.releases.items()}
    return sha256_hex(
        canonical_json([study.configuration_sha256, releases, SCHEMA, OUTPUT_SCHEMA])
    )[:32]


def known(rows: Iterable[MetadataRow]) -> str:
    """Digest of what is known of a subject; empty where nothing is.

    Of a source taken over again only ``source_rev`` differs, which is no news.
    """
    said = [
        canonical_json([each.pattern, each.visit, each.date, *each.source.identity, each.values])
        for each in rows
        if not each.withdrawn
    ]
    return sha256_hex(b"\n".join(sorted(said)))[:32] if said else ""


def requirements(configuration: StudyConfiguration, pattern: DataFiles, pipeline: str) -> list[str]:
    """The metadata values that must be known: the pipeline's, and those of the location."""
    provided = {name for files in configuration.metadata_files().values() for name in files.values}
    of_location = [name for name in pattern.location_names if name in provided]
    wanted = dict.fromkeys([*configuration.pipelines[pipeline].requires, *of_location])
    return [name for name in wanted if name not in pattern.template.fields]


def depends_on_subject(
    configuration: StudyConfiguration, pattern: DataFiles, pipeline: str
) -> bool:
    """Whether a plan may hang on what is known of the subject: its metadata, a decision, or a
    device log that says who it is."""
    if configuration.device_log_of(pattern) or configuration.decisions_files():
        return True
    return bool(requirements(configuration, pattern, pipeline))


def dependent(configuration: StudyConfiguration, row: ObjectRow) -> tuple[str, ...]:
    """The pipelines of a file that what is known of its subject decides."""
    pattern = _pattern(configuration, row)
    return tuple(
        name for name in pattern.pipelines if depends_on_subject(configuration, pattern, name)
    )


def gathered(
    configuration: StudyConfiguration,
    row: ObjectRow,
    read: Callable[[str], Sequence[MetadataRow]],
) -> list[MetadataRow]:
    """All that may decide about a file, each entity read once, as one leads to the next.

    ::

        key's subject ──┐
        key itself ─────┼─> decisions ─> another subject
        device ─────────┴─> subject of the device log
    """
    rows: list[MetadataRow] = []
    asked: set[str] = set()
    while True:
        leads = _leads(configuration, row, rows)
        entity = next((each for each in leads if each not in asked), None)
        if entity is None:
            return rows
        asked.add(entity)
        rows += read(entity)


def _leads(
    configuration: StudyConfiguration, row: ObjectRow, rows: Sequence[MetadataRow]
) -> Iterator[str]:
    if "subject" in row.fields:
        yield row.fields["subject"]
    if is_assigned(configuration, row):
        if configuration.decisions_files():
            yield key_entity(row.key)
        device = device_of(configuration, row)
        if device is not None:
            yield device
    decided = applying(configuration, row, rows)
    for fields in (decided.assigned.fields, decided.fields):
        if "subject" in fields:
            yield fields["subject"]


def whose(
    configuration: StudyConfiguration, row: ObjectRow, rows: Sequence[MetadataRow]
) -> str | None:
    """The subject that a file counts for, by its key, the device log and the decisions."""
    return applying(configuration, row, rows).of(row).fields.get("subject")


def admit(
    configuration: StudyConfiguration,
    study: StudyRow,
    row: ObjectRow,
    pipeline: str,
    metadata: Sequence[MetadataRow],
) -> Admission:
    """Resolve configuration, decisions and metadata for a file: a frozen plan, or why not.

    ``metadata`` are the rows that ``gathered`` finds of it.
    """
    decided = applying(configuration, row, metadata)
    if decided.excluded is not None:
        return Excluded(decided.excluded, _holding({}, decided, metadata))
    if decided.unknown is not None:
        return Impossible(decided.unknown)
    if decided.unmet is not None:
        return Waits((decided.unmet,))
    row = decided.of(row)
    pattern = _pattern(configuration, row)
    wanted = requirements(configuration, pattern, pipeline)
    resolved = resolve(
        wanted,
        subject=row.fields.get("subject", ""),
        visit=row.fields.get("visit"),
        recording_date=recording_date(pattern, row),
        rows=metadata,
        patterns=configuration.metadata_files(),
        visit_order=configuration.expect.visits,
    )
    if resolved.unmet:
        return Waits(tuple(resolved.unmet))
    planned = _planned(configuration, study, row, pipeline, resolved.values, decided)
    if isinstance(planned, Planned):
        return replace(planned, rests_on=_holding(resolved.values, decided, metadata))
    return planned


def _holding(
    values: Mapping[str, Resolved], decided: Applying, metadata: Sequence[MetadataRow]
) -> tuple[MetadataRow, ...]:
    """The rows that the values, the decisions and the device's assignment were written in."""
    entry = decided.assigned.entry
    deciding = [each.held_by for each in decided.decided] + ([entry.held_by] if entry else [])

    def holds(row: MetadataRow) -> bool:
        return any(row is each for each in deciding) or any(
            row.source == known.origin.source
            and name in row.values
            and row.values[name]["row"] == known.origin.row
            for name, known in values.items()
        )

    return tuple(filter(holds, metadata))


def recording_date(pattern: DataFiles, row: ObjectRow) -> date | None:
    """The day of a recording: in its key if the template has one, else in its header, as far as
    that was read."""
    dates = pattern.template.dates(row.fields)
    moment = dates.get("date") or next(iter(dates.values()), None)
    if moment is None and row.recorded is not None and row.recorded.start is not None:
        moment = datetime.fromisoformat(row.recorded.start)
    return moment.date() if moment else None


def _pattern(configuration: StudyConfiguration, row: ObjectRow) -> DataFiles:
    return configuration.data_files()[row.pattern or ""]


def _planned(
    configuration: StudyConfiguration,
    study: StudyRow,
    row: ObjectRow,
    name: str,
    values: Mapping[str, Resolved],
    decided: Applying,
) -> Planned | Impossible:
    pattern, pipeline = _pattern(configuration, row), configuration.pipelines[name]
    known: dict[str, Any] = {
        **row.fields, **{value: known.value for value, known in values.items()},
    }  # fmt: skip
    location = decided.location or (
        pattern.location.format_map(known) if pattern.location else None
    )
    try:
        steps = resolve_steps(pipeline, {**known, "location": location})
    except NoCaseForValue as missing:
        return Impossible(Reason("no_case_for_value", str(missing)))
    release = study.releases.get(pipeline.processor_release)
    if release is None:
        return Impossible(_not_deployed(pipeline.processor_release))
    version = row.version
    if version is None:
        return Impossible(Reason("deleted", "The file is no longer there."))
    wanted = {required: values[required] for required in values if required in pipeline.requires}
    identity = {
        "study": study.study,
        "file": _file(row, version),
        "fields": row.fields,
        "recording": {
            "subject": row.fields.get("subject"),
            "visit": row.fields.get("visit"),
            "location": location,
        },
        "format": plan_format(pattern.format, pattern.template.dates(row.fields)),
        "pipeline": name,
        "steps": steps,
        "time_zone": configuration.time_zone(row.fields),
        "metadata": {key: {"value": each.value, "unit": each.unit} for key, each in wanted.items()},
        "quality": quality_policy(configuration.quality.model_dump(mode="json"), decided.accepted),
        "decisions": decided.trim(configuration.time_zone(row.fields)),
        "processor": {
            "release": pipeline.processor_release,
            "engine": pipeline.engine,
            "hash": release.hash,
        },
        "output_schema": OUTPUT_SCHEMA,
    }
    return Planned(Plan(identity, _origin(study, row, values, decided)))


def _file(row: ObjectRow, version: FileVersion) -> dict[str, Any]:
    return {
        "bucket": row.bucket,
        "key": row.key,
        "version_id": version.version_id,
        "etag": version.etag,
        "size": version.size,
    }


def _origin(
    study: StudyRow, row: ObjectRow, values: Mapping[str, Resolved], decided: Applying
) -> dict[str, Any]:
    entry = decided.assigned.entry
    return {
        "pattern": row.pattern,
        **({"device_log": entry.origin()} if entry else {}),
        "configuration": {
            "version_id": study.configuration_version,
            "sha256": study.configuration_sha256,
        },
        "metadata": {name: asdict(value.origin) for name, value in values.items()},
        "decisions": [each.origin() for each in decided.decided],
    }


def _not_deployed(release: str) -> Reason:
    return Reason(
        "release_not_deployed",
        f"The study was deployed without the processor release {release};"
        " deploy the study again with `wearline study deploy`.",
    )
