"""A table of subjects with a few headline biomarkers, from the Parquet tables of the demo."""

from __future__ import annotations

from pathlib import Path

import duckdb
from rich.table import Table
from rich.text import Text

_NIGHTS = """
    SELECT subject, visit, count(asleep_min), avg(asleep_min) / 60
    FROM read_parquet(?, union_by_name = true) GROUP BY subject, visit
"""
_DAYS = """
    SELECT subject, visit, avg(wake_mvpa_min), sum(worn_h)
    FROM read_parquet(?, union_by_name = true) WHERE wake_mvpa_min IS NOT NULL
    GROUP BY subject, visit
"""
_STRIDES = """
    SELECT subject, visit, count(*), avg(gait_speed_m_s)
    FROM read_parquet(?, union_by_name = true) GROUP BY subject, visit
"""
COLUMNS = (
    "subject", "visit", "nights", "asleep (h)", "MVPA (min a day)", "worn (h)",
    "strides", "gait speed (m/s)",
)  # fmt: skip


def headlines(folder: Path) -> Table:
    """One line for each subject and visit; a measure that was not made stays empty."""
    nights, days, strides = (
        _measured(folder, name, query)
        for name, query in (("night", _NIGHTS), ("day", _DAYS), ("stride", _STRIDES))
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(COLUMNS):
        table.add_column(column, justify="left" if index < 2 else "right")
    for who in sorted({*nights, *days, *strides}):
        cells = (
            *nights.get(who, ("", "")), *days.get(who, ("", "")), *strides.get(who, ("", "")),
        )  # fmt: skip
        table.add_row(Text(who[0]), Text(who[1]), *cells)
    return table


def _measured(folder: Path, name: str, query: str) -> dict[tuple[str, str], tuple[str, str]]:
    files = [str(path) for path in sorted(folder.glob(f"*/*/{name}.parquet"))]
    if not files:
        return {}
    found = duckdb.execute(query, [files]).fetchall()
    return {(subject, visit): (_shown(one), _shown(two)) for subject, visit, one, two in found}


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.2f}"
