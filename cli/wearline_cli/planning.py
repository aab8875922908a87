"""What ``wearline plan`` reads, compares and estimates. It writes nothing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from wearline.core.change_plan import LISTED, Basis, Change, document
from wearline.core.changes import Difference, explained
from wearline.core.cleaning import clean
from wearline.core.estimates import Estimator
from wearline.core.ledger import MetadataRow, ObjectRow, Release, RunRow, StudyRow
from wearline.core.planning import AskedStudy, Compared, compared
from wearline.core.release_signatures import release_signature
from wearline.core.study import MetadataFiles, StudyConfiguration
from wearline.core.study_stack import releases_of
from wearline.flow.metadata import metadata_rows
from wearline_cli.environments import CommandError, Environment
from wearline_cli.standing import rows
from wearline_cli.study_files import checked_study
from wearline_cli.study_rows import BATCH, READERS, Metadata, among, with_metadata


class OtherStudy(CommandError):
    """The configuration is of another study than the one that is planned."""

    def __init__(self, path: Path, named: str, study: str) -> None:
        self.named, self.study = named, study
        super().__init__(f"{path} is the configuration of {named}, not of {study}.")


class Past(Protocol):
    """What is kept of the runs that were."""

    def runs(self, run_ids: Sequence[str]) -> Mapping[str, RunRow]: ...

    def identity(self, run_id: str) -> Mapping[str, Any] | None:
        """The identity of the plan that a run was made by."""
        ...


@dataclass(frozen=True)
class StoredPast:
    """See ``Past``: the runs table, and the plans beside the results."""

    there: Environment
    configuration: StudyConfiguration

    def runs(self, run_ids: Sequence[str]) -> Mapping[str, RunRow]:
        return {row.run_id: row for row in self.there.ledger.runs(run_ids)}

    def identity(self, run_id: str) -> Mapping[str, Any] | None:
        results = self.configuration.results
        key = f"{results.prefix}runs/{run_id}/plan.json"
        try:
            answer = self.there.s3.get_object(Bucket=results.bucket, Key=key)
        except self.there.s3.exceptions.NoSuchKey:
            return None
        found: Mapping[str, Any] = json.loads(answer["Body"].read())["identity"]
        return found


def planned(there: Environment, study: str, path: Path | None) -> dict[str, Any]:
    """The document of a plan: what is, beside what is asked for now, or by another file."""
    row = there.study(study)
    deployed = there.configuration(row)
    asked = asked_study(row, deployed, path)
    metadata = _metadata(there, asked, deployed)
    basis = Basis(
        study=study,
        study_rev=row.rev,
        configuration_sha256=asked.row.configuration_sha256,
        configuration_file=str(path.resolve()) if path else None,
    )
    known = with_metadata(rows(there.ledger, deployed), metadata)
    return plan_document(basis, asked, known, StoredPast(there, deployed))


def asked_study(row: StudyRow, deployed: StudyConfiguration, path: Path | None) -> AskedStudy:
    """The study as it is deployed, or as deploying a file would make it."""
    if path is None:
        return AskedStudy(deployed, row)
    study = checked_study(path).study
    if study.study != row.study:
        raise OtherStudy(path, study.study, row.study)
    releases = {
        name: Release(release_signature(name).hash, "the next deployment makes it")
        for name in releases_of(study)
    }
    sha256 = hashlib.sha256(study.model_dump_json().encode()).hexdigest()
    return AskedStudy(study, replace(row, configuration_sha256=sha256, releases=releases))


def plan_document(
    basis: Basis,
    asked: AskedStudy,
    known: Iterable[tuple[ObjectRow, Sequence[MetadataRow]]],
    past: Past,
) -> dict[str, Any]:
    """Compare every file; explain and estimate what would run."""
    standings: Counter[str] = Counter()
    listed: list[Compared] = []
    taught: list[tuple[str, int, str]] = []
    wanted: Counter[str] = Counter()
    for row, metadata in known:
        for each in compared(asked, row, metadata):
            standings[each.standing] += 1
            if each.standing in LISTED:
                listed.append(each)
            if _may_teach(each) and wanted[each.pipeline] < BATCH:
                wanted[each.pipeline] += 1
                taught.append((each.pipeline, _size(row), each.before.run_id or ""))  # type: ignore[union-attr]
    estimator = _estimator(taught, past)
    changes = _explained(listed, estimator, past)
    return document(basis, standings, changes)


def _may_teach(each: Compared) -> bool:
    return each.before is not None and each.before.disposition == "succeeded"


def _size(row: ObjectRow) -> int:
    return row.version.size if row.version else 0


def _estimator(taught: list[tuple[str, int, str]], past: Past) -> Estimator:
    estimator = Estimator()
    runs = past.runs([run_id for _, _, run_id in taught])
    for pipeline, size, run_id in taught:
        if run_id in runs and estimator.wants(pipeline):
            estimator.learn(pipeline, size, runs[run_id].cost)
    return estimator


def _explained(listed: Iterable[Compared], estimator: Estimator, past: Past) -> Iterator[Change]:
    coming = iter(listed)
    with ThreadPoolExecutor(READERS) as pool:
        while batch := list(islice(coming, BATCH)):
            costs = past.runs([_run_id(each) for each in batch if _run_id(each)])

            def change(each: Compared, costs: Mapping[str, RunRow] = costs) -> Change:
                if each.plan is None or each.standing not in ("changed", "new"):
                    return Change(each)
                run = costs.get(_run_id(each))
                estimate = estimator.estimate(
                    each.pipeline, _size(each.row), run.cost if run else None
                )
                return Change(each, _because(each, past), estimate)

            yield from pool.map(change, batch)


def _run_id(each: Compared) -> str:
    return each.before.run_id or "" if each.before else ""


def _because(each: Compared, past: Past) -> list[Difference]:
    if each.standing == "new" or each.plan is None:
        sentence = "its plan can be made and no run of it is known"
        return [Difference(sentence, sentence)]
    before = past.identity(_run_id(each))
    if before is None:
        sentence = "the plan that it was made by is gone"
        return [Difference(sentence, sentence)]
    return explained(before, each.plan.identity)


def _metadata(there: Environment, asked: AskedStudy, deployed: StudyConfiguration) -> Metadata:
    """What is known of a subject: from the ledger, or read anew where it would be read anew."""
    if asked.configuration.metadata_files() == deployed.metadata_files():
        return lambda subject: there.ledger.metadata(asked.row.study, subject)
    known: defaultdict[str, list[MetadataRow]] = defaultdict(list)
    for row in rows(there.ledger, deployed):
        read = row if row.deleted else asked.reads(row)
        if read.kind == "metadata" and read.version is not None:
            for each in _said(there, asked, read):
                known[each.subject].append(each)
    return among(known)


def _said(there: Environment, asked: AskedStudy, row: ObjectRow) -> Iterator[MetadataRow]:
    pattern: MetadataFiles = asked.configuration.metadata_files()[row.pattern or ""]
    answer = there.s3.get_object(Bucket=row.bucket, Key=row.key)
    cleaned = clean(answer["Body"].read(), pattern, study=row.study, fields=row.fields)
    return metadata_rows(row, pattern, cleaned)
