"""Which recording of the report speaks for a cell of the matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wearline.core.completeness import Cell

_Named = tuple[str | None, str | None, str | None, str]


class Speaking:
    """Recordings by the place and key of their cells: of a file with several pipelines the entry
    in the cell's state, and of files that two buckets hold under one key the newest, as there.
    """

    def __init__(self, recordings: Sequence[Mapping[str, Any]]) -> None:
        self._by_state: dict[tuple[_Named, str], int] = {}
        self._any: dict[_Named, int] = {}
        newest_first = sorted(
            range(len(recordings)), key=lambda index: recordings[index]["arrived"], reverse=True
        )
        for index in newest_first:
            each = recordings[index]
            named = (each["subject"], each["visit"], each["location"], each["key"])
            self._by_state.setdefault((named, each["state"]), index)
            self._any.setdefault(named, index)

    def of(self, cell: Cell) -> int | None:
        """The place of its recording; None of one that is missing."""
        named = (cell.subject, cell.visit, cell.location, cell.key or "")
        return self._by_state.get((named, cell.state), self._any.get(named))
