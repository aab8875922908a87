"""What the cache of a study holds: an SQLite file beside the tables that it speaks of.

``records`` and ``outputs`` are what was read of each ``run.json``; ``kept`` says in which
segment the rows of a run and table lie, and which bytes they were read from.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from wearline_analysis.counting import Run
from wearline_analysis.records import Output, Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (run TEXT PRIMARY KEY, etag TEXT, content BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outputs (
    run TEXT, name TEXT, sha256 TEXT, bytes INTEGER, rows INTEGER, PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (
    name TEXT, run TEXT, sha256 TEXT, segment TEXT, PRIMARY KEY (name, run)
) WITHOUT ROWID;
CREATE TEMP TABLE known (run TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE wanted (run TEXT PRIMARY KEY, etag TEXT) WITHOUT ROWID;
"""
_UNKNOWN = """
SELECT run FROM wanted LEFT JOIN records r USING (run) WHERE r.etag IS NOT wanted.etag
"""
_TABLES = """
SELECT substr(name, 1, length(name) - 8), count(*) FROM outputs JOIN wanted USING (run)
WHERE name LIKE '%.parquet' GROUP BY name ORDER BY name
"""
_MISSING = """
SELECT o.run, o.name, o.sha256, o.bytes, o.rows FROM outputs o JOIN wanted USING (run)
LEFT JOIN kept k ON k.name = o.name AND k.run = o.run AND k.sha256 = o.sha256
WHERE o.name = ? AND k.run IS NULL ORDER BY o.run
"""
_GONE = "run NOT IN (SELECT run FROM known)"
# Kept of a file that its run did not write, by what is known of the run now.
_OUTDATED = """
SELECT name, segment, run FROM kept k LEFT JOIN outputs o USING (name, run)
WHERE o.sha256 IS NOT k.sha256
"""


class Index:
    """The SQLite file. One process at a time writes it; see ``Cache``."""

    def __init__(self, path: Path) -> None:
        # Notebooks ask from threads of their own; calls do not overlap.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # What is removed of a person is overwritten, not just unlinked.
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA journal_mode = TRUNCATE")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def want(self, wanted: Iterable[Run], known: Iterable[Run]) -> None:
        """All that follows is about the wanted runs; those that are not known are gone."""
        self._db.execute("BEGIN")
        self._db.execute("DELETE FROM known")
        self._db.execute("DELETE FROM wanted")
        self._db.executemany("INSERT INTO known VALUES (?)", ((run.run_id,) for run in known))
        self._db.executemany(
            "INSERT INTO wanted VALUES (?, ?)", ((run.run_id, run.etag) for run in wanted)
        )
        self._db.execute("COMMIT")

    # ---- run.json

    def unknown(self) -> set[str]:
        """Wanted runs whose ``run.json`` was not read yet, or another version of it."""
        return {run for (run,) in self._db.execute(_UNKNOWN)}

    def learn(self, found: Sequence[tuple[Run, Record]]) -> None:
        """Remember these records, in one go."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?)",
            ((run.run_id, run.etag, _packed(each)) for run, each in found),
        )
        self._db.executemany(
            "DELETE FROM outputs WHERE run = ?", ((run.run_id,) for run, _ in found)
        )
        self._db.executemany(
            "INSERT INTO outputs VALUES (?, ?, ?, ?, ?)",
            (
                (run.run_id, each.name, each.sha256, each.bytes, each.rows)
                for run, its in found
                for each in its.outputs
            ),
        )
        self._db.execute("COMMIT")

    def records(self) -> Iterator[Record]:
        """Of every wanted run, in order of the run ids."""
        query = "SELECT content FROM records JOIN wanted USING (run) ORDER BY run"
        for (content,) in self._db.execute(query):
            told = json.loads(zlib.decompress(content))
            outputs = tuple(Output(**each) for each in told.pop("outputs"))
            yield Record(**told, outputs=outputs)

    # ---- tables

    def tables(self) -> dict[str, int]:
        """The tables that wanted runs wrote, and how many of them did."""
        return dict(self._db.execute(_TABLES).fetchall())

    def missing(self, name: str) -> list[tuple[str, Output]]:
        """Wanted runs that wrote this file, where it is not kept."""
        found = self._db.execute(_MISSING, (name,)).fetchall()
        return [(run, Output(*output)) for run, *output in found]

    def keep(self, segment: str, outputs: Sequence[tuple[str, Output]]) -> None:
        """The rows of these runs lie in this segment from now on."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)",
            ((output.name, run, output.sha256, segment) for run, output in outputs),
        )
        self._db.execute("COMMIT")

    def segments(self, name: str) -> list[str]:
        """The segments of a table."""
        query = "SELECT DISTINCT segment FROM kept WHERE name = ?"
        return [segment for (segment,) in self._db.execute(query, (name,))]

    def wanted_segments(self, name: str) -> list[str]:
        """Those that hold a wanted run."""
        query = "SELECT DISTINCT segment FROM kept JOIN wanted USING (run) WHERE name = ?"
        return [segment for (segment,) in self._db.execute(query, (name,))]

    def every_segment(self) -> set[tuple[str, str]]:
        """Of all tables: table file and segment."""
        return set(self._db.execute("SELECT DISTINCT name, segment FROM kept").fetchall())

    def moved(
        self, name: str, segments: Iterable[str], to: str, without: Iterable[str] = ()
    ) -> None:
        """What lay in these segments lies in another, but for some runs, which are not kept."""
        old = list(segments)
        self._db.execute("BEGIN")
        self._db.executemany(
            "DELETE FROM kept WHERE name = ? AND run = ?", [(name, run) for run in without]
        )
        self._db.executemany(
            "UPDATE kept SET segment = ? WHERE name = ? AND segment = ?",
            [(to, name, segment) for segment in old],
        )
        self._db.execute("COMMIT")

    # ---- what is no more

    def outdated(self) -> list[tuple[str, str, list[str]]]:
        """What is kept of runs that are forgotten, or that wrote another file since, as a retry
        does: table file, segment, and those runs.
        """
        found: dict[tuple[str, str], list[str]] = {}
        for name, segment, run in self._db.execute(_OUTDATED):
            found.setdefault((name, segment), []).append(run)
        return [(name, segment, runs) for (name, segment), runs in found.items()]

    def forget_gone(self) -> list[str]:
        """Forget every run that is gone; their ids. What is kept of them is outdated then."""
        query = f"SELECT run FROM records WHERE {_GONE}"
        forgotten = [run for (run,) in self._db.execute(query)]
        for table in ("records", "outputs") if forgotten else ():
            self._db.execute(f"DELETE FROM {table} WHERE {_GONE}")
        return forgotten


def _packed(found: Record) -> bytes:
    # Not all of it by `asdict`, which would copy the whole plan first.
    told = {each.name: getattr(found, each.name) for each in fields(found)}
    return zlib.compress(json.dumps(told, default=asdict).encode())
