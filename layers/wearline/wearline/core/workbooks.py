"""Reads Excel workbooks (.xlsx, .xlsm), a row at a time and within bounds.

A cell is what a person sees who opens the sheet: a number with the 15 digits that Excel
shows, an identifier with the leading zeros of its format, a date as ISO 8601, the result of
a formula. A formula without a stored result is refused where it is needed: whoever reads on
would take its cell for empty.

openpyxl streams rows. Faster readers make a dense array of the sheet first, and one stray
cell in its last corner makes them ask for half a terabyte.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice, repeat, zip_longest
from typing import TYPE_CHECKING, Any

from wearline.core import tables
from wearline.core.tables import RawRow, Table, TableError, TableOptions, shown, stripped

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MAX_UNPACKED = 128 * 1024 * 1024
# What a cell holds whose formula has never been calculated; no person writes it.
NOT_CALCULATED = "#NOT CALCULATED!"
_ZIP = b"PK\x03\x04"
_CONTENT_TYPES = "[Content_Types].xml"
_PIECE = 1024 * 1024
_ZEROS = re.compile(r"0{2,}")
_LOOK_AHEAD = 20
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_SEAM = 32


def is_workbook(content: bytes) -> bool:
    """True for a package of Office Open XML, which only its list of parts can tell."""
    if not content.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return _CONTENT_TYPES in package.namelist()
    except zipfile.BadZipFile:
        return False


def read_workbook(content: bytes, options: TableOptions) -> Table:
    """The table of a workbook's sheet: the stated one, else that with most wanted columns.

    Hidden sheets are only read where they are stated. Cells to the right of the header are
    notes, and left out. Raises TableError: workbook, sheet, empty, too_many_columns.
    """
    has_formulas = _unpacked(content)
    values = _opened(content, data_only=True)
    formulas = _opened(content, data_only=False) if has_formulas else None
    rows = _texts(values, formulas, _sheet(values, options))
    number, header = next(((n, cells) for n, cells in rows if any(cells)), (0, ()))
    if not number:
        raise tables.empty()
    header = tables.checked_header(_trimmed(header))
    return Table(header, _below(rows, len(header)), iso_dates=True)


def _unpacked(content: bytes) -> bool:
    """Unpack everything once and count: what a package says of its sizes proves nothing.

    Returns whether any part of it may hold a formula.
    """
    unpacked, formulas = 0, False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for part in package.infolist():
                with package.open(part) as stream:
                    seam = b""
                    while piece := stream.read(_PIECE):
                        unpacked += len(piece)
                        if unpacked > MAX_UNPACKED:
                            raise _unreadable("it unpacks to more than 128 MiB")
                        formulas = formulas or _FORMULA.search(seam + piece) is not None
                        seam = piece[-_SEAM:]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise _unreadable("it is damaged or has a password") from error
    return formulas


def _opened(content: bytes, *, data_only: bool) -> Workbook:
    # Imported late: most files are no workbooks, and the import takes a fifth of a second.
    from openpyxl import load_workbook

    try:
        return load_workbook(
            io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False
        )
    except Exception as error:
        # openpyxl raises KeyError, TypeError, ParseError and more for parts that are amiss.
        raise _unreadable("it is damaged, or no workbook with sheets of cells") from error


def _unreadable(why: str) -> TableError:
    return TableError("workbook", f"The workbook cannot be read: {why}. Save it again as .xlsx.")


def _sheet(workbook: Workbook, options: TableOptions) -> str:
    names = [sheet.title for sheet in workbook.worksheets]
    if options.sheet is not None:
        if options.sheet not in names:
            raise TableError(
                "sheet",
                f"The workbook has no sheet {options.sheet}. Rename the sheet, or correct the"
                " configuration.",
            )
        return options.sheet
    visible = [s.title for s in workbook.worksheets if s.sheet_state == "visible"]
    if not visible:
        raise tables.empty()
    scores = {name: shown(options.columns, _first_row(workbook, name)) for name in visible}
    return max(visible, key=lambda name: scores[name])


def _first_row(workbook: Workbook, name: str) -> tuple[str, ...]:
    """The first row that is not blank, among a sheet's first rows."""
    first = islice(_texts(workbook, None, name), _LOOK_AHEAD)
    return next((cells for _, cells in first if any(cells)), ())


def _texts(
    values: Workbook, formulas: Workbook | None, name: str
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every row of a sheet as texts, with its number."""
    written = _rows(formulas, name) if formulas else repeat(())
    for number, (row, formula) in enumerate(zip(_rows(values, name), written, strict=False), 1):
        if number > tables.MAX_ROWS:
            raise tables.too_many_rows()
        cells = zip_longest(row, formula[: len(row)])
        yield number, tuple(_text(cell, written_as) for cell, written_as in cells)


def _rows(workbook: Workbook, name: str) -> Iterator[Sequence[Any]]:
    sheet: Any = workbook[name]
    # The size that a sheet claims is often wrong, and pads every row.
    sheet.reset_dimensions()
    try:
        yield from sheet.iter_rows()
    except TableError:
        raise
    except Exception as error:
        raise _unreadable("a sheet of it is damaged") from error


def _text(cell: Any, formula: Any) -> str:  # noqa: ANN401  several classes of openpyxl
    """What the cell shows. ``formula`` is the same cell as it was written."""
    value = cell.value if cell is not None else None
    if value is None:
        uncalculated = formula is not None and formula.data_type == "f"
        return NOT_CALCULATED if uncalculated else ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, cell.number_format)
    return _written(value)


def _written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            midnight = value.time() == time()
            return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
        case date() | time():
            return value.isoformat()
        case _:
            return stripped(str(value))


def _number(value: float, form: str) -> str:
    """Excel shows 15 digits of a number; the 17 that it stores are those of its binary form.

    >>> _number(0.1 + 0.2, "General"), _number(7, "000")
    ('0.3', '007')
    """
    text = f"{value:.15g}"
    return text.zfill(len(form)) if _ZEROS.fullmatch(form) and text.isdigit() else text


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The header up to its last name."""
    last = max(place for place, cell in enumerate(cells) if cell)
    return cells[: last + 1]


def _below(rows: Iterator[tuple[int, tuple[str, ...]]], columns: int) -> Iterator[RawRow]:
    for number, cells in rows:
        if any(cells[:columns]):
            yield RawRow(number, cells[:columns])
