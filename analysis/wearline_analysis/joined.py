"""The tables of a study, joined over its runs: what counts, or everything with its standing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.dataset

from wearline_analysis.cache import POSITION, Cache
from wearline_analysis.counting import Run
from wearline_analysis.errors import NoSuchTable
from wearline_analysis.queries import Queries

ORDER = ("subject", "visit", "location", "pipeline", "file", "run", POSITION)


class JoinedTables:
    """The tables that runs wrote, each laid under the others of its name.

    Every row has a column ``stale``: true where an applied plan would compute it anew. With
    ``history`` the rows of runs that count no longer, or failed, are there too, and two more
    columns say so: ``counts``, and ``standing`` in a word of the ledger.
    """

    def __init__(self, cache: Cache, runs: Sequence[Run], *, history: bool = False) -> None:
        self._cache, self.history = cache, history
        self.runs = [run for run in runs if history or run.counts]
        cache.want(self.runs, runs)
        self._standing = _standing(self.runs, history=history)
        self._rows: dict[str, pa.dataset.Dataset] = {}

    @property
    def names(self) -> list[str]:
        """The tables that these runs wrote."""
        return sorted(self._cache.tables())

    def rows(self, name: str) -> pa.dataset.Dataset:
        """The kept rows of a table. Raises NoSuchTable, ResultAltered, TablesDisagree."""
        if name not in self._cache.tables():
            raise NoSuchTable(name, self.names)
        if name not in self._rows:
            self._rows[name] = self._cache.table(name)
        return self._rows[name]

    def queries(
        self,
        names: Sequence[str],
        more: Mapping[str, pa.Table] | None = None,
        *,
        only_counting: bool = False,
        threads: int | None = None,
    ) -> Queries:
        """These tables as views to query, and further ones beside them.

        A view holds the rows of the runs that were asked for, without their position.
        """
        sources: Mapping[str, pa.dataset.Dataset | pa.Table] = {
            **{f"{name} with positions": self.rows(name) for name in names},
            "runs": self._standing,
            **(more or {}),
        }
        where = " WHERE counts" if only_counting and self.history else ""
        views = {name: f"{_without_position(_joined(name))}{where}" for name in names}
        return Queries(sources, views, threads=threads)

    def ordered(self, name: str) -> str:
        """The query of a whole table, in order of subject, visit, location, file and row."""
        columns = set(self.rows(name).schema.names)
        order = ", ".join(f'"{each}"' for each in ORDER if each in columns)
        return f"{_without_position(_joined(name))} ORDER BY {order}"


def _without_position(query: str) -> str:
    return f'SELECT * EXCLUDE ("{POSITION}") FROM ({query})'


def _joined(name: str) -> str:
    """A table's name has small letters, digits and underscores: see ``records``."""
    return f'SELECT * FROM "{name} with positions" JOIN runs USING (run)'


def _standing(runs: Sequence[Run], *, history: bool) -> pa.Table:
    columns: dict[str, pa.Array] = {
        "run": pa.array([run.run_id for run in runs], pa.string()),
        "stale": pa.array([run.stale for run in runs], pa.bool_()),
    }
    if history:
        columns["counts"] = pa.array([run.counts for run in runs], pa.bool_())
        columns["standing"] = pa.array([run.standing for run in runs], pa.string())
    return pa.table(columns)
