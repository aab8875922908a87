"""The study report on the deployed platform: by command, and beside the results after a sweep."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.integration.test_catalog import FILE, STUDY, walk
from tests.trials import Trial
from wearline.core.ledger import ObjectRow
from wearline_cli.main import main

pytestmark = pytest.mark.engine


def model_of(html: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="model">(.*?)</script>', html)
    model: dict[str, Any] = json.loads(text)
    return model


def looked_at(study: Trial) -> ObjectRow | None:
    row = study.row(FILE)
    done = row is not None and row.pipelines and row.pipelines["look"].disposition == "succeeded"
    return row if done else None


def test_report_is_written_by_command_and_after_each_sweep(
    new_trial: Callable[[str], Trial], aws: object, tmp_path: Path
) -> None:
    study = new_trial(STUDY)
    study.put(FILE, walk())
    row = study.eventually(lambda: looked_at(study))
    run = study.run(row.pipelines["look"].run_id or "")
    assert run.summary is not None
    assert run.summary.recorded_h == pytest.approx(20 / 3600, rel=0.01)
    study.sweep()
    stored = study.there.s3.get_object(Bucket=study.bucket, Key="biomarkers/report.html")
    assert stored["ContentType"].startswith("text/html")
    beside = model_of(stored["Body"].read().decode())
    target = tmp_path / "here" / "report.html"
    told = CliRunner().invoke(main, ["report", study.name, "--output", str(target)])
    assert told.exit_code == 0, told.output
    written = model_of(target.read_text("utf-8"))
    assert written["recordings"] == beside["recordings"]
    states = {each["pipeline"]: each["state"] for each in written["recordings"]}
    assert states == {"look": "succeeded", "gauge": "waiting"}
    kinds = [each["kind"] for each in written["attention"]]
    assert kinds == ["requirement_missing"]
    counted = study.sweep()
    assert counted["unaccounted"] == 0
