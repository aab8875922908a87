"""What every reader of metadata makes of a file: a header, and rows of text below it.

Nothing in a cell is ever evaluated. A table that cannot be read at all is a ``TableError``; a
row that cannot be read is a ``RawRow`` with a ``fault``, and the rows after it are read all
the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from wearline.core.keys import composed

MAX_BYTES = 16 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 2_000
# What spreadsheets and web forms leave around a text, and nobody sees.
INVISIBLE = "\ufeff\u200b\u200e\u200f"

Decimal = Literal[",", "."]


class TableError(Exception):
    """A metadata file that cannot be read as a table: a code, and a sentence for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How to read: what the configuration states, and the columns that it looks for.

    ``delimiter`` and ``encoding`` are found from the content where they are None. ``columns``
    only helps to find the delimiter, and the ``sheet`` where None is stated.
    """

    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    columns: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as a spreadsheet shows it: ``number`` counts from 1, the header included.

    ``cells`` are stripped texts in header order and may be fewer than the header has.
    ``fault`` says in a sentence's second half why the row cannot be used, else None.
    """

    number: int
    cells: tuple[str, ...]
    fault: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it, read as they are asked for; blank rows are left out.

    ``decimal`` is the decimal mark where the file itself shows it: spreadsheets separate
    cells with semicolons exactly in the places that write 171,5. ``iso_dates`` is True where
    cells that hold a date, as a workbook knows it, are given as ISO 8601.
    Iterating ``rows`` raises TableError: too_many_rows, line_too_long.
    """

    header: tuple[str, ...]
    rows: Iterator[RawRow]
    decimal: Decimal | None = None
    iso_dates: bool = False


def stripped(cell: str) -> str:
    """A cell's text without white space and what cannot be seen around it."""
    return cell.strip().strip(INVISIBLE).strip()


def name_key(name: str) -> str:
    """What two spellings of a column name have in common.

    >>> name_key("  Height\\n(cm) ") == name_key("HEIGHT (CM)")
    True
    """
    return " ".join(composed(name).strip(INVISIBLE).casefold().split())


def shown(wanted: Collection[str], header: Collection[str]) -> int:
    """How many of the wanted columns a header shows."""
    return len({name_key(column) for column in wanted} & {name_key(cell) for cell in header})


def too_many_rows() -> TableError:
    return TableError(
        "too_many_rows", f"The file has more than {MAX_ROWS:,} rows; split it into smaller files."
    )


def empty() -> TableError:
    return TableError("empty", "The file is empty: it has not even a row of column names.")


def checked_header(header: tuple[str, ...]) -> tuple[str, ...]:
    """Raises TableError: too_many_columns."""
    if len(header) > MAX_COLUMNS:
        raise TableError(
            "too_many_columns",
            f"The file has {len(header):,} columns; at most {MAX_COLUMNS:,} are read.",
        )
    return header
