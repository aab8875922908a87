"""What must be the case once all is quiet, computed from S3 and the configuration alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import Any, TypeVar

from tests.simulation.buckets import SimulatedStore
from tests.simulation.ledger import SimulatedLedger
from tests.simulation.scheduler import Broken, require
from tests.simulation.study import RESULTS_BUCKET, STUDY, SimulatedConfigurations
from wearline.core.admission import (
    Admission,
    Excluded,
    Impossible,
    Planned,
    Waits,
    admit,
    asked,
    whose,
)
from wearline.core.assignments import is_assigned
from wearline.core.budget import MICRO
from wearline.core.decisions import applying, decisions_of
from wearline.core.ledger import (
    ChargeRow,
    FileVersion,
    MetadataRow,
    ObjectRow,
    PipelineRow,
    ProblemRow,
    Recorded,
    ResultRow,
    RunRow,
    SpentRow,
    StudyRow,
)
from wearline.core.lifecycle import SOURCES
from wearline.core.problems import (
    decision_names_nothing,
    metadata_rejected,
    requirement_missing_id,
    run_failed_id,
)
from wearline.core.recording_headers import recording_header
from wearline.core.sightings import sighting
from wearline.core.study import DataFile, StudyConfiguration, classify
from wearline.core.withdrawal import WITHDRAWN, Withdrawn, still_tells, without
from wearline.flow import metadata as accepting

Row = TypeVar("Row", ChargeRow, SpentRow, RunRow, ResultRow, ProblemRow)
KNOWN = "every object is known as it is"
GETS_ITS_RUN = "every file whose requirements are met gets its run"
WAITS_RIGHTLY = "nothing waits for what is there, or for too little"
STALE_IS_TOLD = "a result is stale exactly when today's plan differs"
ONE_FINAL_STATE = "no run is left without a final state"
STAYS_REMOVED = "what a withdrawal removed stays removed"
STAYS_WITHDRAWN = "a person who withdraws stays withdrawn"
DECIDED_BY_TODAY = "a deployment's sweep leaves nothing as an older configuration had it"
SUMS_CLOSE = "both sums close"
NOTHING_RECOVERED = "the sweep finds nothing where no event was lost"
PROBLEMS_HAVE_CAUSES = "every open problem has a living cause"
CAUSES_HAVE_PROBLEMS = "every living cause has an open problem"
HELD_BY_A_BUDGET = "what is held is held by a budget that is used up"
COUNTED_ONCE = "no attempt is counted twice in a budget"
OPENINGS_ARE_ANNOUNCED = "every open problem was announced"


class Truth:
    """Compares the ledger with what S3 and the deployed configuration ask for."""

    def __init__(self, ledger: SimulatedLedger, store: SimulatedStore) -> None:
        self._ledger, self._store = ledger, store
        study = ledger.rows[StudyRow][STUDY,]
        assert isinstance(study, StudyRow)
        self._study = study
        self._configuration = SimulatedConfigurations().load(study)
        self._files = {
            (bucket.name, stored.file.key): stored
            for bucket in store.buckets.values()
            for stored in bucket.objects()
            if not self._own(bucket.name, stored.file.key)
        }
        self._withdrawn = Withdrawn(study.salt, ledger.tombstones(STUDY))
        self._rejected: set[str] = set()
        self._metadata: list[MetadataRow] = []
        self._metadata = list(self._all_metadata())

    def _own(self, bucket: str, key: str) -> bool:
        results = self._configuration.results
        return bucket == results.bucket and key.startswith(results.prefix)

    def check(self) -> None:
        """Raises Broken for the first promise that does not hold."""
        rows = self._rows()
        for place in sorted(self._files.keys() | rows.keys()):
            self._check_object(place, rows.get(place))
        for row in rows.values():
            if row.kind == "data" and row.version is not None:
                self._check_pipelines(row)
        self._check_withdrawn()
        self._check_spent()
        for run in self._ledger.rows[RunRow].values():
            assert isinstance(run, RunRow)
            require(ONE_FINAL_STATE, run.state != "running", run)

    def check_deployed(self) -> None:
        """What the ledger knows as it is was decided by the configuration of today."""
        todays = asked(self._study)
        for place, row in self._rows().items():
            stored = self._files.get(place)
            if stored is not None and row.holds(stored.file):
                require(DECIDED_BY_TODAY, row.configuration == todays, row)

    def _check_withdrawn(self) -> None:
        for (_, subject), said in self._ledger.metadata_rows.items():
            gone = subject not in self._withdrawn or not any(each.values for each in said.values())
            require(STAYS_WITHDRAWN, gone, "of", subject, "the ledger holds", said)
            named = [each for each in said.values() if without(each, self._withdrawn) != each]
            require(STAYS_WITHDRAWN, not named, "somebody is named by", named)
        for row in self._rows().values():
            told = still_tells(row, self._withdrawn, ())
            require(STAYS_WITHDRAWN, not told, "somebody is named by", row)
        for key, identity in self._plans():
            subject = identity["recording"]["subject"]
            require(STAYS_WITHDRAWN, subject not in self._withdrawn, key, "is of", subject)

    def _plans(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for stored in self._store.buckets[RESULTS_BUCKET].objects():
            if stored.file.key.endswith("/plan.json"):
                yield stored.file.key, json.loads(stored.content)["identity"]

    def check_removed(self, subject: str, removed: Set[tuple[str, str]]) -> None:
        """Nothing that a withdrawal removed was written again by who was still at work.

        What is said to have been the subject's only later is not among it.
        """
        places = self._files.keys() | self._rows().keys()
        files = {place for place in removed if subject in self._named(*place)}
        files |= {place for place in places if self._by_key(*place) == subject}
        for run in self._kind(RunRow):
            require(STAYS_REMOVED, (run.bucket, run.key) not in files, run)
        for result in self._kind(ResultRow):
            known = (result.run_id,) in self._ledger.rows[RunRow]
            require(STAYS_REMOVED, known, result)
        for problem in self._kind(ProblemRow):
            about = subject in problem.about or problem.about[:2] in files
            require(STAYS_REMOVED, not about, problem)
        waiting = self._ledger.waiting_rows.get((STUDY, subject))
        require(STAYS_REMOVED, not waiting, waiting)

    def _named(self, bucket: str, key: str) -> Withdrawn:
        """Those who have withdrawn whom an object is about: by its key, or what else is known."""
        what, named = classify(self._configuration, bucket, key), {self._by_key(bucket, key) or ""}
        if isinstance(what, DataFile):
            row = ObjectRow(STUDY, bucket, key, "data", 0, what.pattern, dict(what.fields))
            named.add(whose(self._configuration, self._read(row), self._metadata) or "")
        gone = (name for name in named if name in self._withdrawn)
        marks = (self._withdrawn.name_for(name).rpartition(":")[2] for name in gone)
        return Withdrawn(self._withdrawn.salt, frozenset(marks))

    def _by_key(self, bucket: str, key: str) -> str | None:
        fields: Mapping[str, str] = getattr(
            classify(self._configuration, bucket, key), "fields", {}
        )
        return fields.get("subject")

    @property
    def has_budget(self) -> bool:
        return self._configuration.budget is not None

    def _check_spent(self) -> None:
        """The months' sums are those of the charges, of which each attempt has one at most."""
        charged = sum(row.micro_usd for row in self._kind(ChargeRow))
        require(COUNTED_ONCE, charged == self._spent(), f"{charged} of {self._spent()}")

    def _spent(self) -> int:
        return sum(row.micro_usd for row in self._kind(SpentRow))

    def _kind(self, kind: type[Row]) -> Iterator[Row]:
        rows = self._ledger.rows[kind].values()
        return (row for row in rows if isinstance(row, kind))

    def check_problems(self) -> None:
        """Problems and causes: exactly those that live, each announced."""
        open_rows = {
            row.problem_id: row
            for row in self._ledger.rows[ProblemRow].values()
            if isinstance(row, ProblemRow) and row.open
        }
        causes = set(self._causes())
        for problem in sorted(open_rows.keys() - causes):
            raise Broken(PROBLEMS_HAVE_CAUSES, str(open_rows[problem]))
        for cause in sorted(causes - open_rows.keys()):
            raise Broken(CAUSES_HAVE_PROBLEMS, cause)
        for row in open_rows.values():
            require(OPENINGS_ARE_ANNOUNCED, row.announced, row)

    def check_report(self, report: Mapping[str, Any]) -> None:
        """Both sums of a sweep's report, against a count of our own."""
        kinds: Counter[str] = Counter()
        wanted = 0
        for file in (stored.file for stored in self._files.values()):
            seen = self._sighting(file.bucket, file.key)
            kinds[seen.kind] += 1
            if seen.kind == "data":
                wanted += len(self._configuration.data_files()[seen.pattern or ""].pipelines)
        require(SUMS_CLOSE, report["listed"] == len(self._files), report, kinds)
        require(SUMS_CLOSE, report["unaccounted"] == 0, report)
        require(SUMS_CLOSE, sum(report["pipelines"].values()) == wanted, report, wanted)

    def _rows(self) -> dict[tuple[str, str], ObjectRow]:
        return {
            (row.bucket, row.key): row
            for row in self._ledger.rows[ObjectRow].values()
            if isinstance(row, ObjectRow)
        }

    def _check_object(self, place: tuple[str, str], row: ObjectRow | None) -> None:
        stored = self._files.get(place)
        if row is None:
            raise Broken(KNOWN, f"{place} is in S3, and the ledger does not know it")
        if stored is None:
            require(KNOWN, row.deleted, place, "is gone, and the ledger does not know:", row)
            return
        require(KNOWN, stored.file.same_content(row.version), stored.file, "is there, not", row)
        seen = self._sighting(*place)
        agrees = (row.kind, row.pattern, row.fields) == (seen.kind, seen.pattern, seen.fields)
        require(KNOWN, agrees, row, "is", seen)
        if row.kind == "data":
            read = self._read(row)
            told = applying(self._configuration, read, self._metadata).assigned.said
            require(KNOWN, (row.recorded, row.assigned) == (read.recorded, told), row, read, told)
        if row.kind in SOURCES:
            taken = row.acceptance
            accepted = taken is not None and taken.version_rev == row.version_rev
            require(KNOWN, accepted, "its values were not taken over:", row)

    def _sighting(self, bucket: str, key: str) -> Any:
        """What the key is, and whose recording it is by what else is known."""
        seen = sighting(
            self._configuration, self._study, bucket, key, None, "", withdrawn=self._withdrawn
        )
        if seen.kind != "data":
            return seen
        row = self._read(ObjectRow(STUDY, bucket, key, "data", 0, seen.pattern, seen.fields))
        if whose(self._configuration, row, self._metadata) not in self._withdrawn:
            return seen
        return replace(seen, kind="ignored", pattern=None, fields={}, reason=WITHDRAWN)

    def _read(self, row: ObjectRow) -> ObjectRow:
        """The row with what the content of its file says, where that is asked."""
        stored = self._files.get((row.bucket, row.key))
        if stored is None or not is_assigned(self._configuration, row):
            return replace(row, recorded=None)
        content = stored.content
        header = recording_header(lambda at, length: content[at : at + length], len(content))
        made = Recorded(header.serial_number, header.start) if header else Recorded()
        return replace(row, recorded=made)

    def _check_pipelines(self, row: ObjectRow) -> None:
        wanted = self._configuration.data_files()[row.pattern or ""].pipelines
        for name in wanted:
            pipeline = row.pipelines.get(name)
            if pipeline is None:
                raise Broken(GETS_ITS_RUN, f"{row.key} has no {name}: {row}")
            self._check_pipeline(row, name, pipeline)
        for name in sorted(row.pipelines.keys() - set(wanted)):
            pipeline = row.pipelines[name]
            told = pipeline.stale is not None and pipeline.stale.code == "no_longer_wanted"
            require(STALE_IS_TOLD, told, row.key, "x", name, "is not wanted:", pipeline)

    def _check_pipeline(self, row: ObjectRow, name: str, pipeline: PipelineRow) -> None:
        admission = self._admission(row, name)
        where = (row.bucket, row.key, "x", name, "is", pipeline, "should be", admission)
        match pipeline.disposition:
            case "waiting":
                right = isinstance(admission, Waits) and admission.unmet == pipeline.unmet
                require(WAITS_RIGHTLY, right, *where)
            case "succeeded":
                told = (pipeline.stale is None) == _is_plan_of(admission, pipeline)
                require(STALE_IS_TOLD, told, *where)
            case "excluded":
                right = isinstance(admission, Excluded) and admission.reason == pipeline.reason
                require(GETS_ITS_RUN, right, *where)
            case "ready" if pipeline.reason is not None:
                budget = self._configuration.budget
                used_up = budget is not None and self._spent() >= budget.monthly_usd * MICRO
                require(HELD_BY_A_BUDGET, used_up and _is_plan_of(admission, pipeline), where)
            case "failed" if isinstance(admission, Impossible):
                require(GETS_ITS_RUN, pipeline.reason == admission.reason, *where)
            case "failed":
                todays = _is_plan_of(admission, pipeline)
                require(GETS_ITS_RUN, todays, *where)
            case _:
                raise Broken(GETS_ITS_RUN, str(where))

    def _admission(self, row: ObjectRow, name: str) -> Admission:
        return admit(self._configuration, self._study, row, name, self._metadata)

    def _all_metadata(self) -> Iterator[MetadataRow]:
        """What the current metadata files say, with nothing of what came before."""
        for (bucket, key), stored in self._files.items():
            seen = self._sighting(bucket, key)
            if seen.kind in SOURCES:
                yield from self._said(self._configuration, stored.file, stored.content, seen)

    def _said(
        self, configuration: StudyConfiguration, file: FileVersion, content: bytes, seen: Any
    ) -> Iterator[MetadataRow]:
        row = ObjectRow(
            study=STUDY,
            bucket=file.bucket,
            key=file.key,
            kind=seen.kind,
            pattern=seen.pattern,
            fields=seen.fields,
            version=file,
        )
        said = accepting.statements_of(configuration, row, content)
        for problem in said.problems:
            detail = (str(problem.row), problem.column or "", problem.code)
            rejected = metadata_rejected(STUDY, file.bucket, file.key, detail, problem.sentence)
            self._rejected.add(rejected.problem_id)
        for each in said.entities:
            if each.subject not in self._withdrawn:
                yield without(each, self._withdrawn)

    def _causes(self) -> Iterator[str]:
        """The ids of the problems that are there to be open."""
        yield from self._rejected
        recordings = [
            row for row in self._rows().values() if row.kind == "data" and not row.deleted
        ]
        for decided in decisions_of(self._metadata):
            if not any(decided.decision.selects(row, None) for row in recordings):
                yield decision_names_nothing(STUDY, decided).problem_id
        for row in self._rows().values():
            if row.kind != "data" or row.deleted:
                continue
            for name, pipeline in row.pipelines.items():
                for unmet in pipeline.unmet:
                    yield requirement_missing_id(unmet.subject, unmet.visit, unmet.name)
                if pipeline.disposition == "failed":
                    yield run_failed_id(row.bucket, row.key, name)


def _is_plan_of(admission: Admission, pipeline: PipelineRow) -> bool:
    return isinstance(admission, Planned) and admission.plan.run_id == pipeline.run_id
