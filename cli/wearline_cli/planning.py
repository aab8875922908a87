"""What ``wearline plan`` reads, compares and estimates. It writes nothing."""

from __future__ import annotations

import gc
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from wearline.core.change_plan import LISTED, Basis, Change, document
from wearline.core.changes import Difference, explained
from wearline.core.estimates import Estimator
from wearline.core.ledger import MetadataRow, ObjectRow, Release, RunRow, StudyRow
from wearline.core.lifecycle import SOURCES
from wearline.core.planning import AskedStudy, Compared, compared
from wearline.core.release_signatures import release_signature
from wearline.core.study import DataFiles, SourceFiles, StudyConfiguration
from wearline.core.study_stack import releases_of
from wearline.core.withdrawal import WITHDRAWN
from wearline.flow.metadata import statements_of
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

    def identities(self, run_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """The identities of the plans that runs were made by, as far as they are kept."""
        ...


@dataclass(frozen=True)
class StoredPast:
    """See ``Past``: the runs table, and the plans beside the results."""

    there: Environment
    configuration: StudyConfiguration

    def runs(self, run_ids: Sequence[str]) -> Mapping[str, RunRow]:
        return {row.run_id: row for row in self.there.ledger.runs(run_ids)}

    def identities(self, run_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        with ThreadPoolExecutor(READERS) as pool:
            found = zip(run_ids, pool.map(self._identity, run_ids), strict=True)
            return {run_id: identity for run_id, identity in found if identity is not None}

    def _identity(self, run_id: str) -> Mapping[str, Any] | None:
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
    row = there.working_study(study)
    deployed = there.configuration(row)
    asked = asked_study(row, deployed, path)
    metadata = _metadata(there, asked, deployed)
    basis = Basis(
        study=study,
        study_rev=row.rev,
        configuration_sha256=asked.row.configuration_sha256,
        configuration_file=str(path.resolve()) if path else None,
    )
    # Nothing is planned of whoever has withdrawn; their rows are keys alone.
    standing = (each for each in rows(there.ledger, deployed) if each.reason != WITHDRAWN)
    known = with_metadata(asked, standing, metadata)
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
    with _keeping_all():
        return _plan_document(basis, asked, known, past)


def _plan_document(
    basis: Basis,
    asked: AskedStudy,
    known: Iterable[tuple[ObjectRow, Sequence[MetadataRow]]],
    past: Past,
) -> dict[str, Any]:
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
    return document(basis, standings, _explained(listed, estimator, past))


@contextmanager
def _keeping_all() -> Iterator[None]:
    """No search for garbage where all that is made is kept: it would take a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


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
    while batch := list(islice(coming, BATCH)):
        runs = past.runs([_run_id(each) for each in batch if _run_id(each)])
        replaced = [_run_id(each) for each in batch if each.standing == "changed"]
        identities = past.identities(replaced)
        for each in batch:
            run = runs.get(_run_id(each))
            yield _change(each, identities.get(_run_id(each)), run, estimator)


def _change(
    each: Compared,
    before: Mapping[str, Any] | None,
    run: RunRow | None,
    estimator: Estimator,
) -> Change:
    if each.plan is None or each.standing not in ("changed", "new"):
        return Change(each)
    estimate = estimator.estimate(each.pipeline, _size(each.row), run.cost if run else None)
    if each.standing == "new":
        because = [_alike("its plan can be made and no run of it is known")]
    elif before is None:
        because = [_alike("the plan that it was made by is gone")]
    else:
        because = explained(before, each.plan.identity)
    return Change(each, because, estimate)


def _alike(sentence: str) -> Difference:
    return Difference(sentence, sentence)


def _run_id(each: Compared) -> str:
    return each.before.run_id or "" if each.before else ""


def _metadata(there: Environment, asked: AskedStudy, deployed: StudyConfiguration) -> Metadata:
    """What is known of a subject: from the ledger, or read anew where it would be read anew."""
    if _sources(asked.configuration) == _sources(deployed):
        return lambda subject: there.ledger.metadata(asked.row.study, subject)
    known: defaultdict[str, list[MetadataRow]] = defaultdict(list)
    for row in rows(there.ledger, deployed):
        read = row if row.deleted else asked.reads(row)
        if read.kind in SOURCES and read.version is not None:
            answer = there.s3.get_object(Bucket=read.bucket, Key=read.key)
            content = answer["Body"].read()
            for each in statements_of(asked.configuration, read, content).entities:
                known[each.subject].append(each)
    return among(known)


def _sources(configuration: StudyConfiguration) -> dict[str, SourceFiles]:
    """The patterns of files whose content counts."""
    return {
        name: files
        for name, files in configuration.files.items()
        if not isinstance(files, DataFiles)
    }
