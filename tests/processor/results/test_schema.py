"""What holds in every table: keys, types, nulls, bytes; and docs/results.md says the same."""

from __future__ import annotations

import csv
import re
import runpy
from dataclasses import astuple, fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline_processor.plan import Keys
from wearline_processor.tables import dictionary, schema
from wearline_processor.tables.calendar import calendar_hours, local_date
from wearline_processor.tables.schema import Column, Table

ROOT = Path(__file__).resolve().parents[3]
KEYS = Keys("parkinson", "US01-007", None, "left_wrist", "raw/a.cwa", "f" * 40, "sleep")
EXAMPLE = Table(
    "example",
    "An example.",
    (
        *schema.instants("start", "Start"),
        Column("count", "integer", "A count."),
        Column("speed_m_s", "number", "A speed.", "m/s"),
        Column("worn", "boolean", "Worn or not."),
    ),
)
UNITS = {
    "min": r"_min$",
    "h": r"_h$",
    "s": r"_s$",
    "g": r"_g$",
    "m": r"_m$",
    "m/s": r"_m_s$",
    "m/s2": r"_m_s2$",
    "Hz": r"_hz$",
    "%": r"_pct$",
    "dB": r"_db",
    "1/min": r"_min$",
    "g/degC": r"_g_degc$",
}


def test_keys_are_on_every_row() -> None:
    table = schema.to_arrow(EXAMPLE, KEYS, [{"count": 1}, {"count": 2}])
    for field, value in zip(fields(KEYS), astuple(KEYS), strict=True):
        assert table[field.name].to_pylist() == [value, value]


def test_documented_keys_are_those_of_the_plan() -> None:
    assert [column.name for column in schema.KEYS] == [field.name for field in fields(Keys)]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), -float("inf")])
def test_a_value_that_is_not_finite_is_null(value: float | None) -> None:
    table = schema.to_arrow(EXAMPLE, KEYS, [{"speed_m_s": value, "count": value}])
    assert table["speed_m_s"].to_pylist() == table["count"].to_pylist() == [None]


def test_an_empty_table_keeps_its_schema() -> None:
    assert schema.to_arrow(EXAMPLE, KEYS, []).schema == schema.to_arrow(EXAMPLE, KEYS, [{}]).schema


def test_a_column_that_is_not_in_the_schema_is_an_error() -> None:
    with pytest.raises(KeyError, match="steps"):
        schema.to_arrow(EXAMPLE, KEYS, [{"steps": 3}])


def test_a_column_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        schema.sealed(EXAMPLE.columns, [Column("count", "integer", "Again.")])


def test_the_same_table_is_the_same_bytes(tmp_path: Path) -> None:
    table = schema.to_arrow(EXAMPLE, KEYS, [{"count": 1, "speed_m_s": 1.25}])
    for name in ("a.parquet", "b.parquet"):
        schema.write_parquet(table, tmp_path / name)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    metadata = pa.parquet.read_schema(tmp_path / "a.parquet").metadata
    assert metadata[b"wearline.table"] == b"example"
    assert metadata[b"wearline.schema"] == b"1"


def test_a_spreadsheet_sees_null_as_an_empty_field(tmp_path: Path) -> None:
    schema.write_csv(schema.to_arrow(EXAMPLE, KEYS, [{"count": 0}]), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["speed_m_s"], row["count"], row["visit"]) == ("", "0", "")


@given(st.floats(0, 4e9), st.sampled_from(["America/New_York", "Asia/Kathmandu", "UTC"]))
def test_both_clocks_tell_one_instant(seconds: float, name: str) -> None:
    from datetime import datetime

    values = schema.both("start", seconds, ZoneInfo(name))
    local = datetime.fromisoformat(values["start_local"])
    assert local.utcoffset() is not None
    assert abs((local - values["start_utc"]).total_seconds()) < 1e-3
    assert abs(values["start_utc"].timestamp() - seconds) < 1e-5


@pytest.mark.parametrize(
    ("date", "hours"), [("2024-03-10", 23), ("2024-11-03", 25), ("2024-06-01", 24)]
)
def test_days_are_as_long_as_the_clocks_say(date: str, hours: int) -> None:
    assert calendar_hours(date, ZoneInfo("America/New_York")) == hours


def test_a_window_that_begins_just_before_midnight_belongs_to_the_new_day() -> None:
    """SKDH's windows begin at the sample nearest to midnight."""
    assert local_date(1709960400.0 - 0.02, ZoneInfo("America/New_York"), 0) == "2024-03-09"
    assert local_date(1709960400.0 + 10 * 3600, ZoneInfo("America/New_York"), 12) == "2024-03-08"


@pytest.mark.parametrize("table", dictionary.tables(), ids=lambda table: table.name)
def test_names_are_snake_case_and_end_with_their_unit(table: Table) -> None:
    for column in table.columns:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column.name), column.name
        if column.unit:
            assert re.search(UNITS[column.unit], column.name), column.name


def test_documentation_holds_every_column_as_it_is() -> None:
    text = (ROOT / "docs" / "results.md").read_text("utf-8")
    assert text.partition(dictionary.MARK)[2].strip() == dictionary.markdown().strip(), (
        "run python -m wearline_processor.tables.dictionary docs/results.md"
    )


def test_the_dictionary_of_the_analysis_holds_every_column_as_it_is() -> None:
    written = runpy.run_path(str(ROOT / "gates" / "dictionary.py"))
    assert written["FILE"].read_text("utf-8") == written["text"](), (
        "run .venvs/processor-test/bin/python -m gates.dictionary"
    )


def test_documentation_explains_every_reason_of_a_failed_run() -> None:
    text = (ROOT / "docs" / "results.md").read_text("utf-8")
    source = ROOT / "processor_image" / "wearline_processor"
    modules = [source / f"{name}.py" for name in ("errors", "worker", "child")]
    codes = {
        code
        for module in modules
        for code in re.findall(
            r'"([a-z]+_(?:invalid|disconnected|mismatch|unsuitable|failed|limit|full))"',
            module.read_text("utf-8"),
        )
    }
    assert len(codes) > 8
    assert {code for code in codes if f"`{code}`" not in text} == set()
