"""``wearline results freeze``: what counts now, pinned under a name for ever.

::

    runs, files, joined tables, dictionary, README ──> releases/NAME/…   each If-None-Match: *
                                          then ──> manifest.json         it makes the release

Nothing is ever overwritten: a name is free while nothing lies below it. Runs and files come
first, so that what broke off still says whose rows it holds.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from botocore.exceptions import ClientError

from wearline.core.ledger import ObjectRow, StudyRow
from wearline.core.places import Places
from wearline.core.study import StudyConfiguration
from wearline.flow.known_metadata import known_metadata
from wearline_analysis import dictionary, subject_visit
from wearline_analysis.counting import counted
from wearline_analysis.errors import ReleaseExists
from wearline_analysis.manifest import DISCARDED, MANIFEST, Manifest, ReleaseFile, checked_name
from wearline_analysis.readme import readme
from wearline_analysis.releases import FILES, RUNS, Release, Releases
from wearline_analysis.results import Results
from wearline_cli.environments import Environment

PART_ROWS = 5_000_000
_TAKEN = ("412", "PreconditionFailed", "ConditionalRequestConflict")


@dataclass(frozen=True)
class Frozen:
    """A file of the release to be, on this machine."""

    path: Path
    file: ReleaseFile


def freeze(
    there: Environment, row: StudyRow, configuration: StudyConfiguration, name: str
) -> Release:
    """Freeze what counts now. Raises ReleaseExists, ReleaseNameUnfit, and what Results raises."""
    releases = Releases(there, row, configuration)
    _refuse_taken(there, releases, checked_name(name))
    objects, found = counted(there.ledger, configuration)
    results = Results(there, configuration, runs=found)
    with tempfile.TemporaryDirectory(prefix="wearline-release-") as folder:
        made = list(_files(there, results, objects, Path(folder)))
        told = Manifest(
            study=row.study,
            release=name,
            frozen=datetime.now(UTC).isoformat(timespec="seconds"),
            wearline=version("wearline"),
            configuration={
                "version": row.configuration_version,
                "sha256": row.configuration_sha256,
            },
            valid_day=configuration.valid_day.model_dump(),
            runs=tuple(run.run_id for run in results.joined.runs),
            files=tuple(each.file for each in made),
        )
        about = readme(told, results)
        made.append(_text(Path(folder), "README.md", about))
        told = replace(told, files=tuple(each.file for each in made))
        for each in made:
            _put(there, releases, name, each.file.name, each.path)
    _put(there, releases, name, MANIFEST, told.content())
    return releases.release(name)


def _refuse_taken(there: Environment, releases: Releases, name: str) -> None:
    found = there.s3.list_objects_v2(Bucket=releases.bucket, Prefix=releases.place(name))
    keys = {each["Key"].rpartition("/")[2] for each in found.get("Contents", [])}
    if MANIFEST in keys:
        raise ReleaseExists(releases.study, name, "it is frozen, and never changes")
    if DISCARDED in keys:
        raise ReleaseExists(releases.study, name, "one of that name was discarded")
    if keys:
        raise ReleaseExists(
            releases.study,
            name,
            "a freeze of that name is under way, or broke off, which"
            " `wearline results discard` removes",
        )


def _files(
    there: Environment, results: Results, objects: Sequence[ObjectRow], folder: Path
) -> Iterator[Frozen]:
    yield _parquet(folder, RUNS, _runs(results))
    places = Places(results.configuration, known_metadata(there.ledger, objects))
    yield _parquet(folder, FILES, _standings(places, objects))
    schemas = {}
    for table in results.names:
        parts = list(_parts(results, table, folder))
        schemas[table] = pa.parquet.read_schema(parts[0].path)
        yield from parts
    yield _text(folder, "dictionary.csv", _dictionary(schemas))
    yield _text(folder, "study.json", results.configuration.model_dump_json(indent=1))


def _parts(results: Results, table: str, folder: Path) -> Iterator[Frozen]:
    """A table as Parquet files of some million rows, which a reader lays under each other."""
    with results.tables([table]) as queries:
        reader = queries.batches(results.query_of(table))
        batches, rows_, number = [], 0, 1
        for batch in reader:
            batches.append(batch)
            rows_ += batch.num_rows
            if rows_ >= PART_ROWS:
                yield _part(folder, table, number, pa.Table.from_batches(batches, reader.schema))
                batches, rows_, number = [], 0, number + 1
        if batches or number == 1:
            yield _part(folder, table, number, pa.Table.from_batches(batches, reader.schema))


def _part(folder: Path, table: str, number: int, content: pa.Table) -> Frozen:
    return _parquet(folder, f"tables/{table}/{number:04}.parquet", content, table)


def _runs(results: Results) -> pa.Table:
    stale = {run.run_id: run.stale for run in results.joined.runs}
    found = []
    for record in results.cache.records():
        file = record.identity.get("file", {})
        recording = record.identity.get("recording", {})
        found.append(
            {
                "run": record.run_id,
                "attempt": record.attempt,
                "bucket": file.get("bucket"),
                "file": file.get("key"),
                "pipeline": record.identity.get("pipeline"),
                **{name: recording.get(name) for name in ("subject", "visit", "location")},
                "stale": stale[record.run_id],
                "input_sha256": record.input_sha256,
                "identity": json.dumps(record.identity, ensure_ascii=False),
                "origin": json.dumps(record.origin, ensure_ascii=False),
            }
        )
    text = ("run", "attempt", "bucket", "file", "pipeline", "subject", "visit", "location",
            "input_sha256", "identity", "origin")  # fmt: skip
    schema = pa.schema([*((name, pa.string()) for name in text), ("stale", pa.bool_())])
    return pa.Table.from_pylist(found, schema)


def _standings(places: Places, objects: Iterable[ObjectRow]) -> pa.Table:
    """Where each file stood, also one that does not count: so that a later diff can say why."""
    found = [
        {
            "bucket": row.bucket,
            "file": row.key,
            "subject": places.of(row).subject,
            "pipeline": name,
            "standing": "deleted" if row.deleted else pipeline.shown,
            "reason": pipeline.why or (pipeline.overtaken.sentence if pipeline.overtaken else ""),
            "run": pipeline.run_id,
        }
        for row in objects
        for name, pipeline in row.pipelines.items()
    ]
    names = ("bucket", "file", "subject", "pipeline", "standing", "reason", "run")
    return pa.Table.from_pylist(found, pa.schema([(name, pa.string()) for name in names]))


def _dictionary(schemas: Mapping[str, pa.Schema]) -> str:
    """A line for each column that a table of the release has."""
    to = io.StringIO()
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(("table", "column", "type", "unit", "meaning"))
    made = {column.name: column for column in subject_visit.schema()}
    for table, schema in schemas.items():
        for field in schema:
            known = (
                made.get(field.name)
                if table == subject_visit.NAME
                else dictionary.column(table, field.name)
            )
            unit, meaning = (known.unit or "", known.meaning) if known else ("", UNKNOWN)
            writer.writerow((table, field.name, field.type, unit, meaning))
    return to.getvalue()


UNKNOWN = "Named by a parameter of the study or an algorithm of its own; see study.json."


def _parquet(folder: Path, name: str, content: pa.Table, table: str | None = None) -> Frozen:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(content, path, compression="zstd")
    return _frozen(path, name, table, content.num_rows)


def _text(folder: Path, name: str, content: str) -> Frozen:
    (folder / name).write_text(content, "utf-8")
    return _frozen(folder / name, name)


def _frozen(path: Path, name: str, table: str | None = None, rows_: int | None = None) -> Frozen:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Frozen(path, ReleaseFile(name, digest, path.stat().st_size, table, rows_))


def _put(
    there: Environment, releases: Releases, name: str, file: str, content: Path | bytes
) -> None:
    key = f"{releases.place(name)}{file}"
    try:
        if isinstance(content, bytes):
            there.s3.put_object(Bucket=releases.bucket, Key=key, Body=content, IfNoneMatch="*")
            return
        with content.open("rb") as body:
            there.s3.put_object(Bucket=releases.bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as refused:
        if refused.response["Error"]["Code"] in _TAKEN:
            why = "another freeze of that name came first"
            raise ReleaseExists(releases.study, name, why) from refused
        raise
