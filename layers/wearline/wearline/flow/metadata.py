"""From a metadata file's version to the values that the ledger holds of its entities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from wearline.core.assignments import assignment_value, device_entity
from wearline.core.cleaning import Cleaned, clean
from wearline.core.decision_rows import CleanedDecisions, clean_decisions
from wearline.core.decisions import decision_value
from wearline.core.device_log_rows import CleanedDeviceLog, clean_device_log
from wearline.core.ledger import Acceptance, Entity, MetadataRow, ObjectRow, Source
from wearline.core.lifecycle import SOURCES
from wearline.core.metadata_row import RowProblem
from wearline.core.problems import Problem, metadata_rejected, scope_prefix
from wearline.core.study import (
    DecisionsFiles,
    DeviceLogFiles,
    MetadataFiles,
    SourceFiles,
    StudyConfiguration,
)
from wearline.core.withdrawal import without
from wearline.flow.decisions import close_unnamed, judge_decisions
from wearline.flow.problems import close_problems, open_problem
from wearline.flow.studies import DeployedStudy
from wearline.flow.withdrawal import require_the_same, withdrawn
from wearline.ports import Put, RowChanged, World

MOST_PROBLEMS = 100


def accept_metadata(world: World, study: DeployedStudy, row: ObjectRow) -> ObjectRow:
    """Take over the values of a source's current version, and withdraw what it no longer holds.

    ::

        registered ─> entities listed ─> still current? ─> values put ─> others withdrawn
             ^                                │ no                             │
             │ crash anywhere: all again      v                                v
             └─────────────────────────── RowChanged <── refused ── acceptance committed

    A late worker of an older version changes nothing. Either it sees that another is
    registered, or that one's withdrawal, which comes after, finds the entities that it
    listed; and a value is refused where the ledger holds that of a newer version. What is
    deleted, or no metadata any more, goes the same way with no values.
    """
    if row.version is None or row.kind not in SOURCES:
        return _taken(world, study, row, NOTHING)
    content = world.store.read(study.row, row.version)
    if content is None:
        # Overwritten in a bucket without versions: the newer version has its own event.
        return row
    gone = withdrawn(world, study)
    said = statements_of(study.configuration, row, content)
    kept = tuple(without(each, gone) for each in said.entities if each.subject not in gone)
    statements = replace(said, entities=kept)
    world.ledger.list_entities(statements.entities)
    _require_current(world, row)
    world.ledger.put_metadata(statements.entities)
    require_the_same(world, study, gone)
    return _taken(world, study, row, statements)


@dataclass(frozen=True, slots=True)
class Statements:
    """What a source says of each entity, and which of its rows could not be used."""

    entities: tuple[MetadataRow, ...]
    problems: tuple[RowProblem, ...]
    rows: int
    rejected: int


NOTHING = Statements(entities=(), problems=(), rows=0, rejected=0)


def statements_of(configuration: StudyConfiguration, row: ObjectRow, content: bytes) -> Statements:
    """The statements of a metadata file, a decisions file or a device log."""
    pattern = configuration.files[row.pattern or ""]
    if isinstance(pattern, DecisionsFiles):
        decided = clean_decisions(content, pattern, configuration)
        entities = tuple(decision_rows(row, pattern, decided))
        return Statements(entities, decided.problems, decided.rows, decided.rejected)
    if isinstance(pattern, DeviceLogFiles):
        log = clean_device_log(content, pattern, study=row.study, fields=row.fields)
        entities = tuple(device_rows(row, pattern, log))
        return Statements(entities, log.problems, log.rows, log.rejected)
    files = configuration.metadata_files()[row.pattern or ""]
    cleaned = clean(content, files, study=row.study, fields=row.fields)
    entities = tuple(metadata_rows(row, files, cleaned))
    return Statements(entities, cleaned.problems, cleaned.rows, cleaned.rejected)


def _taken(world: World, study: DeployedStudy, row: ObjectRow, statements: Statements) -> ObjectRow:
    """Withdraw what the source no longer says, tell of its faults, and note it as accepted.

    A source that is gone, or no source any more, says nothing.
    """
    known = list(world.ledger.entities_of(row.study, row.bucket, row.key))
    _withdraw(world, row, known, {each.entity for each in statements.entities})
    _tell(world, row, statements)
    if row.kind == "decisions":
        gone = withdrawn(world, study)
        for subject in sorted({subject for subject, _, _ in known if subject not in gone}):
            judge_decisions(world, row.study, [subject])
            close_unnamed(world, row.study, subject)
    return _accepted(world, study, row, statements)


def decision_rows(
    row: ObjectRow, pattern: DecisionsFiles, cleaned: CleanedDecisions
) -> Iterator[MetadataRow]:
    """A row for each subject, beside its metadata."""
    said: dict[str, dict[str, dict[str, Any]]] = {}
    for each in cleaned.decisions:
        name, value = decision_value(each.decision, each.row_number)
        said.setdefault(each.decision.entity, {})[name] = value
    yield from _rows_of(row, pattern, said)


def device_rows(
    row: ObjectRow, pattern: DeviceLogFiles, cleaned: CleanedDeviceLog
) -> Iterator[MetadataRow]:
    """A row for each device, with everybody who had it."""
    said: dict[str, dict[str, dict[str, Any]]] = {}
    for each in cleaned.values:
        name, value = assignment_value(each.assignment, each.row_number)
        said.setdefault(device_entity(each.assignment.serial_number), {})[name] = value
    yield from _rows_of(row, pattern, said)


def _rows_of(
    row: ObjectRow, pattern: SourceFiles, said: Mapping[str, dict[str, dict[str, Any]]]
) -> Iterator[MetadataRow]:
    source = _source(row, pattern)
    for entity, values in said.items():
        yield MetadataRow(
            study=row.study,
            subject=entity,
            visit=None,
            source=source,
            source_rev=row.version_rev,
            pattern=row.pattern or "",
            values=values,
        )


def metadata_rows(
    row: ObjectRow, pattern: MetadataFiles, cleaned: Cleaned
) -> Iterator[MetadataRow]:
    """A row for each entity; rows of the file that complete each other become one."""
    source = _source(row, pattern)
    said: dict[Entity, dict[str, dict[str, Any]]] = {}
    for each in cleaned.values:
        values = said.setdefault((each.subject, each.visit, each.date), {})
        for name, value in each.values.items():
            values.setdefault(name, {**asdict(value), "row": each.row_number})
    for (subject, visit, day), values in said.items():
        yield MetadataRow(
            study=row.study,
            subject=subject,
            visit=visit,
            date=day,
            source=source,
            source_rev=row.version_rev,
            pattern=row.pattern or "",
            values=values,
        )


def _source(row: ObjectRow, pattern: SourceFiles | None) -> Source:
    version = row.version
    dates = pattern.template.dates(row.fields) if pattern else {}
    moment = dates.get("date") or next(iter(dates.values()), None)
    return Source(
        bucket=row.bucket,
        key=row.key,
        version_id=version.version_id if version else None,
        etag=version.etag if version else "",
        source_date=moment.isoformat() if moment else None,
        last_modified=version.last_modified if version else "",
    )


def _require_current(world: World, row: ObjectRow) -> None:
    now = world.ledger.object(row.study, row.bucket, row.key)
    if now is None or now.version_rev != row.version_rev:
        raise RowChanged(f"another version of a source was registered than {row.version_rev}")


def _withdraw(world: World, row: ObjectRow, known: list[Entity], kept: set[Entity]) -> None:
    """Mark what earlier versions of the source said of entities that it no longer names."""
    source = _source(row, None)
    world.ledger.put_metadata(
        MetadataRow(
            study=row.study,
            subject=subject,
            visit=visit,
            source=source,
            source_rev=row.version_rev,
            pattern=row.pattern or "",
            date=day,
            withdrawn=True,
        )
        for subject, visit, day in known
        if (subject, visit, day) not in kept
    )


def _accepted(
    world: World, study: DeployedStudy, row: ObjectRow, statements: Statements
) -> ObjectRow:
    taken = Acceptance(
        version_rev=row.version_rev,
        configuration=study.row.configuration_sha256,
        rows=statements.rows,
        accepted=statements.rows - statements.rejected,
        rejected=statements.rejected,
        faults=len(statements.problems),
    )
    accepted = replace(row, acceptance=taken)
    world.ledger.commit(Put(accepted))
    return replace(accepted, rev=row.rev + 1)


def _tell(world: World, row: ObjectRow, statements: Statements) -> None:
    """One problem for each bad row, and no longer those of an earlier version.

    Told only while the row stands, so that a late worker tells nothing of its own version.
    """
    problems = [_problem(row, each) for each in statements.problems[:MOST_PROBLEMS]]
    if len(statements.problems) > MOST_PROBLEMS:
        problems.append(_and_more(row, len(statements.problems) - MOST_PROBLEMS))
    for problem in problems:
        open_problem(world, problem, row)
    scope = scope_prefix("metadata_rejected", row.bucket, row.key)
    kept = frozenset(each.problem_id for each in problems)
    close_problems(world, row.study, scope, kept, row)


def _problem(row: ObjectRow, each: RowProblem) -> Problem:
    detail = (str(each.row), each.column or "", each.code)
    return metadata_rejected(row.study, row.bucket, row.key, detail, each.sentence)


def _and_more(row: ObjectRow, count: int) -> Problem:
    sentence = f"{count} more rows of the file could not be used."
    return metadata_rejected(row.study, row.bucket, row.key, ("more",), sentence)
