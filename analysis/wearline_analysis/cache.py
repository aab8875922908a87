"""The results of a study on this machine: each file fetched once, checked, and laid together.

::

    run.json, night.parquet of each run ──> checked by ETag, SHA-256 ──> segments of many runs
                                                                         + index.sqlite

A study has very many small Parquet files; read one by one they cost a second for every few
hundred. So the rows of a table lie in a few segments, which hold what the files held and
nothing else; all files of a segment have the same columns, so that those of a table are the
columns of the runs that are asked for, whatever else was read before. Runs that the ledger no
longer knows, since a person has withdrawn, are removed from the segments at the next call, and
so is what a run wrote before it was tried again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from wearline_analysis.counting import RECORD, Run
from wearline_analysis.errors import ResultAltered, TablesDisagree
from wearline_analysis.index import Index
from wearline_analysis.records import Output, Record, record

Item = TypeVar("Item")
Answer = TypeVar("Answer")
# Reads one object: bucket, key, and the ETag that it must have, or None. Raises ObjectGone.
Fetch = Callable[[str, str, str | None], bytes]

FETCHERS = 32
BATCH_RUNS, BATCH_ROWS = 2_000, 5_000_000
SMALL_BYTES = 128 * 1024 * 1024
MOST_SEGMENTS = 8
POSITION = "_position"  # of a row in the file of its run, so that their order is not lost


class Segment:
    """An open file of rows: it can be read also when it was removed meanwhile."""

    def __init__(self, path: Path) -> None:
        content = pa.memory_map(str(path)).read_buffer()
        self.schema: pa.Schema = pa.parquet.read_schema(pa.BufferReader(content))
        self.fragment = pa.dataset.ParquetFileFormat().make_fragment(content)


class ObjectGone(Exception):
    """There is no such object, or it is not the one that was meant."""


class Cache:
    """The cache of one study, below a folder of its own. ``fetch`` reads from S3."""

    def __init__(self, folder: Path, fetch: Fetch) -> None:
        self._folder, self._fetch = folder, fetch
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._runs: Mapping[str, Run] = {}
        with self._alone():
            self._index = Index(folder / "index.sqlite")

    def want(self, wanted: Iterable[Run], known: Iterable[Run]) -> None:
        """Learn of the wanted runs, and forget all that are not known any more.

        Raises ResultAltered where a ``run.json`` is not the one that the ledger recorded.
        """
        self._runs = {run.run_id: run for run in wanted}
        with self._alone():
            self._index.want(self._runs.values(), known)
            self._forget()
            unknown = [self._runs[run_id] for run_id in sorted(self._index.unknown())]
            for start in range(0, len(unknown), BATCH_RUNS):
                batch = unknown[start : start + BATCH_RUNS]
                self._index.learn(list(_in_parallel(self._record, batch)))
            self._remove_outdated()

    def tables(self) -> dict[str, int]:
        """The tables that runs wrote, and how many runs did."""
        return self._index.tables()

    def records(self) -> Iterator[Record]:
        return self._index.records()

    def table(self, name: str) -> pa.dataset.Dataset:
        """The rows of a table with their ``POSITION``: of the wanted runs, and of others that
        are kept with them. Nothing is read before it is asked for.

        Raises ResultAltered where a file is not what its ``run.json`` says, and
        TablesDisagree where columns of one name have nothing in common.
        """
        file = f"{name}.parquet"
        with self._alone():
            for batch in _batches(self._index.missing(file)):
                self._add(file, batch)
            self._compact(file)
            wanted = [self._segment(file, each) for each in self._index.wanted_segments(file)]
            # Opened while no other process can remove them: then they stay readable.
            return _dataset(name, [Segment(path) for path in wanted])

    def file(self, run: Run, output: Output) -> Path:
        """Another file of a run, such as a picture."""
        path = self._folder / "files" / run.run_id / output.sha256 / output.name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = path.with_name(f"{output.name}.{uuid.uuid4().hex}")
            whole.write_bytes(self._checked(run, output))
            whole.replace(path)
        return path

    # ---- fetching

    def _record(self, run: Run) -> tuple[Run, Record]:
        try:
            content = self._fetch(run.bucket, f"{run.folder}{RECORD}", run.etag)
        except ObjectGone as gone:
            raise ResultAltered(run.run_id, RECORD, str(gone)) from gone
        return run, record(content, run.run_id, run.attempt)

    def _checked(self, run: Run, output: Output) -> bytes:
        try:
            content = self._fetch(run.bucket, f"{run.folder}{output.name}", None)
        except ObjectGone as gone:
            raise ResultAltered(run.run_id, output.name, str(gone)) from gone
        if hashlib.sha256(content).hexdigest() != output.sha256:
            raise ResultAltered(run.run_id, output.name, "its SHA-256 differs from run.json")
        return content

    def _add(self, file: str, batch: Sequence[tuple[str, Output]]) -> None:
        """The rows of these runs, which lie in order in a segment for each set of columns."""

        def fetch(each: tuple[str, Output]) -> bytes:
            run_id, output = each
            return self._checked(self._runs[run_id], output)

        # Read here, while others are fetched: many threads that read hold each other up.
        contents = zip(_in_parallel(fetch, batch), batch, strict=True)
        parts = (
            (_with_position(_rows(content, run_id, output.name)), (run_id, output))
            for content, (run_id, output) in contents
        )
        for _, group in _alike((rows.schema, (rows, each)) for rows, each in parts):
            segment = uuid.uuid4().hex
            whole = pa.concat_tables(rows for rows, _ in group).combine_chunks()
            pa.parquet.write_table(whole, self._segment(file, segment), compression="zstd")
            self._index.keep(segment, [each for _, each in group])

    # ---- segments

    def _compact(self, file: str) -> None:
        """One segment in place of many small ones with the same columns."""
        names = self._index.segments(file)
        if len(names) <= MOST_SEGMENTS:
            return
        small = [name for name in sorted(names) if self._is_small(file, name)]
        paths = {name: self._segment(file, name) for name in small}
        for _, old in _alike((pa.parquet.read_schema(paths[name]), name) for name in small):
            if len(old) > MOST_SEGMENTS:
                self._replace(file, old)

    def _forget(self) -> None:
        """Remove every trace of runs that the ledger does not know."""
        for run_id in self._index.forget_gone():
            shutil.rmtree(self._folder / "files" / run_id, ignore_errors=True)
        self._remove_outdated()
        self._remove_unnamed()

    def _remove_outdated(self) -> None:
        for file, segment, runs in self._index.outdated():
            self._replace(file, [segment], without=runs)

    def _replace(self, file: str, old: Sequence[str], without: Sequence[str] = ()) -> None:
        """One segment in place of these, less the rows of some runs."""
        new, old_paths = uuid.uuid4().hex, [self._segment(file, each) for each in old]
        kept = ~pa.dataset.field("run").isin(without) if without else None
        rows = _dataset(file, [Segment(path) for path in old_paths])
        self._rewrite(rows.scanner(filter=kept), self._segment(file, new))
        self._index.moved(file, old, new, without)
        for path in old_paths:
            path.unlink()

    def _remove_unnamed(self) -> None:
        """Remove what a call that broke off left, which nobody would look for again."""
        named = {self._segment(*each) for each in self._index.every_segment()}
        for path in (self._folder / "tables").glob("*/*.parquet"):
            if path not in named:
                path.unlink()

    def _rewrite(self, rows: pa.dataset.Scanner, path: Path) -> None:
        with pa.parquet.ParquetWriter(path, rows.projected_schema, compression="zstd") as writer:
            for batch in rows.to_batches():
                writer.write_batch(batch)

    def _is_small(self, file: str, segment: str) -> bool:
        return self._segment(file, segment).stat().st_size < SMALL_BYTES

    def _segment(self, file: str, segment: str) -> Path:
        folder = self._folder / "tables" / file.removesuffix(".parquet")
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{segment}.parquet"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes of this machine out of the folder."""
        with (self._folder / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def cache_folder(env: str, bucket: str, study: str) -> Path:
    """Below what ``WEARLINE_CACHE`` names, else where caches of the user are."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    base = Path(os.environ.get("WEARLINE_CACHE") or Path(home) / "wearline")
    return base / env / bucket / study


def _batches(
    missing: Iterable[tuple[str, Output]],
) -> Iterator[list[tuple[str, Output]]]:
    """As many runs as fit into memory at once."""
    batch: list[tuple[str, Output]] = []
    rows = 0
    for run_id, output in missing:
        batch.append((run_id, output))
        rows += output.rows or 0
        if len(batch) >= BATCH_RUNS or rows >= BATCH_ROWS:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def _in_parallel(work: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[Answer]:
    with ThreadPoolExecutor(FETCHERS) as pool:
        yield from pool.map(work, items)


def _rows(content: bytes, run_id: str, name: str) -> pa.Table:
    try:
        file = pa.parquet.ParquetFile(pa.BufferReader(content), pre_buffer=False)
        return file.read(use_threads=False)
    except pa.ArrowInvalid as broken:
        raise ResultAltered(run_id, name, "it is no Parquet file") from broken


def _with_position(rows: pa.Table) -> pa.Table:
    numbers = pa.array(range(rows.num_rows), pa.int32())
    # What a file says of itself is not true of many of them.
    return rows.append_column(POSITION, numbers).replace_schema_metadata()


def _alike(items: Iterable[tuple[pa.Schema, Item]]) -> list[tuple[pa.Schema, list[Item]]]:
    """The items by their columns. A study has few sets of them, so each is compared with all."""
    groups: list[tuple[pa.Schema, list[Item]]] = []
    for schema, item in items:
        for known, group in groups:
            if known.equals(schema):
                group.append(item)
                break
        else:
            groups.append((schema, [item]))
    return groups


def _dataset(name: str, segments: Sequence[Segment]) -> pa.dataset.Dataset:
    """The segments under each other; a column that one of them lacks is null there."""
    schemas = [schema for schema, _ in _alike((each.schema, each) for each in segments)]
    # Those with most columns first: their order does not depend on what was fetched when.
    schemas.sort(key=lambda schema: (-len(schema), schema.to_string()))
    try:
        schema = pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as differ:
        raise TablesDisagree(name, str(differ)) from differ
    fragments = [each.fragment for each in segments]
    return pa.dataset.FileSystemDataset(fragments, schema, pa.dataset.ParquetFileFormat())
