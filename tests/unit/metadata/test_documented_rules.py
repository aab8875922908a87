"""Every cleaning rule on the page of the study configuration does what its example shows."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from wearline.core.cleaning import Cleaned, clean
from wearline.core.file_patterns import Entity, MetadataFiles

PAGE = (Path(__file__).parents[3] / "docs" / "study-configuration.md").read_text("utf-8")
SECTION = PAGE.split("#### Cleaning, rule by rule")[1].split("###")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in SECTION.splitlines()
    if line.startswith("| ")
][1:]


def in_code(cell: str) -> list[Any]:
    return [yaml.safe_load(text) for text in re.findall(r"`([^`]+)`", cell)]


def configured(cell: str) -> MetadataFiles:
    """The pattern with what the example configures; what it leaves out is as simple as can be."""
    given: dict[str, Any] = {}
    for part in in_code(cell):
        given |= part
    entity = {name: given.pop(name) for name in Entity.model_fields if name in given}
    options = {name: given.pop(name) for name in MetadataFiles.model_fields if name in given}
    pattern = {
        "kind": "metadata",
        "key": "clinical/{name}.csv",
        "entity": {"subject": {"column": "SUBJECT"}, **entity},
        "values": given or {"any": {"column": "SUBJECT_AGAIN", "type": "text"}},
        **options,
    }
    return MetadataFiles.model_validate(pattern, strict=False)


def written(cell: str) -> bytes:
    rows = [{"SUBJECT": "S1", "SUBJECT_AGAIN": "", **row} for row in in_code(cell)]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter="\t")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def told(result: Cleaned) -> str:
    """What became of the rows, in the words of the page."""
    if result.problems:
        sentence = result.problems[0].sentence
        return "refused: " + re.sub(r"^Row \d+, column .*: the cell (.*)\.$", r"\1", sentence)
    if result.aside:
        return "set aside"
    said = [
        f"`{name} {value.value}{f' {value.unit}' if value.unit else ''}`"
        for row in result.values
        for name, value in row.values.items()
    ]
    return ", ".join(said)


@pytest.mark.parametrize(
    ("configuration", "rows", "becomes"),
    [row[1:] for row in ROWS],
    ids=[row[0].replace(" ", "-") for row in ROWS],
)
def test_rule_does_what_its_example_shows(configuration: str, rows: str, becomes: str) -> None:
    result = clean(written(rows), configured(configuration), study="parkinson-gait-01", fields={})
    if entity := re.fullmatch(r"(subject|visit) `(.+)`", becomes):
        (row,) = result.values
        assert getattr(row, entity[1]) == entity[2]
    else:
        assert (told(result) or "nothing") == becomes


def test_the_page_has_the_rules() -> None:
    assert len(ROWS) >= 30
