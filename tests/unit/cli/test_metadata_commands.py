"""What a data manager sees of a metadata file before it is uploaded."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result
from openpyxl import Workbook

from wearline_cli.main import main
from wearline_local.launcher import ROOT

STUDY = ROOT / "examples" / "parkinson-gait" / "study.yaml"
WORN = ROOT / "examples" / "device-log"
HEADER = "USUBJID,VISIT,HEIGHT_CM\n"
GOOD = "parkinson-gait-01-US01-S01,BASELINE,171.5\n"


def check(file: Path, *options: str, study: Path = STUDY) -> Result:
    arguments = ["metadata", "check", str(file), "--config", str(study), *options]
    return CliRunner().invoke(main, arguments)


def test_every_row_is_shown_as_it_would_become(tmp_path: Path) -> None:
    file = tmp_path / "demographics_20240101.csv"
    file.write_text(HEADER + GOOD)
    done = check(file)
    assert done.exit_code == 0
    assert "clinical/demographics_20240101.csv is demographics: 1 of 1 rows" in done.output
    assert "height 1.715 m" in done.output


def test_bad_row_is_shown_with_what_to_mend_and_fails_the_command(tmp_path: Path) -> None:
    file = tmp_path / "demographics_20240101.csv"
    file.write_text(HEADER + GOOD + "parkinson-gait-01-US01-S02,BASELINE,tall\n")
    done = check(file, "--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert (told["rows"], told["accepted"]) == (2, 1)
    assert told["lines"][1]["problems"] == ["Row 3, column HEIGHT_CM: the cell is not a number."]


def test_workbook_is_checked_under_the_key_that_is_said(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["USUBJID", "VISIT", "HEIGHT_CM"], ["parkinson-gait-01-US01-S01", "BASELINE", 180]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "heights.xlsx")
    assert "fits no pattern" in check(tmp_path / "heights.xlsx").output
    done = check(tmp_path / "heights.xlsx", "--key", "clinical/demographics_20240101.csv")
    assert "height 1.8 m" in done.output


def test_decisions_are_checked_too(tmp_path: Path) -> None:
    file = tmp_path / "decisions_20240401.csv"
    file.write_text(
        "key,subject,visit,location,action,details,reason,author,date\n"
        ",S01,V1,,trim,from=2024-03-10T09:00,removed early,me,2024-04-01\n"
        ",S01,V1,,forget,,removed early,me,2024-04-01\n"
    )
    done = check(file)
    assert done.exit_code == 1
    assert "clinical/decisions_20240401.csv is decisions: 1 of 2 rows" in done.output
    shown = " ".join(done.output.split())
    assert "S01 V1 2024-04-01 trim every recording (from 2024-03-10T09:00): removed" in shown
    assert "the cell is none of exclude, accept, reassign, trim" in shown


def test_example_log_says_who_wore_each_device_where_and_when() -> None:
    done = check(WORN / "devices_20240620.csv", study=WORN / "study.yaml")
    assert done.exit_code == 0
    assert (
        "clinical/devices_20240620.csv is devices: 5 of 5 rows would count; 1 rows" in done.output
    )
    shown = " ".join(done.output.split())
    assert "S01 V1 device 40123 worn at left_wrist from 2024-05-01 to 2024-05-09" in shown
    assert "S02 V1 device 40123 worn at left_wrist from 2024-05-09T14:00:00 to" in shown
    assert "S03 V1 device 40124 worn at right_wrist from 2024-05-02 until its next row" in shown


def test_row_of_a_log_that_would_not_count_says_why(tmp_path: Path) -> None:
    file = tmp_path / "devices_20240620.csv"
    file.write_text(
        "Device,Participant,Visit,Worn on,Handed out,Returned\n"
        "AX3-40123,S01,Baseline,Left wrist,2024-05-01,2024-04-01\n"
    )
    done = check(file, "--json", study=WORN / "study.yaml")
    assert done.exit_code == 1
    (line,) = json.loads(done.output)["lines"]
    sentence = "Row 2, column Returned: the cell is before the start of its row."
    assert line["problems"] == [sentence]
