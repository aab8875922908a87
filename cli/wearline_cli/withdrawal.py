"""What there is of a subject, and its removal in the order that keeps the promise.

::

    tombstone ─> names replaced ─> runs stopped ─> files forgotten (settle) ─> results, rows
    removed ─> record

A file that a device log or a decision gave to the subject, and that a correction makes somebody
else's, is not forgotten: what was made of it for the subject is, and whose it is gets its run.

The tombstone comes first: from then on nothing new is made, so what is removed stays removed.
Every step may be done again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from wearline.aws.removal import Rows, SubjectRows
from wearline.aws.services import Queues
from wearline.core.ledger import MetadataRow, ObjectRow, RunRow, StudyRow, TombstoneRow
from wearline.core.lifecycle import SOURCES
from wearline.core.places import Places, subjects_of_object
from wearline.core.plans import canonical_json, execution_name, sha256_hex
from wearline.core.results import REPORT
from wearline.core.run_records import REMOVAL
from wearline.core.study import StudyConfiguration
from wearline.core.withdrawal import (
    WITHDRAWN,
    Withdrawn,
    names_removed,
    new_salt,
    still_tells,
    tombstone,
    without,
)
from wearline.flow.known_metadata import known_metadata
from wearline.ports import Put, RowChanged
from wearline_cli.auditing import audited
from wearline_cli.environments import CommandError, Environment
from wearline_cli.standing import rows
from wearline_cli.versions import Kept, Version, remove_versions, versions_of

_MOVED = "files that are somebody else's by now, and get a run of their own"
# What there was of them before the files were forgotten.
_BEFORE = ("files", _MOVED, "statements of device logs and decisions")
SCHEMA = "wearline.withdrawal/1"
PATIENCE_S = 300.0
POLL_S = 0.5
ROUNDS = 3
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
RECOVERY_DAYS = 35


class NotForgotten(CommandError):
    """The files of a subject were not taken up in time; the tombstone holds all the same."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            f"{count} files are not forgotten yet. Nothing new is made of them;"
            " run the same command again when the backlog is through."
        )


@dataclass(frozen=True)
class Inventory:
    """Everything that is kept of a subject. ``raw`` is the study team's own.

    ``naming`` says whose a recording is: its names go, and that it is of nobody else stays.
    ``moved`` are files that are somebody else's by now, and still tell of the subject.
    """

    files: list[ObjectRow]
    moved: list[ObjectRow]
    rows: Rows
    naming: list[MetadataRow]
    results: list[Version]
    raw: int
    run_ids: list[str]
    counts: dict[str, int] = field(default_factory=dict)
    releases: list[str] = field(default_factory=list)


def inventory(
    there: Environment, row: StudyRow, configuration: StudyConfiguration, subject: str
) -> Inventory:
    """Find everything, and touch nothing."""
    # Rows before statements: a file that is given to the subject in between is not forgotten.
    everything = list(rows(there.ledger, configuration))
    metadata = known_metadata(there.ledger, everything)
    gone, names = _gone(row, subject), Withdrawn(row.salt).names(subject)
    places = Places(configuration, metadata)
    files = [each for each in everything if names & subjects_of_object(configuration, places, each)]
    naming = [each for each in metadata if without(each, gone) != each]
    keys = {(each.bucket, each.key) for each in files}
    sources = [each for each in everything if each.kind in SOURCES or each.acceptance]
    found = _rows_of(there).find(row.study, subject, names, keys, sources)
    run_ids = {run.run_id for run in found.runs} | set(
        _runs_without_rows(there, configuration, names)
    )
    others = (each for each in everything if (each.bucket, each.key) not in keys)
    moved = [each for each in others if still_tells(each, names, run_ids)]
    results = [
        version
        for run_id in sorted(run_ids)
        for version in versions_of(
            there, configuration.results.bucket, f"{configuration.results.prefix}runs/{run_id}/"
        )
    ]
    raw = sum(1 for each in files for _ in versions_of(there, each.bucket, each.key, exact=True))
    forgotten = sum(1 for each in files if each.reason != WITHDRAWN)
    tables = there.tables
    counts = {
        "files": forgotten,
        _MOVED: len(moved),
        "runs": len(run_ids),
        "versions of results and plans": len(results),
        "metadata rows": found.count(tables.metadata),
        "requirement rows": found.count(tables.requirements),
        "problems": found.count(tables.problems),
        "statements of device logs and decisions": len(naming),
    }
    releases = _releases_holding(there, row, configuration, subject)
    return Inventory(files, moved, found, naming, results, raw, sorted(run_ids), counts, releases)


def withdraw(
    there: Environment,
    row: StudyRow,
    configuration: StudyConfiguration,
    subject: str,
    reason: str,
) -> dict[str, Any]:
    """Do it; the record, which holds no personal data. Raises NotForgotten."""
    row = _with_salt(there, row)
    mark = tombstone(row.salt, subject)
    before = inventory(there, row, configuration, subject)
    facts = {"subject": mark, "runs": len(before.run_ids)}
    with audited(there, row.study, "withdraw", **facts) as told:
        record = _withdrawn(there, row, configuration, subject, reason)
        told |= {"subject": mark, "record_sha256": sha256_hex(canonical_json(record))}
    return record


def _withdrawn(
    there: Environment, row: StudyRow, configuration: StudyConfiguration, subject: str, reason: str
) -> dict[str, Any]:
    """The record of what was removed. Raises NotForgotten when a device log gave the subject
    another file meanwhile: nothing of that one is removed yet."""
    mark = _put_tombstone(there, row, subject, reason)
    found = inventory(there, row, configuration, subject)
    gone = _gone(row, subject)
    # Before the files are looked at again: what they say is taken from there.
    there.ledger.put_metadata(without(each, gone) for each in found.naming)
    removed = _forgotten(there, row, configuration, subject, found)
    pages = report_pages(there, configuration)
    with audited(there, row.study, REMOVAL, subject=mark, removed_runs=removed.run_ids):
        kept = remove_versions(there, [*removed.results, *pages])
        there.ledger.put_metadata(without(each, gone) for each in removed.naming)
        _rows_of(there).remove(removed.rows)
        # What a function wrote that was at work meanwhile, such as while results were removed.
        late = inventory(there, row, configuration, subject)
        left = _left(late)
        if not left:
            _rows_of(there).remove(late.rows)
        take_up(there, row, configuration)
    record = {
        "schema": SCHEMA,
        "study": row.study,
        "subject": mark,
        "reason": reason,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "removed": {
            **removed.counts,
            **{name: found.counts[name] for name in _BEFORE},
            "versions of the report": len(pages),
        },
        "kept": still_kept(removed, kept),
    }
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    there.s3.put_object(
        Bucket=there.outputs["ConfigurationBucket"],
        Key=f"withdrawals/{row.study}/{mark}-{moment}.json",
        Body=canonical_json(record),
    )
    if left:
        raise NotForgotten(len(left))
    return record


def report_pages(there: Environment, configuration: StudyConfiguration) -> list[Version]:
    """Every version of the study's report for people: the next sweep writes it without them."""
    results = configuration.results
    return list(versions_of(there, results.bucket, f"{results.prefix}{REPORT}", exact=True))


def still_kept(found: Inventory, locked: list[Kept]) -> list[str]:
    """What is kept all the same, and until when, a sentence each."""
    until = (datetime.now(UTC) + timedelta(days=RECOVERY_DAYS)).date()
    raw = f"The study's own buckets hold {found.raw} versions of the subject's files"
    recovery = f"Point-in-time recovery of the ledger's tables can bring back rows until {until}"
    sentences = [
        f"{raw} until the study team deletes them; metadata files may name the subject.",
        f"{recovery}; after restoring a table, withdraw again.",
        "Queues hold messages with keys for up to 14 days; executions and logs hold no key.",
        "Catalog reports may name the subject's keys among what did not fit.",
        "Copies of the study report that people made show the subject until they are deleted.",
    ]
    if found.releases:
        names = ", ".join(found.releases)
        sentences.append(
            f"Frozen releases hold rows of the subject: {names}. Wearline shows those rows no more;"
            " wearline results discard STUDY NAME removes a release for ever."
        )
    if locked:
        last = max((each.until or "" for each in locked), default="") or "their lock is lifted"
        sentences.append(f"{len(locked)} versions of results are locked until {last}.")
    return sentences


def _gone(row: StudyRow, subject: str) -> Withdrawn:
    marks = [tombstone(row.salt, subject)] if row.salt else []
    return Withdrawn(row.salt, frozenset(marks))


def _releases_holding(
    there: Environment, row: StudyRow, configuration: StudyConfiguration, subject: str
) -> list[str]:
    from wearline_analysis.releases import Releases

    return Releases(there, row, configuration).holding(subject)


def _rows_of(there: Environment) -> SubjectRows:
    return SubjectRows(there.dynamodb, there.tables)


def _with_salt(there: Environment, row: StudyRow) -> StudyRow:
    if row.salt:
        return row
    salted = replace(row, salt=new_salt())
    there.ledger.commit(Put(salted))
    return replace(salted, rev=row.rev + 1)


def _put_tombstone(there: Environment, row: StudyRow, subject: str, reason: str) -> str:
    mark, now = tombstone(row.salt, subject), datetime.now(UTC).isoformat(timespec="seconds")
    # Where it is there already, the subject has withdrawn before.
    with suppress(RowChanged):
        there.ledger.commit(Put(TombstoneRow(row.study, mark, reason, now)))
    return mark


def under_way(files: Iterable[ObjectRow], runs: Iterable[RunRow]) -> set[str]:
    """The executions that may be at work: those that the files name, and those that they no
    longer do, since another version or configuration took their place."""
    named = {
        execution_name(pipeline.run_id, pipeline.attempt)
        for row in files
        for pipeline in row.pipelines.values()
        if pipeline.disposition in ("ready", "running") and pipeline.run_id
    }
    return named | {execution_name(r.run_id, r.attempt) for r in runs if r.state == "running"}


def _stop(there: Environment, executions: Iterable[str]) -> None:
    machine = there.outputs["ProcessingMachineArn"].replace(":stateMachine:", ":execution:")
    for name in sorted(executions):
        # One that has ended, or never began, needs no stop.
        with suppress(ClientError):
            there.stepfunctions.stop_execution(
                executionArn=f"{machine}:{name}", cause="The subject has withdrawn."
            )


def _forgotten(
    there: Environment,
    row: StudyRow,
    configuration: StudyConfiguration,
    subject: str,
    found: Inventory,
) -> Inventory:
    """What there is once work is stopped and every file is forgotten, those too that a device
    log gave to the subject meanwhile: the rows that are removed then are named by none."""
    names = Withdrawn(row.salt).names(subject)
    for _ in range(ROUNDS):
        _stop(there, under_way(found.files, found.rows.runs))
        _forget(there, row, found, names)
        found = inventory(there, row, configuration, subject)
        left = _left(found) + found.moved
        if not left:
            return found
    raise NotForgotten(len(left))


def _left(found: Inventory) -> list[ObjectRow]:
    """The files whose runs still answer: nothing of those may be removed."""
    return [each for each in found.files if not _is_done(each, each)]


def _is_silent(now: ObjectRow | None, names: Container[str], runs: Container[str]) -> bool:
    """Whether a file that is somebody else's tells of the subject no more."""
    return now is None or not still_tells(now, names, runs)


def _is_done(now: ObjectRow | None, before: ObjectRow) -> bool:
    """Whether nothing is made of a file any more, or a device log says that it is another's."""
    if now is None or now.deleted or now.reason == WITHDRAWN:
        return True
    return now.assigned != before.assigned


def _forget(there: Environment, row: StudyRow, found: Inventory, names: Container[str]) -> None:
    """Have each file settled, which obeys the tombstone, and wait for it."""
    runs = frozenset(found.run_ids)
    moved = {(each.bucket, each.key): each for each in found.moved}
    waiting = {(each.bucket, each.key): each for each in _left(found)} | moved
    _look_at(there, row, (waiting[place] for place in sorted(waiting)))
    deadline = time.monotonic() + PATIENCE_S
    while waiting:
        for (bucket, key), before in list(waiting.items()):
            now = there.ledger.object(row.study, bucket, key)
            is_moved = (bucket, key) in moved
            if _is_silent(now, names, runs) if is_moved else _is_done(now, before):
                del waiting[bucket, key]
        if waiting and time.monotonic() > deadline:
            raise NotForgotten(len(waiting))
        time.sleep(POLL_S if waiting else 0)


def take_up(there: Environment, row: StudyRow, configuration: StudyConfiguration) -> None:
    """A device log or a decision may have made a file somebody else's again while its runs were
    removed: what its row then took for a result is gone, and whose it is gets a new one.

    Also what an earlier withdrawal did not come to.
    """
    forgotten = [each for each in rows(there.ledger, configuration) if each.attempts_gone]
    named = {p.run_id for each in forgotten for p in each.pipelines.values() if p.run_id}
    removed = named - {run.run_id for run in there.ledger.runs(named)}
    _look_at(there, row, (each for each in forgotten if names_removed(each, removed)))


def _look_at(there: Environment, row: StudyRow, files: Iterable[ObjectRow]) -> None:
    """Have files settled."""
    queues = Queues(there.sqs, {"data_backlog": there.outputs["DataBacklogQueueUrl"]})
    bodies = (
        {"source": "wearline.person", "study": row.study, "bucket": each.bucket, "key": each.key}
        for each in files
    )
    queues.send("data_backlog", bodies)


def _runs_without_rows(
    there: Environment, configuration: StudyConfiguration, names: Container[str]
) -> Iterator[str]:
    """Runs that the ledger does not hold: plans of the subject that a worker died over before
    its row named the run, and what a task left that ended after a withdrawal had removed all.

    A plan is stored before anything else of a run, and only a withdrawal removes it.
    """
    results = configuration.results
    pages = there.s3.get_paginator("list_objects_v2").paginate(
        Bucket=results.bucket, Prefix=f"{results.prefix}runs/", Delimiter="/"
    )
    prefixes = (each["Prefix"] for page in pages for each in page.get("CommonPrefixes", []))
    known = {prefix: prefix.rstrip("/").rpartition("/")[2] for prefix in prefixes}
    recorded = {row.run_id for row in there.ledger.runs(known.values())}
    for prefix, run_id in known.items():
        if run_id not in recorded:
            plan = _plan(there, results.bucket, prefix)
            if plan is None or plan["identity"]["recording"]["subject"] in names:
                yield run_id


def _plan(there: Environment, bucket: str, prefix: str) -> dict[str, Any] | None:
    """The stored plan of a run; None where there is none."""
    try:
        answer = there.s3.get_object(Bucket=bucket, Key=f"{prefix}plan.json")
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise
        return None
    plan: dict[str, Any] = json.loads(answer["Body"].read())
    return plan
