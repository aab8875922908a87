"""SQL over tables of a study, by DuckDB, which can reach nothing else.

Texts in the tables come from keys and metadata, and a query may come from anybody: so the
connection reads no file, opens no address, loads no extension, and cannot be told otherwise.
https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from wearline_analysis.errors import QueryRefused

_SEALED = (
    "SET TimeZone = 'UTC'",
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
Source: TypeAlias = "pa.Table | pa.dataset.Dataset"


def quoted(name: str) -> str:
    """A column's name as SQL has it, whatever it holds.

    >>> quoted("sum of a")
    '"sum of a"'
    """
    return '"' + name.replace('"', '""') + '"'


class Queries:
    """A sealed connection to some tables. Closed when its ``with`` ends.

    >>> with Queries({"night": pa.table({"asleep_min": [400.0, 440.0]})}) as queries:
    ...     queries.table("SELECT avg(asleep_min) AS mean FROM night").to_pylist()
    [{'mean': 420.0}]
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        views: Mapping[str, str] | None = None,
        *,
        threads: int | None = None,
    ) -> None:
        self._db = duckdb.connect(config={"threads": threads} if threads else {})
        for name, source in sources.items():
            self._db.register(name, source)
        for name, query in (views or {}).items():
            self._db.execute(f'CREATE VIEW "{name}" AS {query}')
        for setting in _SEALED:
            self._db.execute(setting)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def batches(self, query: str) -> pa.RecordBatchReader:
        """The answer of one SELECT, a batch at a time. Raises QueryRefused.

        What goes wrong in a later batch is raised when it is read: read within ``refusals``.
        """
        with refusals():
            statements = self._db.extract_statements(query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise QueryRefused("it must be one SELECT.")
            reader: pa.RecordBatchReader = self._db.sql(query).to_arrow_reader()
        return reader

    def table(self, query: str) -> pa.Table:
        """The whole answer. Raises QueryRefused."""
        with refusals():
            return self.batches(query).read_all()

    def first(self, query: str, most: int) -> tuple[pa.Table, int]:
        """The first rows of an answer, and how many there are. Raises QueryRefused."""
        with refusals():
            reader = self.batches(query)
            kept, rows = [], 0
            for batch in reader:
                kept += [batch.slice(0, most - rows)] if rows < most else []
                rows += batch.num_rows
            return pa.Table.from_batches(kept, reader.schema), rows

    def write_parquet(self, query: str, path: Path) -> int:
        """The answer as a Parquet file, batch by batch; how many rows. Raises QueryRefused."""
        reader, rows = self.batches(query), 0
        with (
            refusals(),
            whole_or_none(path) as beside,
            pa.parquet.ParquetWriter(beside, reader.schema, compression="zstd") as writer,
        ):
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
        return rows


@contextmanager
def refusals() -> Iterator[None]:
    """What DuckDB and Arrow say of a query or of its rows becomes QueryRefused."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as refused:
        raise QueryRefused(str(refused)) from refused
    except OSError as refused:
        # So Arrow tells of an error of DuckDB in a later batch; one of the machine has a number.
        if refused.errno is not None:
            raise
        raise QueryRefused(str(refused)) from refused


@contextmanager
def whole_or_none(path: Path) -> Iterator[Path]:
    """A file beside it, which becomes it in the end: what breaks off leaves what was there."""
    if path.exists() and not path.is_file():  # a pipe, or a device
        yield path
        return
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
