"""SQL of anybody reaches the study's tables and nothing else; CSV opens as text."""

from __future__ import annotations

import doctest
import io
from pathlib import Path

import pyarrow as pa
import pytest

from wearline_analysis import queries, subject_visit
from wearline_analysis.errors import QueryRefused
from wearline_analysis.queries import Queries, whole_or_none
from wearline_analysis.results import write_csv

NIGHT = pa.table({"subject": ["S1", "S2"], "asleep_min": [400.0, 440.0]})


def test_a_query_is_answered() -> None:
    with Queries({"night": NIGHT}) as asked:
        assert asked.table("SELECT max(asleep_min) AS most FROM night").to_pylist() == [
            {"most": 440.0}
        ]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM read_parquet('{file}')",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM 's3://somewhere/a.parquet'",
        "SELECT getenv('HOME')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "EXPORT DATABASE '{folder}/all'",
        "CREATE TABLE mine AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT * FROM NIGHT_OF_THE_CALLER",
        "nonsense",
        "",
    ],
)
def test_a_query_can_reach_nothing_but_the_tables(tmp_path: Path, query: str) -> None:
    NIGHT_OF_THE_CALLER = NIGHT  # noqa: N806, F841  a variable that DuckDB would find by its name
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    with Queries({"night": NIGHT}) as asked, pytest.raises(QueryRefused):
        asked.table(query.format(file=tmp_path / "secret.csv", folder=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_column_may_have_any_name() -> None:
    column = 'a"; DROP VIEW night; --'
    assert queries.quoted(column) == '"a""; DROP VIEW night; --"'
    with Queries({"night": pa.table({column: [1]})}) as asked:
        found = asked.table(f"SELECT {queries.quoted(column)} AS a FROM night")  # noqa: S608
    assert found.to_pylist() == [{"a": 1}]


def test_a_text_that_would_be_a_formula_is_a_text_in_a_spreadsheet() -> None:
    rows = pa.table({"file": ["=1+1", "@a", "-b", 'say "a", b', None], "x": [-1.5, 2, 3, 4, None]})
    to = io.BytesIO()
    assert write_csv(rows.to_reader(), to) == 5
    assert to.getvalue().decode() == (
        '"file","x"\n"\'=1+1",-1.5\n"\'@a",2\n"\'-b",3\n"say ""a"", b",4\n,\n'
    )


def test_parquet_holds_the_rows_as_they_are(tmp_path: Path) -> None:
    with Queries({"night": NIGHT}) as asked:
        assert asked.write_parquet("SELECT * FROM night", tmp_path / "a.parquet") == 2
    assert pa.parquet.read_table(tmp_path / "a.parquet").equals(NIGHT)


# The first batch is good; what is wrong comes while the rows are read, or written.
LATE = """SELECT CASE WHEN n < 9999 THEN subject ELSE CAST(subject AS INTEGER)::VARCHAR END AS a
          FROM night, range(10000) AS numbers(n)"""


@pytest.mark.parametrize("query", [LATE, "SELECT CAST(subject AS INTEGER) AS a FROM night"])
def test_what_goes_wrong_while_rows_are_read_is_told_and_leaves_what_was_there(
    tmp_path: Path, query: str
) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"before")
    with Queries({"night": NIGHT}) as asked:
        with pytest.raises(QueryRefused, match="Could not convert"):
            asked.write_parquet(query, path)
        with pytest.raises(QueryRefused, match="Could not convert"):
            write_csv(asked.batches(query), io.BytesIO())
        with pytest.raises(QueryRefused, match="Could not convert"):
            asked.first(query, 40)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [
        ("a.parquet", b"before")
    ]


def test_a_column_that_csv_cannot_hold_is_told() -> None:
    with Queries({"night": NIGHT}) as asked, pytest.raises(QueryRefused, match="list"):
        write_csv(asked.batches("SELECT [1, 2] AS a FROM night"), io.BytesIO())


def test_the_first_rows_are_shown_and_all_are_counted() -> None:
    with Queries({"night": NIGHT}) as asked:
        shown, count = asked.first("SELECT n FROM range(5000) AS numbers(n) ORDER BY n", 3)
        assert (shown["n"].to_pylist(), count) == ([0, 1, 2], 5000)
        assert asked.first("SELECT * FROM night WHERE false", 3)[1] == 0


def test_a_file_that_is_no_file_is_written_to_as_it_is() -> None:
    with whole_or_none(Path("/dev/null")) as beside:
        assert beside == Path("/dev/null")


@pytest.mark.parametrize("module", [queries, subject_visit])
def test_examples_of_the_documentation_hold(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted > 0
    assert found.failed == 0
