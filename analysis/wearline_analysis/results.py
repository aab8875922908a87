"""The results of a study as tables: those that its runs wrote, and what is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from wearline.core.study import StudyConfiguration
from wearline_analysis import subject_visit
from wearline_analysis.cache import FETCHERS, Cache, ObjectGone, cache_folder
from wearline_analysis.counting import Run, counted
from wearline_analysis.errors import NoSuchTable
from wearline_analysis.joined import JoinedTables
from wearline_analysis.queries import Queries, refusals
from wearline_cli.environments import CommandError, Environment

_GONE = ("404", "NoSuchKey", "NotFound", "412", "PreconditionFailed")


class ResultsUnreadable(CommandError):
    """S3 did not let a result be read."""

    def __init__(self, bucket: str, why: str) -> None:
        self.bucket, self.why = bucket, why
        super().__init__(f"Bucket {bucket} cannot be read ({why}). Ask for s3:GetObject on it.")


class Results:
    """What counts of a study now, or with ``history`` everything that has a verdict.

    The ledger is read when this is made, unless ``runs`` says what it said, and that holds
    until the end.
    """

    def __init__(
        self,
        there: Environment,
        configuration: StudyConfiguration,
        *,
        history: bool = False,
        runs: list[Run] | None = None,
    ) -> None:
        self.configuration, self._there = configuration, there
        self.runs = counted(there.ledger, configuration)[1] if runs is None else runs
        place = configuration.results
        folder = cache_folder(there.name, place.bucket, configuration.study)
        self.cache = Cache(folder, fetcher(there))
        self.joined = JoinedTables(self.cache, self.runs, history=history)

    @property
    def names(self) -> list[str]:
        """Every table that can be asked for."""
        written = self.joined.names
        made = {subject_visit.NAME} if {"day", "night"} & set(written) else set()
        return sorted({*written, *made})

    @contextmanager
    def asked(self, query: str) -> Iterator[Queries]:
        """The tables that a query names, to be queried, and ``runs`` with their standing.

        Raises QueryRefused, NoSuchTable, ResultAltered, TablesDisagree.
        """
        # A word that only looks like a table costs its fetching, and nothing else.
        words = set(re.findall(r"\w+", query.lower()))
        with self.tables([name for name in self.names if name in words]) as queries:
            yield queries

    @contextmanager
    def whole(self, name: str) -> Iterator[Queries]:
        """A table with its positions, for ``query_of``. Raises NoSuchTable."""
        with self.tables([name]) as queries:
            yield queries

    @contextmanager
    def tables(self, names: Sequence[str]) -> Iterator[Queries]:
        """These tables, to be queried."""
        made = {subject_visit.NAME: self.subject_visit()} if subject_visit.NAME in names else {}
        written = [name for name in names if name not in made]
        with self.joined.queries(written, made) as queries:
            yield queries

    def query_of(self, name: str) -> str:
        """The query of a whole table, in its order. Raises NoSuchTable."""
        if name not in self.names:
            raise NoSuchTable(name, self.names)
        if name == subject_visit.NAME:
            return f"SELECT * FROM {name}"
        return self.joined.ordered(name)

    def table(self, name: str) -> pa.Table:
        """A whole table in memory. Raises NoSuchTable, ResultAltered, TablesDisagree."""
        query = self.query_of(name)
        if name == subject_visit.NAME:
            return self.subject_visit()
        with self.tables([name]) as queries:
            return queries.table(query)

    def subject_visit(self) -> pa.Table:
        """See ``subject_visit``; with ``history`` too it is of the runs that count."""
        written: list[str] = [name for name in ("day", "night") if name in self.joined.names]
        if not written:
            raise NoSuchTable(subject_visit.NAME, self.names)
        columns: dict[str, list[str]] = {
            name: subject_visit.numbers(self.joined.rows(name).schema) for name in written
        }
        with self.joined.queries(written, only_counting=True, threads=1) as queries:
            return queries.table(subject_visit.query(columns, self.configuration.valid_day))


def fetcher(there: Environment) -> Any:  # noqa: ANN401  a ``cache.Fetch``
    """Reads objects of an environment, many at a time."""
    config = Config(max_pool_connections=FETCHERS, retries={"mode": "adaptive"})
    client = there.session.client("s3", endpoint_url=there.endpoint, config=config)

    def fetch(bucket: str, key: str, etag: str | None) -> bytes:
        condition: dict[str, Any] = {"IfMatch": f'"{etag}"'} if etag else {}
        try:
            answer = client.get_object(Bucket=bucket, Key=key, **condition)
            content: bytes = answer["Body"].read()
        except ClientError as refused:
            code = refused.response["Error"]["Code"]
            if code in _GONE:
                changed = "it was altered" if code in _GONE[-2:] else "it is not there any more"
                raise ObjectGone(changed) from refused
            raise ResultsUnreadable(bucket, code) from refused
        except BotoCoreError as refused:
            raise ResultsUnreadable(bucket, str(refused)) from refused
        return content

    return fetch


def write_csv(rows: pa.RecordBatchReader, to: IO[bytes]) -> int:
    """CSV with a header; how many rows.

    A text that a spreadsheet would take for a formula has an apostrophe before it:
    https://owasp.org/www-community/attacks/CSV_Injection
    Raises QueryRefused, also of a column that CSV cannot hold, such as a list.
    """
    written = 0
    options = pa.csv.WriteOptions(quoting_style="needed")
    with refusals(), pa.csv.CSVWriter(to, rows.schema, write_options=options) as writer:
        for batch in rows:
            writer.write_batch(_harmless(batch))
            written += batch.num_rows
    return written


def _harmless(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        pa.compute.replace_substring_regex(column, r"^([=+\-@\t\r])", r"'\1")
        if pa.types.is_string(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)
