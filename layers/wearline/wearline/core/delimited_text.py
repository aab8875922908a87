"""Reads CSV and TSV, whatever wrote them."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from itertools import count

from wearline.core import tables
from wearline.core.tables import RawRow, Table, TableError, TableOptions, shown, stripped

MAX_LINE = 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
# Excel writes and reads a first line `sep=;` that names the delimiter.
_EXCEL_HINT = "sep="


def read_delimited(text: str, options: TableOptions) -> Table:
    """The table in a delimited text: its first row that is not blank is the header.

    Raises TableError: empty, header, too_many_columns, too_many_rows, line_too_long.
    """
    text, hinted = _without_excel_hint(text)
    delimiter = options.delimiter or hinted or find_delimiter(text, options.columns)
    records = _records(text, delimiter)
    header = _header(records)
    return Table(header, _fitted(records, len(header)), decimal="," if delimiter == ";" else None)


def find_delimiter(text: str, columns: Collection[str]) -> str:
    """The delimiter that shows the most of the wanted columns, then the most columns.

    The header is asked rather than the rows: decimal commas and free text mislead there.
    """

    def score(delimiter: str) -> tuple[int, int]:
        cells = next((row.cells for row in _records(text, delimiter) if any(row.cells)), ())
        return shown(columns, cells), len(cells)

    return max(DELIMITERS, key=score)


def _without_excel_hint(text: str) -> tuple[str, str | None]:
    first, _, rest = text.partition("\n")
    hint = first.strip("\r").strip('"')
    if hint.lower().startswith(_EXCEL_HINT) and len(hint) == len(_EXCEL_HINT) + 1:
        return rest, hint[-1]
    return text, None


def _records(text: str, delimiter: str) -> Iterator[RawRow]:
    """Every record of the text, blank ones too, so that the numbers are a spreadsheet's."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    for number in count(1):
        record: list[str] = []
        fault: tuple[str, str] | None = None
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # The reader drops the record and goes on with the next line.
            fault = (
                "quotes",
                "has a quotation mark that does not close, or a cell too long to read",
            )
        if number > tables.MAX_ROWS:
            raise tables.too_many_rows()
        yield RawRow(number, tuple(map(stripped, record)), fault)


def _lines(text: str) -> Iterator[str]:
    """The lines, each of a length that splitting into cells can bear."""
    for line in io.StringIO(text, newline=""):
        if len(line) > MAX_LINE:
            raise TableError(
                "line_too_long", f"The file has a line of more than {MAX_LINE:,} characters."
            )
        yield line


def _header(records: Iterator[RawRow]) -> tuple[str, ...]:
    header = next((row for row in records if row.fault or any(row.cells)), None)
    if header is None:
        raise tables.empty()
    if header.fault:
        raise TableError("header", f"Row {header.number}, the column names, {header.fault[1]}.")
    return tables.checked_header(header.cells)


def _fitted(records: Iterator[RawRow], columns: int) -> Iterator[RawRow]:
    """Rows that are not blank; one with more cells than columns is at fault.

    A surplus cell is most often an unquoted decimal comma, so that the cell before it
    would read 171 where 171,5 was written.
    """
    for row in records:
        if row.fault:
            yield row
        elif any(row.cells[columns:]):
            yield RawRow(
                row.number, row.cells, ("too_many_cells", "has more cells than there are columns")
            )
        elif any(row.cells):
            yield row
