"""Reads JSON lines: one object a line, its names are the columns.

Numbers are taken as they are written, so that 171.5 is exactly 171.5. ``true`` and ``false``
become these words, ``null`` and an absent name an empty cell. Rows are numbered by their
lines. A line that is no flat object is at fault, and the others count.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from wearline.core import tables
from wearline.core.tables import RawRow, Table, TableError, stripped

MAX_LINE = 1024 * 1024
_NO_OBJECT = ("json", "is no flat JSON object with each name once")


class _Unusable(ValueError):
    """A line that is JSON, but no row."""


def looks_like_json_lines(text: str) -> bool:
    """True where the first character that is not white space opens an object."""
    return text.lstrip(tables.INVISIBLE + " \t\r\n").startswith("{")


def read_json_lines(text: str) -> Table:
    """Raises TableError: line_too_long, too_many_rows, too_many_columns."""
    lines = list(_lines(text))
    header = tables.checked_header(
        tuple(dict.fromkeys(name for _, line in lines if line is not None for name in line))
    )
    return Table(header, _rows(lines, header))


def _lines(text: str) -> Iterator[tuple[int, dict[str, str] | None]]:
    for number, line in enumerate(io.StringIO(text), start=1):
        if len(line) > MAX_LINE:
            raise TableError(
                "line_too_long", f"The file has a line of more than {MAX_LINE:,} characters."
            )
        if number > tables.MAX_ROWS:
            raise tables.too_many_rows()
        if line.strip(tables.INVISIBLE + " \t\r\n"):
            yield number, _object(line)


def _object(line: str) -> dict[str, str] | None:
    """The cells of a line by their columns; None where it is no row."""
    try:
        found = json.loads(
            line.strip(tables.INVISIBLE),
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse,
            object_pairs_hook=_flat,
        )
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flat(pairs: list[tuple[str, Any]]) -> dict[str, str]:
    cells = {name.strip(): _text(value) for name, value in pairs}
    if len(cells) != len(pairs):
        raise _Unusable
    return cells


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str():
            return stripped(value)
        case _:
            raise _Unusable


def _refuse(constant: str) -> str:
    raise _Unusable(constant)


def _rows(
    lines: list[tuple[int, dict[str, str] | None]], header: tuple[str, ...]
) -> Iterator[RawRow]:
    for number, cells in lines:
        if cells is None:
            yield RawRow(number, (), _NO_OBJECT)
        elif any(cells.values()):
            yield RawRow(number, tuple(cells.get(name, "") for name in header))
