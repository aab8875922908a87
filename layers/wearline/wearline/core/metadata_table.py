"""Reads a metadata file into rows of text, whatever wrote it.

``read_table`` is the seam between file formats and cleaning: a reader of another format
(workbooks, JSON lines, SAS transport files) gives the same ``Table``, every cell as text.
Nothing in a cell is ever evaluated: a formula is its own text.

A table that cannot be read at all is a ``TableError``; a row that cannot be read is a
``RawRow`` with a ``fault``, and the rows after it are read all the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count

from wearline.core.text_decoding import DecodingError, decode

MAX_BYTES = 16 * 1024 * 1024
MAX_ROWS = 100_000
MAX_LINE = 1024 * 1024
MAX_COLUMNS = 2_000
DELIMITERS = (",", ";", "\t", "|")

# The signatures of what people upload by mistake under the name of a CSV file.
_SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
}
# Excel writes and reads a first line `sep=;` that names the delimiter.
_EXCEL_HINT = "sep="
_INVISIBLE = "\ufeff\u200b\u200e\u200f"


class TableError(Exception):
    """A metadata file that cannot be read as a table: a code, and a sentence for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How to read: what the configuration states, and the columns that it looks for.

    ``delimiter`` and ``encoding`` are found from the content where they are None.
    ``columns`` only helps to find the delimiter.
    """

    delimiter: str | None = None
    encoding: str | None = None
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

    ``comma_decimals`` is True where the file itself shows that a comma is a decimal mark:
    spreadsheets separate cells with semicolons exactly in the places that write 171,5.
    Iterating ``rows`` raises TableError: too_many_rows, line_too_long.
    """

    header: tuple[str, ...]
    rows: Iterator[RawRow]
    comma_decimals: bool


def read_table(content: bytes, options: TableOptions) -> Table:
    """The table in a CSV file: its first row that is not blank is the header.

    Raises TableError: file_too_large, not_text, encoding, empty, header, too_many_columns,
    too_many_rows, line_too_long.
    """
    _refuse_what_is_no_text(content)
    try:
        text = decode(content, options.encoding)
    except DecodingError as error:
        raise TableError("encoding", str(error)) from error
    text, hinted = _without_excel_hint(text)
    delimiter = options.delimiter or hinted or find_delimiter(text, options.columns)
    records = _records(text, delimiter)
    header = _header(records)
    return Table(header.cells, _fitted(records, len(header.cells)), comma_decimals=delimiter == ";")


def name_key(name: str) -> str:
    """What two spellings of a column name have in common.

    >>> name_key("  Height\\n(cm) ") == name_key("HEIGHT (CM)")
    True
    """
    return " ".join(name.strip(_INVISIBLE).casefold().split())


def find_delimiter(text: str, columns: Collection[str]) -> str:
    """The delimiter that shows the most of the wanted columns, then the most columns.

    The header is asked rather than the rows: decimal commas and free text mislead there.
    """
    wanted = {name_key(column) for column in columns}

    def score(delimiter: str) -> tuple[int, int]:
        cells = next((row.cells for row in _records(text, delimiter) if any(row.cells)), ())
        return len(wanted & {name_key(cell) for cell in cells}), len(cells)

    return max(DELIMITERS, key=score)


def _refuse_what_is_no_text(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // (1024 * 1024)
        raise TableError(
            "file_too_large", f"The file is larger than {limit} MiB; split it into smaller files."
        )
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            raise TableError("not_text", f"The file is {kind}; save it as CSV and upload that.")


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
        if number > MAX_ROWS:
            raise TableError(
                "too_many_rows",
                f"The file has more than {MAX_ROWS:,} rows; split it into smaller files.",
            )
        yield RawRow(number, tuple(map(_stripped, record)), fault)


def _lines(text: str) -> Iterator[str]:
    """The lines, each of a length that splitting into cells can bear."""
    for line in io.StringIO(text, newline=""):
        if len(line) > MAX_LINE:
            raise TableError(
                "line_too_long", f"The file has a line of more than {MAX_LINE:,} characters."
            )
        yield line


def _stripped(cell: str) -> str:
    return cell.strip().strip(_INVISIBLE).strip()


def _header(records: Iterator[RawRow]) -> RawRow:
    header = next((row for row in records if row.fault or any(row.cells)), None)
    if header is None:
        raise TableError("empty", "The file is empty: it has not even a row of column names.")
    if header.fault:
        raise TableError("header", f"Row {header.number}, the column names, {header.fault[1]}.")
    if len(header.cells) > MAX_COLUMNS:
        raise TableError(
            "too_many_columns",
            f"The file has {len(header.cells):,} columns; at most {MAX_COLUMNS:,} are read.",
        )
    return header


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
                row.number, (), ("too_many_cells", "has more cells than there are columns")
            )
        elif any(row.cells):
            yield row
