"""A data manager with the README alone: a study of two sites, from an empty folder to a table.

Each step is a command as a person types it, and what it must say. Uploads go by an S3 client.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tests.trials import Impatient, eventually
from wearline_cli.environments import Environment
from wearline_local import launcher
from wearline_recordings import csv_file, lumbar

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(900)]

WEARLINE = Path(sys.executable).parent / "wearline"
STUDY = """
study: {name}
timezone:
  default: America/New_York
  sites: {{BER: Europe/Berlin}}
buckets: [{{name: {name}-data}}]
results: {{bucket: {name}-data, prefix: results/}}
files:
  walk:
    kind: data
    key: walks/{{site}}/{{subject}}/{{visit}}_{{date:%Y-%m-%d}}.csv
    format: {{csv: {{time: timestamp, accel: [x, y, z], unit: g, clock: local}}}}
    location: lumbar
    pipelines: [gait]
  heights:
    kind: metadata
    key: clinical/heights_{{date:%Y%m%d}}.xlsx
    entity: {{subject: {{column: Subject}}}}
    values:
      height: {{column: Height, unit: cm, minimum: 50, maximum: 250}}
  decisions:
    kind: decisions
    key: clinical/decisions_{{date:%Y%m%d}}.xlsx
catalog: {{settle_minutes: 0}}
expect: {{visits: [V1], locations: [lumbar]}}
pipelines:
  gait:
    skdh: 0.17.18
    requires: [height]
    steps:
      - GetDayWindowIndices: {{bases: [0], periods: [24]}}
      - PredictGaitLumbarLgbm: {{}}
      - GaitLumbar: {{}}
"""
BOSTON = "walks/BOS/B01/V1_2026-03-09.csv"
BERLIN = "walks/BER/G01/V1_2026-03-09.csv"
SWAPPED = "walks/BER/G02/V1_2026-03-09.csv"


# The cells of a notebook, as the README's reader types them.
CELLS = (
    "import wearline",
    'bouts = wearline.open("{name}", env="local").table("gait_bout")',
    'print(len(bouts), sorted(bouts["subject"].unique()))',
)


@dataclass(frozen=True)
class Desk:
    """A person's folder, the study in it, and what they do with both."""

    folder: Path
    name: str
    there: Environment
    variables: dict[str, str]

    def says(self, command: str, *, fails: bool = False) -> str:
        """What ``wearline COMMAND`` prints."""
        done = subprocess.run(
            [WEARLINE, *command.split()],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, f"{command}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def json(self, command: str) -> Any:
        return json.loads(self.says(f"{command} --json"))

    def upload(self, key: str, content: bytes) -> None:
        self.there.s3.put_object(Bucket=f"{self.name}-data", Key=key, Body=content)

    def until(self, key: str, state: str) -> dict[str, Any]:
        """The line of a file in the status, once it is in this state."""

        def look() -> dict[str, Any] | None:
            lines: list[dict[str, Any]] = self.json(f"status {self.name} --files")["files"]
            found = [line for line in lines if line["key"] == key and line["state"] == state]
            return found[0] if found else None

        try:
            return eventually(look, told=lambda: self.says(f"status {self.name} --files"))
        except Impatient:
            raise AssertionError(self.says(f"explain s3://{self.name}-data/{key}")) from None


@pytest.fixture
def desk(engine: launcher.Engine, platform: Environment, tmp_path: Path) -> Desk:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables |= {"WEARLINE_FOLDER": str(engine.folder), "COLUMNS": "200"}
    variables["WEARLINE_CACHE"] = str(tmp_path / "cache")
    (tmp_path / "desk").mkdir()
    return Desk(tmp_path / "desk", f"walks-{uuid.uuid4().hex[:8]}", platform, variables)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], bytes]:
    """A walk at the clinic of two minutes, another for each number."""
    folder = tmp_path_factory.mktemp("walks")

    def made(number: int) -> bytes:
        path = folder / f"{number}.csv"
        start = datetime(2026, 3, 9, 10)  # noqa: DTZ001  devices keep the wall clock
        csv_file.write(path, lumbar.signal(hours=0.05, hz=50, start=start, seed=number))
        return path.read_bytes()

    return made


def sheet(*rows: tuple[str | float, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def test_a_new_user_gets_from_an_empty_folder_to_a_table(
    desk: Desk, walk: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A kernel's own files; those of the person who runs the tests stay as they are.
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(desk.folder / "jupyter"))
    write_and_check(desk)
    preview(desk, walk)
    deploy_and_upload(desk, walk)
    one_waits_and_a_height_is_corrected(desk)
    exclude_a_recording(desk)
    read_the_report(desk)
    load_a_table(desk)
    freeze_and_compare(desk)


def write_and_check(desk: Desk) -> None:
    text = STUDY.format(name=desk.name)
    file = desk.folder / "study.yaml"
    file.write_text(text.replace("requires: [height]", "requires: [heigth]"))
    assert "did you mean 'height'?" in desk.says("study check study.yaml", fails=True)
    file.write_text(text)
    desk.says("study check study.yaml")


def preview(desk: Desk, walk: Callable[[int], bytes]) -> None:
    sample = desk.folder / "sample"
    for key in (BOSTON, BERLIN, "walks/BER/G01/notes.txt"):
        path = sample / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    shown = desk.says("study preview study.yaml --folder sample")
    assert "America/New_York" in shown
    assert "Europe/Berlin" in shown
    assert "notes.txt" in shown


def deploy_and_upload(desk: Desk, walk: Callable[[int], bytes]) -> None:
    desk.says("study deploy study.yaml --create-buckets")
    heights = sheet(("Subject", "Height"), ("B01", 171.5), ("G02", "1,80"))
    (desk.folder / "heights_20260301.xlsx").write_bytes(heights)
    shown = desk.says("metadata check heights_20260301.xlsx --config study.yaml", fails=True)
    assert "B01" in shown
    heights = sheet(("Subject", "Height"), ("B01", 171.5), ("G02", 180))
    (desk.folder / "heights_20260301.xlsx").write_bytes(heights)
    desk.says("metadata check heights_20260301.xlsx --config study.yaml")
    desk.upload("clinical/heights_20260301.xlsx", heights)
    for number, key in enumerate((BOSTON, BERLIN, SWAPPED), start=1):
        desk.upload(key, walk(number))


def one_waits_and_a_height_is_corrected(desk: Desk) -> None:
    waiting = desk.until(BERLIN, "waiting")
    assert "G01" in waiting["reason"]
    assert "height" in waiting["reason"].lower()
    assert BERLIN in desk.says(f"metadata missing {desk.name}")
    desk.until(BOSTON, "succeeded")
    desk.until(SWAPPED, "succeeded")
    corrected = sheet(("Subject", "Height"), ("B01", 175.5), ("G01", 168), ("G02", 180))
    desk.upload("clinical/heights_20260402.xlsx", corrected)
    desk.until(BERLIN, "succeeded")
    assert "To cite: manifest" in desk.says(f"results freeze {desk.name} interim")
    eventually(
        lambda: desk.until(BOSTON, "succeeded")["stale"],
        told=lambda: desk.says(f"status {desk.name} --files"),
    )
    desk.says(f"plan {desk.name} --out again.json")
    before = desk.until(BOSTON, "succeeded")["run_id"]
    desk.says("apply again.json")
    eventually(
        lambda: desk.until(BOSTON, "succeeded")["run_id"] != before,
        told=lambda: desk.says(f"status {desk.name} --files"),
    )


def exclude_a_recording(desk: Desk) -> None:
    columns = ("key", "action", "reason", "author", "date")
    decided = (SWAPPED, "exclude", "The device was swapped.", "J. Doe", "2026-04-03")
    desk.upload("clinical/decisions_20260403.xlsx", sheet(columns, decided))
    assert "device was swapped" in desk.until(SWAPPED, "excluded")["reason"]


def read_the_report(desk: Desk) -> None:
    cells = {line["subject"]: line["state"] for line in desk.json(f"missing {desk.name}")}
    assert cells == {"B01": "succeeded", "G01": "succeeded", "G02": "excluded"}
    assert "excluded" in desk.says(f"missing {desk.name} --csv")
    desk.says(f"report {desk.name} --output report.html")
    html = (desk.folder / "report.html").read_text("utf-8")
    (text,) = re.findall(r'<script type="application/json" id="model">(.*?)</script>', html)
    model = json.loads(text)
    assert model["attention"] == []
    by_subject = {each["subject"]: each for each in model["recordings"]}
    assert by_subject["B01"]["values"]["steps"] > 50
    assert by_subject["B01"]["pictures"] == ["gait.png"]
    assert len(by_subject["B01"]["past"]) == 1


def load_a_table(desk: Desk) -> None:
    listed = [each["key"] for each in desk.json(f"results {desk.name}")]
    assert len(listed) == 2
    assert SWAPPED not in listed
    bouts = desk.json(f"results {desk.name} --table gait_bout")
    assert {each["subject"] for each in bouts} == {"B01", "G01"}
    starts = {each["subject"]: each["start_local"][-6:] for each in bouts}
    assert starts == {"B01": "-04:00", "G01": "+01:00"}
    desk.says(f"results {desk.name} --table gait_bout --csv bouts.csv")
    assert (desk.folder / "bouts.csv").read_text().count("\n") == len(bouts) + 1
    cells = [new_code_cell(each.format(name=desk.name)) for each in CELLS]  # type: ignore[no-untyped-call]
    notebook = new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=desk.variables)
    assert notebook.cells[-1].outputs[0].text == f"{len(bouts)} ['B01', 'G01']\n"


def freeze_and_compare(desk: Desk) -> None:
    desk.says(f"results freeze {desk.name} final")
    shown = desk.says(f"results releases {desk.name}")
    assert "interim" in shown
    assert "final" in shown
    changed = desk.says(f"results diff {desk.name} interim final")
    assert "B01" in changed
    assert "height" in changed
    assert "device was swapped" in changed
    assert "never changes" in desk.says(f"results freeze {desk.name} final", fails=True)
