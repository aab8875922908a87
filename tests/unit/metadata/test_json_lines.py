"""JSON lines become a table: an object a line, its names are the columns."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core import json_lines, tables
from wearline.core.metadata_table import read_table
from wearline.core.tables import RawRow, TableError, TableOptions


def rows(text: str) -> list[RawRow]:
    return list(read_table(text.encode(), TableOptions()).rows)


def test_names_of_all_lines_are_the_columns() -> None:
    found = read_table(b'{"A": "x"}\n{"B": "y", "A": "z"}\n', TableOptions())
    assert found.header == ("A", "B")
    assert [row.cells for row in found.rows] == [("x", ""), ("z", "y")]


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("171.50", "171.50"),
        ("1.715", "1.715"),
        ("12345678901234567890", "12345678901234567890"),
        ("true", "true"),
        ('" S1 "', "S1"),
        ("1e2", "1e2"),
    ],
)
def test_value_is_taken_as_it_is_written(written: str, cell: str) -> None:
    assert rows(f'{{"A": {written}}}') == [RawRow(1, (cell,))]


def test_null_is_an_empty_cell_and_a_blank_line_is_no_row() -> None:
    assert rows('{"A": "x", "B": null}\n\n{"A": null}\n{"A": "y"}') == [
        RawRow(1, ("x", "")),
        RawRow(4, ("y", "")),
    ]


@pytest.mark.parametrize(
    "line", ['{"A": [1]}', '{"A": {"B": 1}}', '["A"]', "3", '{"A": NaN}', '{"A": 1, "A": 2}', "{"]
)
def test_line_that_is_no_flat_object_is_at_fault_alone(line: str) -> None:
    first, second = rows('{"A": "x"}\n' + line)
    assert first.cells == ("x",)
    assert (second.number, second.fault is not None) == (2, True)


def test_bounds_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_LINE", 20)
    with pytest.raises(TableError, match="a line of more than 20"):
        rows('{"A": "' + "x" * 20 + '"}')
    monkeypatch.setattr(tables, "MAX_ROWS", 1)
    with pytest.raises(TableError, match="more than 1 rows"):
        rows('{"A": 1}\n{"A": 2}')


def test_deep_nesting_is_a_fault_and_no_crash() -> None:
    (row,) = rows('{"A": ' + "[" * 100_000 + "]" * 100_000 + "}")
    assert row.fault


texts = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)


@given(st.lists(st.dictionaries(st.sampled_from("ABC"), texts, min_size=1), min_size=1))
def test_every_text_comes_back(lines: list[dict[str, str]]) -> None:
    content = "\n".join(json.dumps(line) for line in lines).encode()
    found = read_table(content, TableOptions())
    read = [dict(zip(found.header, row.cells, strict=True)) for row in found.rows]
    stripped = [{name: tables.stripped(cell) for name, cell in line.items()} for line in lines]
    kept = [line for line in stripped if any(line.values())]
    assert [{name: cell for name, cell in row.items() if cell} for row in read] == [
        {name: cell for name, cell in line.items() if cell} for line in kept
    ]
