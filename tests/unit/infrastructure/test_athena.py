"""Glue tables are those of a release: their columns, their types, and where its files lie."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from gates import athena
from wearline_analysis import subject_visit

from .conftest import Templates

TYPES = {
    pa.string(): "string", pa.int64(): "bigint", pa.float64(): "double", pa.bool_(): "boolean",
}  # fmt: skip


@pytest.fixture
def tables(templates: Templates) -> dict[str, Any]:
    found = [
        each["Properties"]["TableInput"]
        for each in templates["athena"]["Resources"].values()
        if each["Type"] == "AWS::Glue::Table"
    ]
    return {each["Name"]: each for each in found}


def test_the_template_is_what_the_columns_make_it() -> None:
    assert athena.FILE.read_text() == athena.text(), "run python -m gates.athena"


def test_two_environments_of_one_account_have_databases_of_their_own(templates: Templates) -> None:
    database = templates["athena"]["Resources"]["Database"]["Properties"]["DatabaseInput"]
    assert database["Name"] == {"Fn::Sub": "wearline-${Environment}-${Study}"}


def test_every_table_of_a_release_has_one(tables: dict[str, Any]) -> None:
    assert set(tables) == {
        "recording", "quality", "day", "night", "wear_bout", "epoch", "gait_bout", "stride",
        "transfer", "subject_visit",
    }  # fmt: skip


def test_columns_have_the_types_that_the_files_have(tables: dict[str, Any]) -> None:
    columns = tables["subject_visit"]["StorageDescriptor"]["Columns"]
    kinds = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(),
             "boolean": pa.bool_()}  # fmt: skip
    assert [(each["Name"], each["Type"]) for each in columns] == [
        (column.name, TYPES[kinds[column.kind]]) for column in subject_visit.schema()
    ]
    night = {each["Name"]: each["Type"] for each in tables["night"]["StorageDescriptor"]["Columns"]}
    assert night["asleep_min"] == "double"
    assert night["window_start_utc"] == "timestamp"
    assert night["stale"] == "boolean"


def test_no_column_has_the_name_of_the_partition(tables: dict[str, Any]) -> None:
    for name, table in tables.items():
        names = [each["Name"] for each in table["StorageDescriptor"]["Columns"]]
        assert len({*names, athena.PARTITION}) == len(names) + 1, name


def test_a_release_is_found_where_it_is_frozen(tables: dict[str, Any]) -> None:
    """As ``Releases.place`` and the parts of ``freezing`` name them."""
    for name, table in tables.items():
        template = table["Parameters"]["storage.location.template"]["Fn::Sub"]
        place = template.replace("${Results}", "s3://b/results").replace("${!release_name}", "one")
        assert place == f"s3://b/results/releases/one/tables/{name}/"
        assert table["Parameters"]["projection.release_name.type"] == "injected"
