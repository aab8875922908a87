"""What a data scientist sees of a study file before anything is deployed."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from wearline_cli.main import main
from wearline_local.launcher import ROOT

EXAMPLE = ROOT / "examples" / "parkinson-gait" / "study.yaml"


def wearline(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_check_of_the_example_passes() -> None:
    done = wearline("study", "check", EXAMPLE)
    assert done.exit_code == 0
    assert "parkinson-gait-01 is sound" in done.output


def test_check_names_every_fault_with_its_place(tmp_path: Path) -> None:
    broken = tmp_path / "study.yaml"
    text = EXAMPLE.read_text().replace("format: axivity", "format: axivty")
    broken.write_text(text.replace("- Sleep: {}", "- Slep: {}"))
    (tmp_path / "pipelines").symlink_to(EXAMPLE.parent / "pipelines")
    done = wearline("study", "check", broken)
    assert done.exit_code == 1
    for line, hint in (("axivty", "axivity"), ("Slep", "Sleep")):
        number = next(
            n for n, each in enumerate(broken.read_text().splitlines(), 1) if line in each
        )
        told = [each for each in done.output.splitlines() if f"study.yaml:{number}:" in each]
        assert told, done.output
        assert any(f"'{hint}'" in each for each in told)


def test_check_of_a_file_that_is_not_there_says_so() -> None:
    done = wearline("study", "check", "nowhere.yaml")
    assert done.exit_code == 1
    assert "nowhere.yaml cannot be read" in done.output


def test_preview_tells_what_each_file_would_become(tmp_path: Path) -> None:
    for key in (
        "raw/US01/S1/V1_lumbar_2024-03-11.csv",
        "raw/UK01/S2/V1_left_wrist_2024-03-11.CWA",
        "clinical/demographics_20240301.csv",
        "notes.txt",
    ):
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).touch()
    done = wearline("study", "preview", EXAMPLE, "--folder", tmp_path, "--json")
    shown = {each["key"]: each for each in json.loads(done.output)}
    assert shown["raw/US01/S1/V1_lumbar_2024-03-11.csv"]["pipelines"] == [
        {"name": "gait", "waits_for": ["height"]}
    ]
    assert shown["raw/UK01/S2/V1_left_wrist_2024-03-11.CWA"]["time_zone"] == "Europe/London"
    assert shown["clinical/demographics_20240301.csv"]["kind"] == "metadata"
    assert shown["notes.txt"]["kind"] == "ignored"
    assert wearline("study", "preview", EXAMPLE, "--folder", tmp_path).exit_code == 0


def test_command_without_its_embedded_aws_says_how_to_start_it(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["status", "any"], env={"WEARLINE_FOLDER": str(tmp_path), "AWS_ENDPOINT_URL": None}
    )
    assert done.exit_code == 1
    assert "make up" in done.output
