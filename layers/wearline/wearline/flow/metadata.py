"""From a metadata file's version to the values that the ledger holds of its entities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from wearline.core.cleaning import Cleaned, clean
from wearline.core.ledger import Acceptance, Entity, MetadataRow, ObjectRow, Source
from wearline.core.metadata_row import RowProblem
from wearline.core.problems import Problem, metadata_rejected, scope_prefix
from wearline.core.study import MetadataFiles
from wearline.flow.problems import close_problems, open_problem
from wearline.flow.studies import DeployedStudy
from wearline.ports import Put, RowChanged, World

MOST_PROBLEMS = 100
NOTHING = Cleaned(values=(), problems=(), rows=0, rejected=0)


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
    if row.version is None or row.kind != "metadata":
        return _give_up(world, study, row)
    content = world.store.read(study.row, row.version)
    if content is None:
        # Overwritten in a bucket without versions: the newer version has its own event.
        return row
    pattern = study.configuration.metadata_files()[row.pattern or ""]
    cleaned = clean(content, pattern, study=row.study, fields=row.fields)
    rows = list(metadata_rows(row, pattern, cleaned))
    world.ledger.list_entities(rows)
    _require_current(world, row)
    world.ledger.put_metadata(rows)
    _withdraw(world, row, {each.entity for each in rows})
    _tell(world, row, cleaned)
    return _accepted(world, study, row, cleaned)


def _give_up(world: World, study: DeployedStudy, row: ObjectRow) -> ObjectRow:
    """Withdraw every value of a source that is gone, or that is no metadata any more."""
    _withdraw(world, row, set())
    _tell(world, row, NOTHING)
    return _accepted(world, study, row, NOTHING)


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


def _source(row: ObjectRow, pattern: MetadataFiles | None) -> Source:
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


def _withdraw(world: World, row: ObjectRow, kept: set[Entity]) -> None:
    """Mark what earlier versions of the source said of entities that it no longer names."""
    source = _source(row, None)
    known = world.ledger.entities_of(row.study, row.bucket, row.key)
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


def _accepted(world: World, study: DeployedStudy, row: ObjectRow, cleaned: Cleaned) -> ObjectRow:
    taken = Acceptance(
        version_rev=row.version_rev,
        configuration=study.row.configuration_sha256,
        rows=cleaned.rows,
        accepted=cleaned.accepted,
        rejected=cleaned.rejected,
        faults=len(cleaned.problems),
    )
    accepted = replace(row, acceptance=taken)
    world.ledger.commit(Put(accepted))
    return replace(accepted, rev=row.rev + 1)


def _tell(world: World, row: ObjectRow, cleaned: Cleaned) -> None:
    """One problem for each bad row, and no longer those of an earlier version.

    Told only while the row stands, so that a late worker tells nothing of its own version.
    """
    problems = [_problem(row, each) for each in cleaned.problems[:MOST_PROBLEMS]]
    if len(cleaned.problems) > MOST_PROBLEMS:
        problems.append(_and_more(row, len(cleaned.problems) - MOST_PROBLEMS))
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
