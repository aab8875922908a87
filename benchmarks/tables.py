# ruff: noqa: ARG002  what is generated takes the arguments of what it stands for
"""Tables of a study of 100,000 runs: the first look, which fetches all, and the next one.

Ledger and bucket are generated, so that what is measured is Wearline's own: finding the runs
that count, checking every ``run.json`` and every file, and joining them. What DynamoDB and S3
take to answer comes on top. The files are one night table of seven nights under each run's
own name.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from benchmarks.catalog import BUCKET, MOMENT, STUDY, configuration, key_of, row_of
from benchmarks.results import Result
from wearline.core.ledger import ObjectRow, ResultRow, result_shard
from wearline.core.study import ValidDay
from wearline_analysis import dictionary, subject_visit
from wearline_analysis.cache import Cache
from wearline_analysis.counting import counted
from wearline_analysis.joined import JoinedTables

RUNS, NIGHTS = 100_000, 7
PLACEHOLDER = "f" * 40
KINDS = {
    "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
    "instant": pa.timestamp("us", "UTC"),
}  # fmt: skip
VALUES = {"string": "2024-03-11", "integer": 3, "number": 421.5, "instant": 1_710_000_000_000_000}


def run_of(number: int) -> str:
    """Run ids are spread as hashes are."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:40]


class GeneratedStudy:
    """Every file has one run, which wrote a night table and a ``run.json``."""

    def __init__(self, count: int) -> None:
        self._template = _night()
        self._numbers = {run_of(number): number for number in range(count)}
        self.read = 0

    def objects(self, study: str, bucket: str) -> Iterator[ObjectRow]:
        for run_id, number in self._numbers.items():
            yield row_of(number, (run_id, f"{number:040x}"))

    def results(self, study: str, shard: int) -> Iterator[ResultRow]:
        for run_id in self._numbers:
            if result_shard(run_id) == shard:
                key = f"biomarkers/runs/{run_id}/attempts/1.1/run.json"
                yield ResultRow(study, run_id, BUCKET, key, run_id, 1)

    def fetch(self, bucket: str, key: str, etag: str | None) -> bytes:
        """The ``run.json`` or the night table of a run; the template under its name."""
        self.read += 1
        run_id, name = key.split("/")[2], key.rpartition("/")[2]
        night = self._template.replace(PLACEHOLDER.encode(), run_id.encode())
        return night if name == "night.parquet" else _record(run_id, night)


def _night() -> bytes:
    """A night table with every column, as the processor writes it but not compressed."""
    number = key_of(0)
    row: dict[str, Any] = {
        "study": STUDY, "subject": "S0000000", "visit": "V1", "location": "wrist",
        "file": number, "run": PLACEHOLDER, "pipeline": "sleep", "reason": None,
    }  # fmt: skip
    columns = (*dictionary.KEYS, *dictionary.TABLES["night"])
    arrays = []
    for column in columns:
        value = row.get(column.name, VALUES.get(column.kind))
        arrays.append(pa.array([value] * NIGHTS, KINDS[column.kind]))
    sink = io.BytesIO()
    table = pa.Table.from_arrays(arrays, [column.name for column in columns])
    pa.parquet.write_table(table, sink, compression="none")
    return sink.getvalue()


def _record(run_id: str, night: bytes) -> bytes:
    output = {"name": "night.parquet", "sha256": hashlib.sha256(night).hexdigest(),
              "bytes": len(night), "table": "night", "rows": NIGHTS}  # fmt: skip
    return json.dumps(
        {"schema": "wearline.run/1", "run_id": run_id, "attempt": "1.1", "started": MOMENT,
         "plan": {"identity": {"pipeline": "sleep"}, "origin": {}},
         "input": {"sha256": "0" * 64}, "outputs": [output]}
    ).encode()  # fmt: skip


def look(study: GeneratedStudy, folder: Path) -> int:
    """What ``wearline results STUDY --table night --csv`` does; how many rows."""
    found = JoinedTables(Cache(folder, study.fetch), counted(study, configuration())[1])
    with found.queries(["night"]) as queries:
        return sum(batch.num_rows for batch in queries.batches(found.ordered("night")))


def averages(study: GeneratedStudy, folder: Path) -> int:
    """What ``wearline results STUDY --table subject_visit`` does beside."""
    found = JoinedTables(Cache(folder, study.fetch), counted(study, configuration())[1])
    columns = {"night": subject_visit.numbers(found.rows("night").schema)}
    with found.queries(["night"], threads=1) as queries:
        rows: int = queries.table(subject_visit.query(columns, ValidDay())).num_rows
    return rows


def timed(work: Callable[[], int]) -> tuple[float, int]:
    began = time.perf_counter()
    answer = work()
    return time.perf_counter() - began, answer


def measure() -> Iterator[Result]:
    study, folder = GeneratedStudy(RUNS), Path(tempfile.mkdtemp(prefix="wearline-tables-"))
    try:
        seconds, rows = timed(lambda: look(study, folder))
        if rows != RUNS * NIGHTS:
            raise AssertionError(f"{rows} rows of {RUNS * NIGHTS}")
        first = f"first look at night of {RUNS:,} runs, all fetched"
        yield Result.beside(first, RUNS / seconds, "runs/s", "goal", 1000)
        read = study.read
        seconds, _ = timed(lambda: look(study, folder))
        if study.read != read:
            raise AssertionError("the second look fetched something")
        yield Result.beside(f"next look at night of {RUNS:,} runs", seconds, "s", "goal", 15)
        seconds, _ = timed(lambda: averages(study, folder))
        yield Result.beside(f"subject_visit of {RUNS:,} runs", seconds, "s", "goal", 20)
    finally:
        shutil.rmtree(folder)
