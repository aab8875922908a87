"""``wearline explain``: one object, from evidence."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from heapq import nlargest
from itertools import islice
from typing import NamedTuple, Protocol

import click
from botocore.exceptions import ClientError
from rich.text import Text

from wearline.aws.services import StepFunctions
from wearline.core.explanation import Evidence, Explanation, explain
from wearline.core.keys import KeyTemplate
from wearline.core.ledger import (
    FileVersion,
    MetadataRow,
    ObjectRow,
    ProblemRow,
    RunRow,
    StudyRow,
)
from wearline.core.plans import execution_name
from wearline.core.preview import preview
from wearline.core.problems import problem_ids, scope_prefix
from wearline.core.sections import LAST
from wearline.core.study import StudyConfiguration
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.locations import Location, location
from wearline_cli.options import console, env_option, json_option, print_json

MOST_SOURCES = 5
MOST_ROWS = 2000
READERS = 8


class NoStudyOfBucket(CommandError):
    """The bucket belongs to no deployed study."""

    def __init__(self, bucket: str, env: str) -> None:
        self.bucket = bucket
        super().__init__(
            f"No study that is deployed in {env} has the bucket {bucket}."
            " Nothing becomes of its objects until one is: wearline study deploy FILE."
        )


class Ledger(Protocol):
    """What of ``wearline.ports.Ledger`` an explanation reads."""

    def object(self, study: str, bucket: str, key: str) -> ObjectRow | None: ...
    def objects(
        self, study: str, bucket: str, after: str = "", until: str = ""
    ) -> Iterator[ObjectRow]: ...
    def run(self, run_id: str) -> RunRow | None: ...
    def problem(self, study: str, problem_id: str) -> ProblemRow | None: ...
    def problems(self, study: str, prefix: str = "", after: str = "") -> Iterator[ProblemRow]: ...
    def metadata(self, study: str, subject: str) -> list[MetadataRow]: ...
    def subjects_of(self, study: str, bucket: str, key: str) -> Iterator[str]: ...


class Executions(Protocol):
    def is_running(self, name: str) -> bool: ...


@click.command("explain")
@click.argument("url", metavar="s3://BUCKET/KEY")
@click.option("--study", help="The study, where several have the bucket.")
@env_option
@json_option
def explain_object(url: str, study: str | None, env: str, as_json: bool) -> None:
    """Explain one object: was it seen, what is it, what became of it, what would move it on."""
    gc.freeze()  # what was imported is no garbage; to look through it again at the end takes 0.1 s
    there, place = environment(env), location(url)
    row, configuration = _study_of(there, place, study)
    found = explained(there, place, row, configuration)
    if as_json:
        print_json({"study": row.study, "object": str(place), **asdict(found)})
    else:
        _print(place, row.study, found)


def explained(
    there: Environment, place: Location, row: StudyRow, configuration: StudyConfiguration
) -> Explanation:
    """The explanation of one object of a study, from evidence gathered now."""
    current, unreadable = _head(there, place)
    executions = StepFunctions(there.stepfunctions, there.outputs["ProcessingMachineArn"])
    evidence = gather(
        there.ledger, executions, configuration, row.study, place, current, unreadable
    )
    return explain(evidence, configuration)


def gather(
    ledger: Ledger,
    executions: Executions,
    configuration: StudyConfiguration,
    study: str,
    place: Location,
    current: FileVersion | None,
    unreadable: str | None = None,
) -> Evidence:
    """Everything that the ledger and Step Functions know of an object."""
    row = ledger.object(study, place.bucket, place.key)
    runs = {run.run_id: run for run in _runs(ledger, row)}
    alike = _alike(ledger, configuration, study, row)
    return Evidence(
        study=study,
        bucket=place.bucket,
        key=place.key,
        current=current,
        unreadable=unreadable,
        preview=preview(configuration, [(place.bucket, place.key)])[0],
        row=row,
        runs=runs,
        executing=frozenset(_executing(executions, row)),
        problems=list(_problems(ledger, study, place, row)),
        alike=alike.subjects,
        cut_below=alike.cut_below,
    )


def _runs(ledger: Ledger, row: ObjectRow | None) -> Iterator[RunRow]:
    for pipeline in row.pipelines.values() if row else ():
        for run_id in (pipeline.run_id, *(past.run_id for past in pipeline.past)):
            run = ledger.run(run_id) if run_id else None
            if run is not None:
                yield run


def _executing(executions: Executions, row: ObjectRow | None) -> Iterator[str]:
    """The runs that the row says are running, and whose execution is."""
    for pipeline in row.pipelines.values() if row else ():
        run_id = pipeline.run_id if pipeline.disposition == "running" else None
        if run_id and executions.is_running(execution_name(run_id, pipeline.attempt)):
            yield run_id


def _problems(
    ledger: Ledger, study: str, place: Location, row: ObjectRow | None
) -> Iterator[ProblemRow]:
    found = [ledger.problem(study, each) for each in sorted(problem_ids(row))]
    found += ledger.problems(study, scope_prefix("metadata_rejected", place.bucket, place.key))
    yield from (each for each in found if each is not None and each.open)


class _Alike(NamedTuple):
    """See ``Evidence``."""

    subjects: dict[str, str]
    cut_below: tuple[str, ...] = ()


def _alike(
    ledger: Ledger, configuration: StudyConfiguration, study: str, row: ObjectRow | None
) -> _Alike:
    """For each subject that metadata do not know, one that they do and that is spelled alike."""
    pipelines = row.pipelines.values() if row else ()
    missing = {
        unmet.subject
        for pipeline in pipelines
        for unmet in pipeline.unmet
        if unmet.why == "missing" and not ledger.metadata(study, unmet.subject)
    }
    if not missing:
        return _Alike({})
    from wearline_cli.spelling import nearest_subject

    subjects, cut = _subjects(ledger, configuration, study)
    found = {subject: nearest_subject(subject, subjects) for subject in missing}
    return _Alike({subject: near for subject, near in found.items() if near is not None}, cut)


def _subjects(
    ledger: Ledger, configuration: StudyConfiguration, study: str
) -> tuple[set[str], tuple[str, ...]]:
    """Whom the newest files of each metadata pattern are about; and the prefixes below which
    not all keys were looked at."""
    places = [
        (name, bucket)
        for name, files in configuration.metadata_files().items()
        for bucket in configuration.buckets_of(files)
    ]

    def newest(place: tuple[str, str]) -> _Newest:
        return _newest(ledger, configuration, study, *place)

    def named(source: tuple[str, str]) -> list[str]:
        return list(ledger.subjects_of(study, *source))

    with ThreadPoolExecutor(READERS) as pool:
        found = list(pool.map(newest, places))
        sources = {each for one in found for each in one.sources}
        subjects = {subject for of in pool.map(named, sources) for subject in of}
    return subjects, tuple(sorted({one.cut_below for one in found if one.cut_below is not None}))


class _Newest(NamedTuple):
    """The newest sources of a pattern; the prefix, if not all the keys below it were looked at."""

    sources: list[tuple[str, str]]
    cut_below: str | None


def _newest(
    ledger: Ledger, configuration: StudyConfiguration, study: str, name: str, bucket: str
) -> _Newest:
    """The newest files of a metadata pattern, by the date in the key, else by LastModified."""
    template = configuration.metadata_files()[name].template

    def age(row: ObjectRow) -> str:
        dates = template.dates(template.match(row.key) or {})
        if moment := dates.get("date") or next(iter(dates.values()), None):
            return moment.isoformat()
        return row.version.last_modified if row.version else ""

    below = _below(ledger, study, bucket, template.list_prefix)
    bearing = (row for row in below[:MOST_ROWS] if _bears(row, name, template))
    sources = [(row.bucket, row.key) for row in nlargest(MOST_SOURCES, bearing, key=age)]
    return _Newest(sources, template.list_prefix if len(below) > MOST_ROWS else None)


def _bears(row: ObjectRow, name: str, template: KeyTemplate) -> bool:
    """Whether a file is there whose key has a pattern, as it was settled and as it is now."""
    return row.pattern == name and not row.deleted and template.match(row.key) is not None


def _below(ledger: Ledger, study: str, bucket: str, prefix: str) -> list[ObjectRow]:
    """The first rows whose keys have a prefix, one more than an answer in time looks at."""
    below = ledger.objects(study, bucket, after=prefix, until=prefix + LAST)
    return list(islice(below, MOST_ROWS + 1))


def _study_of(
    there: Environment, place: Location, named: str | None
) -> tuple[StudyRow, StudyConfiguration]:
    """The study whose bucket it is. Raises NoStudyOfBucket."""
    if named is not None:
        row = there.study(named)
        return row, there.configuration(row)
    rows = list(there.ledger.studies())
    with ThreadPoolExecutor(READERS) as pool:
        for row, configuration in zip(rows, pool.map(there.configuration, rows), strict=True):
            if place.bucket in {bucket.name for bucket in configuration.buckets}:
                return row, configuration
    raise NoStudyOfBucket(place.bucket, there.name)


def _head(there: Environment, place: Location) -> tuple[FileVersion | None, str | None]:
    try:
        answer = there.s3.head_object(Bucket=place.bucket, Key=place.key)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code in ("404", "NoSuchKey", "NotFound"):
            return None, None
        return None, f"S3 does not let you look at it: {code}."
    return FileVersion(
        bucket=place.bucket,
        key=place.key,
        version_id=answer.get("VersionId"),
        etag=answer["ETag"].strip('"'),
        size=answer["ContentLength"],
        last_modified=answer["LastModified"].isoformat(timespec="seconds"),
    ), None


def _print(place: Location, study: str, found: Explanation) -> None:
    console.print(Text(str(place), style="bold"), soft_wrap=True)
    console.print(Text(f"Study {study}. {found.what}"), soft_wrap=True)
    for line in found.seen:
        console.print(Text(f"  {line}"), soft_wrap=True)
    for pipeline in found.pipelines:
        console.print(Text(f"{pipeline.name}: {pipeline.standing}", style="bold"))
        for line in pipeline.lines:
            console.print(Text(f"  {line}"), soft_wrap=True)
    for problem in found.problems:
        console.print(Text(f"Problem: {problem}", style="red"), soft_wrap=True)
    if found.command:
        console.print(Text(f"To move it on: {found.command}"), soft_wrap=True)
