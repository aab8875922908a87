"""What a comparison of tables found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

_STATES = {"only_before": "only in {before}", "only_after": "only in {after}"}


def differing(compared: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Every column that is not equal, with the name of its table, in order."""
    return [
        (table["table"], column)
        for table in compared["tables"]
        for column in table["columns"]
        if column["state"] != "equal"
    ]


def is_equal(compared: Mapping[str, Any]) -> bool:
    """Whether both sides say the same in every row and column."""
    return not differing(compared) and not any(
        table["only_before"] or table["only_after"] for table in compared["tables"]
    )


def summary(compared: Mapping[str, Any], before: str, after: str) -> Iterator[str]:
    """One line for each table."""
    for table in compared["tables"]:
        columns = table["columns"]
        equal = sum(column["state"] == "equal" for column in columns)
        line = f"{table['table']}: {equal} of {len(columns)} columns equal in {table['rows']} rows"
        for side, name in (("only_before", before), ("only_after", after)):
            if table[side]:
                line += f", {table[side]} rows only in {name}"
        yield line


def differences(compared: Mapping[str, Any], before: str, after: str) -> Table:
    """A line for each column that is not equal: how far apart, and where first."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("column", "rows", "max abs", "max rel", "first row", before, after):
        shown.add_column(heading, overflow="fold")
    for table, column in differing(compared):
        name = f"{table}.{column['column']}"
        shown.add_row(*(Text(cell) for cell in (name, *_cells(column, before, after))))
    return shown


def _cells(column: Mapping[str, Any], before: str, after: str) -> tuple[str, ...]:
    first = column["first"]
    if first is None:
        return (_STATES[column["state"]].format(before=before, after=after),)
    return (
        f"{column['differing']} of {column['rows']}",
        _number(column["max_abs"]),
        _number(column["max_rel"]),
        str(first["row"] + 1),
        str(first["before"]),
        str(first["after"]),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
