"""Whose a recording is, by every example that the page of the study configuration shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wearline.core.assignments import NO_SERIAL_NUMBER, assigned, assignment_value, device_entity
from wearline.core.device_log_rows import clean_device_log
from wearline.core.ledger import MetadataRow, ObjectRow, Recorded, Source
from wearline.core.study_file import read_study

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "study-configuration.md").read_text("utf-8")
SECTION = PAGE.split("### Device log\n")[1].split("\n### ")[0]
STUDY = read_study(ROOT / "examples" / "device-log" / "study.yaml").study
LOGS = dict(re.findall(r"`clinical/devices_(\d+)\.csv`:\n\n```csv\n(.*?)```", SECTION, re.DOTALL))
RULES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in SECTION.split("| rule |")[1].splitlines()
    if line.startswith("| ")
]


def held(date: str, content: str | None = None) -> list[MetadataRow]:
    """What the ledger holds of a log: a row for each device."""
    result = clean_device_log(
        (content or LOGS[date]).encode(), STUDY.device_logs()["devices"], STUDY.study, {}
    )
    assert not result.problems
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    source = Source("b", f"clinical/devices_{date}.csv", None, "e", day, "2024-07-02T00:00:00Z")
    said: dict[str, dict[str, dict[str, object]]] = {}
    for each in result.values:
        name, value = assignment_value(each.assignment, each.row_number)
        said.setdefault(device_entity(each.assignment.serial_number), {})[name] = value
    return [
        MetadataRow(STUDY.study, device, None, source, 1, "devices", values=values)
        for device, values in said.items()
    ]


def recording(serial: str | None, start: str | None, **fields: str) -> ObjectRow:
    return ObjectRow(
        STUDY.study,
        "home-wear-02-data",
        "raw/box/a.cwa",
        "data",
        pattern="wrist",
        fields=fields,
        recorded=Recorded(serial, start),
    )


def told(row: ObjectRow, rows: list[MetadataRow]) -> str:
    """Whose it is, in the words of the page."""
    found = assigned(STUDY, row, rows)
    if found.entry is not None:
        return ", ".join(filter(None, found.entry.assignment.said))
    why = {"missing": "a row", "tie_differs": "a correction"}
    return f"nobody: it waits for {why[found.unmet.why]}" if found.unmet else "unknown"


@pytest.mark.parametrize(
    ("logs", "device", "start", "whose"),
    [rule[1:] for rule in RULES],
    ids=[rule[0].replace(" ", "-") for rule in RULES],
)
def test_rule_does_what_its_example_shows(logs: str, device: str, start: str, whose: str) -> None:
    dates = LOGS if logs == "both" else [logs]
    assert told(recording(device, start), [row for date in dates for row in held(date)]) == whose


def test_key_and_log_must_agree() -> None:
    rows, start = held("20240620"), "2024-05-03T09:00:00"
    assert told(recording("40123", start, subject="S01"), rows) == "S01, V1, left_wrist"
    found = assigned(STUDY, recording("40123", start, subject="S09"), rows)
    assert (found.entry, found.unmet.why if found.unmet else None) == (None, "values_differ")


@pytest.mark.parametrize(("serial", "start"), [(None, "2024-05-03T09:00:00"), ("40123", None)])
def test_header_without_serial_number_or_start_is_told_so(
    serial: str | None, start: str | None
) -> None:
    assert assigned(STUDY, recording(serial, start), held("20240620")).unknown == NO_SERIAL_NUMBER


def test_page_shows_the_example_and_its_rules() -> None:
    example = ROOT / "examples" / "device-log" / "devices_20240620.csv"
    assert LOGS["20240620"] == example.read_text("utf-8")
    assert len(LOGS) == 2
    assert len(RULES) >= 10


HEADER = "Device,Participant,Visit,Worn on,Handed out,Returned\n"
HELD_ON = HEADER + "AX3-7,S01,Baseline,Left wrist,2024-05-01,\n"


def test_device_that_goes_on_at_a_moment_is_the_next_ones_from_that_second() -> None:
    log = HEADER + (
        "AX3-7,S01,Baseline,Left wrist,2024-05-01,2024-05-09 14:00\n"
        "AX3-7,S02,Baseline,Left wrist,2024-05-09 14:00,\n"
    )
    rows = held("20240620", log)
    assert told(recording("7", "2024-05-09T14:00:00"), rows).startswith("S02")
    assert told(recording("7", "2024-05-09T13:59:59"), rows).startswith("S01")


@pytest.mark.parametrize(("day", "whose"), [("20240601", "S01"), ("20240701", "nobody")])
def test_row_without_an_end_lasts_until_one_of_its_own_log_or_of_a_newer(
    day: str, whose: str
) -> None:
    other = held(day, HEADER + "AX3-7,S02,Baseline,Left wrist,2024-05-09,2024-05-12\n")
    rows = [*held("20240620", HELD_ON), *other]
    assert told(recording("7", "2024-05-20T08:00:00"), rows).startswith(whose)
