"""Cleans a metadata file: from its bytes to rows that count and problems that a person can mend.

The rules:

- A row is about a subject, at a visit where the configuration has a visit column, on a date
  where it has a date column. It counts as a whole or not at all: one bad cell rejects the
  row, and every bad cell of it is a problem of its own.
- A missing marker states nothing: the row counts with its other values. Markers are those of
  the file pattern and of the column, in any case; an empty cell always is one. A subject and
  a visit must be there, a date may be missing.
- Columns are found by their exact name, else with case and white space set aside. A value
  column that is absent costs its value; an absent subject, visit or date column every row.
- Rows about the same subject, visit and date may complete each other, and a row said twice
  counts once. Where two differ in a value, every row that states this value is rejected.
- A row of a test that no value asks for, or of a visit that is mapped to nothing, is none.
- Texts are compared in Unicode's composed form (NFC): a name is one name whichever system
  wrote it.
- A file that cannot be read as a table is one problem without a row, and so is a file that is
  too large; nothing of it counts.

A problem says where and what is wrong and never repeats what a cell holds, so that it can be
logged and sent. ``clean`` is pure, and no content makes it raise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain, islice

from wearline.core.file_patterns import MetadataFiles
from wearline.core.metadata_columns import Columns, find_columns, header_below, wanted_columns
from wearline.core.metadata_row import CleanedTable, CleanRow, RowCleaner, RowProblem, SetAside
from wearline.core.metadata_table import read_table
from wearline.core.tables import TableError, TableOptions

_NAMED_ROWS = 4
# How far down a header is looked for below the titles that a person put above it.
HEADER_WITHIN = 10


Cleaned = CleanedTable[CleanRow]


def clean(
    content: bytes, pattern: MetadataFiles, *, study: str, fields: Mapping[str, str]
) -> Cleaned:
    """The rows of a metadata file that count, and a problem for all that does not.

    ``fields`` are those of the file's key: `match` templates are filled with them and with
    ``study``. Raises UnitError for a unit that the check of the configuration refuses.
    """
    options = TableOptions(
        pattern.delimiter, pattern.encoding, pattern.sheet, wanted_columns(pattern)
    )
    try:
        table = read_table(content, options)
        columns = find_columns(table.header, pattern)
        if columns.unusable:
            top = list(islice(table.rows, HEADER_WITHIN - 1))
            count = len(top) + sum(1 for _ in table.rows)
            below = header_below(top, wanted_columns(pattern))
            problems = _file_problems(replace(columns, problems=(below,)) if below else columns)
            return CleanedTable((), problems, count, count)
        cleaner = RowCleaner(pattern, columns.places, {**fields, "study": study}, table)
        return _cleaned([cleaner.clean(raw) for raw in table.rows], _file_problems(columns))
    except TableError as error:
        return CleanedTable((), (RowProblem(None, None, error.code, error.sentence),), 0, 0)


def _cleaned(
    outcomes: list[CleanRow | SetAside | list[RowProblem]], file_problems: Iterable[RowProblem]
) -> Cleaned:
    good = [outcome for outcome in outcomes if isinstance(outcome, CleanRow)]
    bad = [outcome for outcome in outcomes if isinstance(outcome, list)]
    kept, conflicts = _settled(good)
    problems = tuple(sorted(chain(file_problems, *bad, conflicts), key=_place))
    rows = len(good) + len(bad)
    rejected = len(bad) + len({problem.row for problem in conflicts})
    return CleanedTable(tuple(kept), problems, rows, rejected, aside=len(outcomes) - rows)


def _file_problems(columns: Columns) -> tuple[RowProblem, ...]:
    return tuple(
        RowProblem(None, problem.column, problem.code, problem.sentence)
        for problem in columns.problems
    )


def _place(problem: RowProblem) -> tuple[int, str, str]:
    return (problem.row or 0, problem.column or "", problem.code)


def _settled(rows: Iterable[CleanRow]) -> tuple[list[CleanRow], list[RowProblem]]:
    """The rows without repetitions and without those that contradict each other."""
    groups: defaultdict[tuple[str, str | None, str | None], list[CleanRow]] = defaultdict(list)
    for row in rows:
        groups[row.subject, row.visit, row.date].append(row)
    kept: list[CleanRow] = []
    conflicts: list[RowProblem] = []
    for group in groups.values():
        found = list(_conflicts(group))
        rejected = {problem.row for problem in found}
        kept += _once(row for row in group if row.row_number not in rejected)
        conflicts += found
    return sorted(kept, key=lambda row: row.row_number), conflicts


def _once(rows: Iterable[CleanRow]) -> Iterable[CleanRow]:
    return {frozenset(row.said.items()): row for row in reversed(list(rows))}.values()


def _conflicts(group: list[CleanRow]) -> Iterable[RowProblem]:
    """A problem for every row that states a value on which the group disagrees."""
    for name in {name: None for row in group for name in row.values}:
        stating = [row for row in group if name in row.values]
        if len({row.said[name] for row in stating}) > 1:
            numbers = [row.row_number for row in stating]
            for row in stating:
                column = row.values[name].column
                yield RowProblem(
                    row.row_number, column, "conflict", _contradiction(column, numbers)
                )


def _contradiction(column: str, numbers: list[int]) -> str:
    named = numbers if len(numbers) <= _NAMED_ROWS else numbers[: _NAMED_ROWS - 1]
    texts = [str(number) for number in named]
    if len(named) < len(numbers):
        texts.append(f"{len(numbers) - len(named)} more")
    rows = f"{', '.join(texts[:-1])} and {texts[-1]}"
    return (
        f"Rows {rows}, column {column}: they are about the same subject and occasion and differ;"
        " keep the right one."
    )
