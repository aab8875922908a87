"""A study with results, in memory: what its ledger says and what its bucket holds."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from wearline.core.ledger import (
    FileVersion,
    ObjectRow,
    Past,
    PipelineRow,
    Reason,
    ResultRow,
    result_shard,
)
from wearline.core.lifecycle import Sighting, observed
from wearline.core.plans import Plan
from wearline.core.study import StudyConfiguration
from wearline_analysis import dictionary
from wearline_analysis.cache import Cache, ObjectGone
from wearline_analysis.counting import Run, counted
from wearline_analysis.joined import JoinedTables

MOMENT = "2026-01-01T00:00:00+00:00"
BUCKET, STUDY = "s-data", "s"
KINDS = {
    "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
    "instant": pa.timestamp("us", "UTC"),
}  # fmt: skip
KEYS = ("study", "subject", "visit", "location", "file", "run", "pipeline")
Rows = list[dict[str, Any]]


@dataclass
class FinishedStudy:
    """Runs are added one by one; ``fetched`` counts what was read of S3."""

    objects_: dict[str, ObjectRow] = field(default_factory=dict)
    results_: dict[str, ResultRow] = field(default_factory=dict)
    bucket: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    tombstones_: frozenset[str] = frozenset()

    # ---- the ledger

    def objects(self, study: str, bucket: str) -> Iterator[ObjectRow]:
        return iter(self.objects_.values())

    def results(self, study: str, shard: int) -> Iterator[ResultRow]:
        return (row for row in self.results_.values() if result_shard(row.run_id) == shard)

    def tombstones(self, study: str) -> frozenset[str]:
        return self.tombstones_

    # ---- S3

    def fetch(self, bucket: str, key: str, etag: str | None) -> bytes:
        self.fetched.append(key)
        content = self.bucket.get(key)
        if content is None or (etag is not None and etag != _etag(content)):
            raise ObjectGone("it is not there any more")
        return content

    # ---- what happens in it

    def ran(
        self, key: str, tables: dict[str, Rows | pa.Table], *, verdict: str = "succeeded",
        attempt: int = 1, **identity: Any,
    ) -> str:  # fmt: skip
        """A run over a file ends, and is the one that its file's row names; its id.

        With another ``attempt`` the same run was tried again, as a person asks for it.
        """
        subject, visit = key.split("/")[1], key.split("/")[2].partition("_")[0]
        plan = Plan({"file": {"bucket": BUCKET, "key": key}, "pipeline": "sleep",
                     "recording": {"subject": subject, "visit": visit, "location": "wrist"},
                     **identity}, {})  # fmt: skip
        keys = dict(zip(KEYS, (STUDY, subject, visit, "wrist", key, plan.run_id, "sleep"),
                        strict=True))  # fmt: skip
        folder = f"results/runs/{plan.run_id}/attempts/{attempt}.1/"
        outputs = []
        for name, rows in tables.items():
            content = _parquet(rows if isinstance(rows, pa.Table) else _table(name, rows, keys))
            self.bucket[f"{folder}{name}.parquet"] = content
            outputs.append({"name": f"{name}.parquet", "sha256": _sha256(content),
                            "bytes": len(content), "media_type": "", "table": name,
                            "rows": len(rows)})  # fmt: skip
        record = json.dumps({"schema": "wearline.run/1", "run_id": plan.run_id,
                             "attempt": f"{attempt}.1",
                             "plan": {"identity": plan.identity, "origin": {}},
                             "verdict": verdict, "input": {"sha256": "0" * 64, "size": 1},
                             "outputs": outputs}).encode()  # fmt: skip
        self.bucket[f"{folder}run.json"] = record
        self.results_[f"{folder}run.json"] = ResultRow(
            STUDY, plan.run_id, BUCKET, f"{folder}run.json", _etag(record), len(record)
        )
        self._count(key, plan.run_id, verdict)
        return plan.run_id

    def _count(self, key: str, run_id: str, verdict: Any) -> None:
        version = FileVersion(BUCKET, key, None, "e", 1, MOMENT)
        subject = {"subject": key.split("/")[1]}
        new = ObjectRow(STUDY, BUCKET, key, "data", fields=subject, version=version)
        row = self.objects_.get(key) or new
        before = row.pipelines.get("sleep")
        past = before.past if before else ()
        if before is not None and before.run_id is not None and before.run_id != run_id:
            past = (*past, Past(before.run_id, before.disposition, "replaced", MOMENT))
        now = PipelineRow(verdict, MOMENT, run_id, 1, past=past)
        self.objects_[key] = replace(row, version=version, pipelines={"sleep": now})

    def change(self, key: str, **changed: Any) -> None:
        """Change where the file's pipeline stands."""
        row = self.objects_[key]
        pipeline = replace(row.pipelines["sleep"], **changed)
        self.objects_[key] = replace(row, pipelines={"sleep": pipeline})

    def make_stale(self, key: str) -> None:
        self.change(key, stale=Reason("changed", "A height was corrected."))

    def delete(self, key: str) -> None:
        """As a look at the file does it that S3 holds no more."""
        row = self.objects_[key]
        gone = observed(row, Sighting(STUDY, BUCKET, key, row.kind, row.pattern, row.fields,
                                      None, None, "", MOMENT))  # fmt: skip
        if gone is None:
            raise KeyError(key)
        self.objects_[key] = gone

    def wrote(self, table: str, history: bool) -> bool:
        """Whether a run that counts, or any, wrote this table."""
        asked = {run.run_id for run in self.runs() if history or run.counts}
        return any(run in key and key.endswith(f"/{table}.parquet")
                   for run in asked for key in self.bucket)  # fmt: skip

    def forget(self, run_id: str) -> None:
        """As a withdrawal does it: no row names the run, and the bucket holds nothing of it."""
        self.results_ = {key: row for key, row in self.results_.items() if row.run_id != run_id}
        self.objects_ = {
            key: row
            for key, row in self.objects_.items()
            if row.pipelines["sleep"].run_id != run_id
        }
        self.bucket = {key: each for key, each in self.bucket.items() if run_id not in key}

    # ---- what is asked of it

    def runs(self) -> list[Run]:
        return counted(self, configuration())[1]

    def tables(self, cache: Path, *, history: bool = False) -> JoinedTables:
        return JoinedTables(Cache(cache, self.fetch), self.runs(), history=history)

    def rows(self, cache: Path, name: str, *, history: bool = False) -> Rows:
        found = self.tables(cache, history=history)
        with found.queries([name]) as queries:
            rows: Rows = queries.table(found.ordered(name)).to_pylist()
        return rows


def configuration() -> StudyConfiguration:
    written = {
            "study": STUDY,
            "timezone": {"default": "Europe/London"},
            "buckets": [{"name": BUCKET}],
            "results": {"bucket": BUCKET, "prefix": "results/"},
            "files": {
                "wrist": {"kind": "data", "key": "raw/{subject}/{visit}_wrist.cwa",
                          "format": "axivity", "location": "wrist", "pipelines": ["sleep"]},
            },
            "pipelines": {"sleep": {"skdh": "0.17.18", "steps": []}},
    }  # fmt: skip
    return StudyConfiguration.model_validate_json(json.dumps(written))


def _table(name: str, rows: Rows, keys: dict[str, Any]) -> pa.Table:
    """With the types of the processor where it has such a column."""
    if not rows:
        return pa.table({name: pa.array([], pa.string()) for name in keys})
    inferred = pa.Table.from_pylist([{**keys, **row} for row in rows])
    known = {each: dictionary.column(name, each) for each in inferred.column_names}
    types = [pa.field(each.name, KINDS[known[each.name].kind] if known[each.name] else each.type)
             for each in inferred.schema]  # fmt: skip
    return inferred.cast(pa.schema(types))


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pa.parquet.write_table(table, sink)
    return sink.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
