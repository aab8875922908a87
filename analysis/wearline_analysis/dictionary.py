"""What every column of the tables means: those that runs write, and those made of them.

``dictionary.json`` is written from the processor's own columns (``gates/dictionary.py``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what kind of value, in which unit, and what it means."""

    name: str
    kind: str
    unit: str | None
    meaning: str


STANDING = (
    Column("stale", "boolean", None, "Whether an applied plan would compute the row anew."),
)
HISTORY = (
    Column("counts", "boolean", None, "Whether the run counts."),
    Column("standing", "string", None, "How the run stands, in a word of the ledger."),
)


def _document() -> dict[str, Any]:
    text = files(__package__).joinpath("dictionary.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


_DOCUMENT: Final = _document()
# What every table begins with, and what follows in each, for steps with default parameters.
KEYS: Final = tuple(Column(**each) for each in _DOCUMENT["keys"])
TABLES: Final = {
    name: tuple(Column(**each) for each in table["columns"])
    for name, table in _DOCUMENT["tables"].items()
}
# What a row of each table is.
MEANINGS: Final[dict[str, str]] = {
    name: table["meaning"] for name, table in _DOCUMENT["tables"].items()
}


def column(table: str, name: str) -> Column | None:
    """What is known of a column; None of one that a parameter or an own algorithm named."""
    known = (*KEYS, *TABLES.get(table, ()), *STANDING, *HISTORY)
    return next((each for each in known if each.name == name), None)
