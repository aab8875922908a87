"""The catalog: compare what S3 holds with the ledger, and hand on what differs.

A sweep changes no object's row. What it finds goes, as backlog, through the very path that
an upload takes; so a sweep may stop, begin again, or run twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from wearline.core.account import Tally
from wearline.core.admission import asked, depends_on_subject, gathered, known
from wearline.core.ledger import FileVersion, MetadataRow, ObjectRow
from wearline.core.plans import canonical_json, execution_name, sha256_hex
from wearline.core.problems import problem_ids
from wearline.core.reconciliation import HANDED_ON, RECOVERED, Asked, Finding, Pair, finding, paired
from wearline.core.sections import Section
from wearline.core.study import DataFile, SourceFile, classify
from wearline.core.withdrawal import WITHDRAWN, Withdrawn
from wearline.flow.budget import has_room
from wearline.flow.catalog import misfits_prefix, tell_unreadable
from wearline.flow.studies import DeployedStudy
from wearline.flow.sweep_problems import sweep_problems
from wearline.flow.sweep_results import Records, sweep_results
from wearline.flow.withdrawal import is_others, withdrawn
from wearline.ports import QueueName, StoreUnavailable, World

REMEMBERED = 4096
HELD = 100
MOST_MISFITS = 1000


@dataclass(slots=True)
class Stretch:
    """What a stretch of a section came to; ``cursor`` is the last key when time was up."""

    counts: Counter[str] = field(default_factory=Counter)
    cursor: str | None = None
    unreadable: str | None = None
    misfits: list[dict[str, str]] = field(default_factory=list)

    def note(self, bucket: str, key: str, found: str) -> None:
        """Remember what does not fit, as long as it is not all."""
        if len(self.misfits) < MOST_MISFITS:
            self.misfits.append({"bucket": bucket, "key": key, "finding": found})


def sweep_section(
    world: World,
    study: DeployedStudy,
    sweep: str,
    section: Section,
    cursor: str | None,
    has_time: Callable[[], bool],
) -> Stretch:
    """Sweep a section from a cursor on, for as long as there is time, in constant memory.

    A bucket that cannot be read any more is a problem, and the end of its section.
    """
    stretch = Stretch()
    try:
        match section.kind:
            case "objects":
                _sweep_objects(world, study, section, cursor or section.after, has_time, stretch)
            case "results":
                records = Records(world, study, sweep)
                sweep_results(world, study, section, cursor or "", has_time, stretch, records)
            case "problems":
                sweep_problems(world, study, cursor or "", has_time, stretch)
        _put_misfits(world, study, sweep, section, cursor, stretch)
    except StoreUnavailable as unavailable:
        tell_unreadable(world, study, unavailable)
        stretch.unreadable, stretch.cursor = unavailable.bucket, None
    return stretch


def _put_misfits(
    world: World,
    study: DeployedStudy,
    sweep: str,
    section: Section,
    cursor: str | None,
    stretch: Stretch,
) -> None:
    """A stretch that is swept again, since its answer was lost, leaves what the first put."""
    if stretch.misfits:
        name = sha256_hex(canonical_json([section.as_json(), cursor]))[:16]
        key = f"{misfits_prefix(study, sweep)}{name}.json"
        bucket = study.configuration.results.bucket
        world.store.put_once(study.row, bucket, key, canonical_json(stretch.misfits))


def _sweep_objects(
    world: World,
    study: DeployedStudy,
    section: Section,
    after: str,
    has_time: Callable[[], bool],
    stretch: Stretch,
) -> None:
    limit = timedelta(days=study.configuration.catalog.waiting_limit_days)
    overdue, a_day_ago = (
        (world.clock.now() - since).astimezone(UTC).isoformat()
        for since in (limit, timedelta(days=1))
    )
    looks, tally = _Looks(world, study), Tally(stretch.counts, overdue, a_day_ago)
    by, handed_on = looks.asked(), _HandOn(world, study, section.bucket)
    for pair in _pairs(world, study, section, after):
        what = classify(study.configuration, section.bucket, pair.key)
        found = _found(pair, by, looks)
        wanted = by.wanted(what.pattern) if isinstance(what, DataFile) else ()
        term = tally.add(pair, found, what, wanted)
        if found in RECOVERED or not term:
            stretch.note(section.bucket, pair.key, found if term else "unaccounted")
        if found in HANDED_ON and (found != "held" or looks.has_room()):
            handed_on.add(pair.key, metadata=isinstance(what, SourceFile))
        elif found == "settled" and pair.row is not None and pair.row.kind == "decisions":
            # A worker that moved a recording may have died before it judged what named it.
            handed_on.add(pair.key, metadata=True)
        if pair.row is not None:
            stretch.counts["died"] += looks.report_died(pair.row, by.young_since)
        if not has_time():
            stretch.cursor = pair.key
            break
    handed_on.flush()


def _found(pair: Pair[ObjectRow], by: Asked, looks: _Looks) -> Finding:
    found = finding(pair, by)
    if found in ("settled", "held") and pair.row is not None and looks.is_untold(pair.row):
        return "unsettled"
    if found == "settled" and pair.row is not None and looks.is_others(pair.row):
        return "overtaken"
    return found


def _pairs(
    world: World, study: DeployedStudy, section: Section, after: str
) -> Iterator[Pair[ObjectRow]]:
    """Every key of the section but those of Wearline's own results, which no row is kept of."""
    until, results = section.until, study.configuration.results
    own = results.prefix if results.bucket == section.bucket else None
    listed: Iterator[FileVersion] = (
        file
        for file in world.store.list(study.row, section.bucket, "", after)
        if own is None or not file.key.startswith(own)
    )
    if until:
        end = until.encode()
        listed = takewhile(lambda file: file.key.encode() <= end, listed)
    return paired(listed, world.ledger.objects(study.name, section.bucket, after, until))


class _Looks:
    """The reads of a stretch: one for each subject and problem, however many files they have."""

    def __init__(self, world: World, study: DeployedStudy) -> None:
        self._world, self._study = world, study
        self._known = lru_cache(maxsize=REMEMBERED)(self._known_of)
        self._is_open = lru_cache(maxsize=REMEMBERED)(self._is_open_problem)
        self._young_since = _instant(world, study)
        self._has_room: bool | None = None
        self._gone: Withdrawn | None = None
        configuration = study.configuration
        self._wanted = {name: each.pipelines for name, each in configuration.data_files().items()}
        self._depends = {
            (pattern, pipeline)
            for pattern, files in configuration.data_files().items()
            for pipeline in files.pipelines
            if depends_on_subject(configuration, files, pipeline)
        }

    def asked(self) -> Asked:
        return Asked(
            asked=asked(self._study.row),
            young_since=self._young_since,
            wanted=lambda pattern: self._wanted.get(pattern, ()),
            known=self._known_for,
        )

    def has_room(self) -> bool:
        """Whether the budget lets go of what it held; asked once."""
        if self._has_room is None:
            self._has_room = has_room(self._world, self._study)
        return self._has_room

    def _known_for(self, row: ObjectRow, pipeline: str) -> str | None:
        if (row.pattern, pipeline) not in self._depends:
            return ""
        asked: list[str] = []

        def read(entity: str) -> tuple[MetadataRow, ...]:
            asked.append(entity)
            return self._known(entity)[0]

        rows = gathered(self._study.configuration, row, read)
        return self._known(asked[0])[1] if len(asked) == 1 else self._digest(tuple(rows))

    def _known_of(self, entity: str) -> tuple[tuple[MetadataRow, ...], str | None]:
        """What is known of a subject or a device, and its digest unless it is young."""
        rows = tuple(self._world.ledger.metadata(self._study.name, entity))
        return rows, self._digest(rows)

    def _digest(self, rows: tuple[MetadataRow, ...]) -> str | None:
        newest = max((each.source.last_modified for each in rows), default="")
        return None if newest > self._young_since else known(rows)

    def is_untold(self, row: ObjectRow) -> bool:
        """Whether a problem that the file is was not opened, or not announced."""
        return any(not self._is_open(each) for each in sorted(problem_ids(row)))

    def _is_open_problem(self, problem_id: str) -> bool:
        row = self._world.ledger.problem(self._study.name, problem_id)
        return row is not None and row.open and row.announced

    def is_others(self, row: ObjectRow) -> bool:
        """Whether it was forgotten for a subject whose it is no longer."""
        if row.reason != WITHDRAWN or row.deleted:
            return False
        if self._gone is None:
            self._gone = withdrawn(self._world, self._study)
        return is_others(self._world, self._study, row, self._gone)

    def report_died(self, row: ObjectRow, young_since: str) -> int:
        """Runs that say running while their execution is gone died unheard; have them recorded."""
        died = [
            {"source": "wearline.catalog", "study": self._study.name, "execution": name}
            for name in self._running(row, young_since)
            if not self._world.executions.is_running(name)
        ]
        if died:
            self._world.messages.send("died_executions", died)
        return len(died)

    def _running(self, row: ObjectRow, young_since: str) -> Iterator[str]:
        """The executions of runs that the row names, or named when they were under way."""
        for pipeline in row.pipelines.values():
            if pipeline.disposition == "running" and pipeline.since <= young_since:
                yield execution_name(pipeline.run_id or "", pipeline.attempt)
            for past in pipeline.past:
                if past.disposition in ("ready", "running"):
                    yield from self._at_work(past.run_id)
        for run_id in row.let_go:
            yield from self._at_work(run_id)

    def _at_work(self, run_id: str) -> Iterator[str]:
        """The execution of a run that has no verdict."""
        run = self._world.ledger.run(run_id)
        if run is not None and run.state == "running":
            yield execution_name(run.run_id, run.attempt)


def _instant(world: World, study: DeployedStudy) -> str:
    """What came after it is young; in the form of LastModified."""
    settle_after = timedelta(minutes=study.configuration.catalog.settle_minutes)
    return (world.clock.now() - settle_after).astimezone(UTC).isoformat(timespec="seconds")


class _HandOn:
    """Sends what differs to the backlog queues, in batches."""

    def __init__(self, world: World, study: DeployedStudy, bucket: str) -> None:
        self._world, self._study, self._bucket = world, study, bucket
        self._held: dict[QueueName, list[dict[str, Any]]] = {}

    def add(self, key: str, *, metadata: bool) -> None:
        queue: QueueName = "metadata_backlog" if metadata else "data_backlog"
        body = {
            "source": "wearline.catalog",
            "study": self._study.name,
            "bucket": self._bucket,
            "key": key,
        }
        self._held.setdefault(queue, []).append(body)
        if len(self._held[queue]) >= HELD:
            self.flush()

    def flush(self) -> None:
        for queue, bodies in self._held.items():
            self._world.messages.send(queue, bodies)
        self._held = {}
