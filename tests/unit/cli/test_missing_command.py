"""The matrix of what is missing, for the terminal and for spreadsheets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.console import Console

from wearline.core.completeness import Cell, Completeness
from wearline_cli.missing_command import lines, print_csv, render

NOW = datetime(2024, 3, 8, tzinfo=UTC)
SINCE = "2024-03-05T00:00:00+00:00"
FOUND = Completeness(
    ("V1",),
    ("wrist", "lumbar"),
    (
        Cell("S1", "V1", "wrist", True, "waiting", SINCE, "No height.", "a.cwa"),
        Cell("S1", "V1", "lumbar", True, "missing", None, "No file of it has arrived."),
        Cell("=S2", "V1", "wrist", True, "succeeded", SINCE, "", "b.cwa", True, ("[red]c.cwa",)),
    ),
)


def test_terminal_shows_state_and_age_and_why_in_words() -> None:
    console = Console(width=100)
    with console.capture() as shown:
        console.print(render(FOUND, NOW))
    text = shown.get()
    assert "waiting 3 d" in text
    assert "S1 V1 wrist: waiting. No height." in text
    assert "succeeded 3 d stale +1 duplicate" in text
    assert "Duplicate recording: [red]c.cwa." in text


def test_csv_has_a_line_for_each_cell_and_starts_no_formula(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_csv(lines(FOUND, NOW))
    header, first, second, third = capsys.readouterr().out.splitlines()
    assert header.startswith("subject,visit,location,expected,state")
    assert first == f"S1,V1,wrist,True,waiting,False,{SINCE},3,No height.,a.cwa,,,0,"
    assert ",missing," in second
    assert third.startswith("'=S2,")


def test_recording_that_succeeded_says_its_valid_days_and_a_line_where_they_are_too_few(
    capsys: pytest.CaptureFixture[str],
) -> None:
    few, enough = (
        Cell(
            *("S1", "V1", where, True, "succeeded", SINCE, "", "a.cwa"),
            valid_days=days,
            needed_days=4,
        )
        for where, days in (("wrist", 2), ("lumbar", 6))
    )
    found = Completeness(("V1",), ("wrist", "lumbar"), (few, enough))
    console = Console(width=100)
    with console.capture() as shown:
        console.print(render(found, NOW))
    text = shown.get()
    assert "succeeded 3 d 2 of 4 valid days" in text
    assert "S1 V1 wrist: succeeded. Worn on 2 of 4 valid days." in text
    assert "succeeded 3 d 6 valid days" in text
    assert "S1 V1 lumbar:" not in text
    print_csv(lines(found, NOW))
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(",")[-3:] for line in printed] == [
        ["valid_days", "needed_days", "enough_days"],
        ["2", "4", "False"],
        ["6", "4", "True"],
    ]
