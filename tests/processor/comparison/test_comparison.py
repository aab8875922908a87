"""Two runs over the same recordings are compared table by table and column by column."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wearline_comparison.__main__ import main

NIGHT = datetime(2024, 3, 11, 22, tzinfo=UTC)


def night(*asleep: float | None, run: str = "a", skip: int = 0, **more: Any) -> pa.Table:
    nights = [NIGHT + timedelta(days=day) for day in range(skip, skip + len(asleep))]
    columns = {"run": [run] * len(asleep), "start_utc": nights, "asleep_min": list(asleep)}
    return pa.table(columns | {name: [value] * len(asleep) for name, value in more.items()})


@pytest.fixture
def compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """compared((before, after), ...): the night table of each recording, on both sides."""

    def compare(*recordings: tuple[pa.Table, pa.Table]) -> dict[str, Any]:
        for number, sides in enumerate(recordings):
            for side, table in zip("AB", sides, strict=True):
                folder = tmp_path / "work" / str(number) / side
                folder.mkdir(parents=True)
                pq.write_table(table, folder / "night.parquet")
        main([str(tmp_path / "work"), "A", "B", "--pictures", str(tmp_path / "pictures")])
        document = json.loads(capsys.readouterr().out)
        (table,) = document["tables"]
        columns = {each["column"]: each for each in table["columns"]}
        return {**table, "columns": columns, "pictures": document["pictures"]}

    return compare


def test_equal_tables_are_equal_although_their_runs_are_not(compared: Any) -> None:
    found = compared((night(400, None, run="a"), night(400, None, run="b")))
    assert {each["state"] for each in found["columns"].values()} == {"equal"}
    assert "run" not in found["columns"]
    assert found["pictures"] == []


def test_a_difference_is_sized_and_its_first_row_named(compared: Any) -> None:
    found = compared((night(400.0, 380.0), night(400.0, 418.0)))["columns"]["asleep_min"]
    assert (found["state"], found["differing"]) == ("differs", 1)
    assert found["max_abs"] == 38
    assert found["max_rel"] == pytest.approx(38 / 418)
    assert found["first"] == {"row": 1, "before": 380.0, "after": 418.0}


def test_a_value_that_only_one_side_has_differs_without_a_size(compared: Any) -> None:
    found = compared((night(400.0, None), night(400.0, 380.0)))["columns"]["asleep_min"]
    assert (found["state"], found["differing"], found["max_abs"]) == ("differs", 1, 0.0)


def test_columns_of_one_side_alone_are_named(compared: Any) -> None:
    found = compared((night(400, gone=1), night(400, new="x")))["columns"]
    assert found["gone"]["state"] == "only_before"
    assert found["new"]["state"] == "only_after"


def test_rows_pair_by_their_instant_where_a_side_has_fewer(compared: Any) -> None:
    found = compared((night(400.0, 390.0, 380.0), night(390.0, 381.0, skip=1)))
    assert (found["rows"], found["only_before"], found["only_after"]) == (2, 1, 0)
    assert found["columns"]["asleep_min"]["first"] == {"row": 1, "before": 380.0, "after": 381.0}


def test_headlines_that_differ_are_drawn_over_all_recordings(compared: Any) -> None:
    pairs = [(night(400.0 + n, 380.0), night(401.0 + n, 380.0)) for n in range(3)]
    found = compared(*pairs)
    assert found["rows"] == 6
    (picture,) = found["pictures"]
    assert Path(picture).name == "night.asleep_min.png"
    assert Path(picture).read_bytes().startswith(b"\x89PNG")


def test_the_same_comparison_draws_the_same_bytes(compared: Any, tmp_path: Path) -> None:
    from wearline_comparison.pictures import draw
    from wearline_comparison.tables import Pair

    pair = Pair("night", night(400.0, 380.0), night(401.0, 380.0))
    once, again = (draw(pair, "asleep_min", ("A", "B"), tmp_path).read_bytes() for _ in range(2))
    assert once == again
