"""The data dictionary of docs/results.md, written from the columns themselves.

python -m wearline_processor.tables.dictionary docs/results.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from wearline_processor.processes import PROCESSES
from wearline_processor.steps import defaults
from wearline_processor.tables import (
    day,
    epoch,
    gait_bout,
    night,
    quality,
    recording,
    stride,
    transfer,
    wear_bout,
)
from wearline_processor.tables.schema import KEYS, Column, Table

MARK = "<!-- Below: written by python -m wearline_processor.tables.dictionary -->\n"


def tables() -> tuple[Table, ...]:
    """Every table, the day table with the columns of default parameters."""
    return (
        recording.TABLE,
        quality.TABLE,
        day.table(defaults(PROCESSES["ActivityLevelClassification"])),
        night.TABLE,
        wear_bout.TABLE,
        epoch.TABLE,
        gait_bout.TABLE,
        stride.TABLE,
        transfer.TABLE,
    )


def markdown() -> str:
    """A section for the keys and for each table, with a row for each column."""
    sections = [_section("Keys", "On every row of every table.", KEYS, None)]
    sections += [_section(f"`{t.name}`", t.meaning, t.columns, t.process) for t in tables()]
    return "\n".join(sections)


def _section(title: str, meaning: str, columns: tuple[Column, ...], process: str | None) -> str:
    return "\n".join((f"## {title}", "", meaning, "", *_rows(columns, process), ""))


def _rows(columns: tuple[Column, ...], process: str | None) -> Iterator[str]:
    source = f" | {process} calls it" if process else ""
    yield f"| column | type | unit | meaning{source} |"
    yield "|---" * (5 if process else 4) + "|"
    for column in columns:
        name = f"`{column.skdh}`" if column.skdh else ""
        cells = [f"`{column.name}`", column.kind, column.unit or "", column.meaning]
        yield "| " + " | ".join(cells + ([name] if process else [])) + " |"


def main() -> None:
    """Write the dictionary below its mark in the file that the command line names."""
    path = Path(sys.argv[1])
    words, mark, _ = path.read_text("utf-8").partition(MARK)
    path.write_text(words + mark + "\n" + markdown(), "utf-8")


if __name__ == "__main__":
    main()
