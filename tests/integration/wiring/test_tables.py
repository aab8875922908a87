"""From upload to a joined table, by the ledger and the bucket as they really are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from click.testing import CliRunner

from tests.trials import Trial
from wearline_analysis.errors import ResultAltered
from wearline_analysis.results import Results
from wearline_cli import results_commands
from wearline_cli.main import main

from .conftest import STUDY, recording

pytestmark = pytest.mark.engine


@pytest.fixture(scope="session")
def study(shared_trial: Callable[[str, str], Trial]) -> Trial:
    """One of their own: where other tests alter results, they cannot be joined."""
    return shared_trial("tables", STUDY)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEARLINE_CACHE", str(tmp_path / "cache"))


def of_subject(study: Trial, subject: str) -> list[dict[str, Any]]:
    """Its rows of ``recording``, as Results joins them."""
    found = Results(study.there, study.there.configuration(study.there.study(study.name)))
    return [row for row in found.table("recording").to_pylist() if row["subject"] == subject]


def test_the_table_of_a_study_holds_what_its_runs_wrote(study: Trial, subject: str) -> None:
    pipelines = {}
    for number, visit in enumerate(("V1", "V2")):
        key = f"raw/{subject}/{visit}_wrist.cwa"
        study.put(key, recording(seed=number + 1))
        pipelines[visit] = study.pipeline(key, "succeeded")
    rows = of_subject(study, subject)
    assert [row.pop("stale") for row in rows] == [False, False]
    assert rows == [study.table(pipelines[visit], "recording")[0] for visit in ("V1", "V2")]


def test_a_new_version_takes_the_place_of_the_old_one(study: Trial, subject: str) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording(seed=3))
    first = study.pipeline(key, "succeeded").run_id
    assert [row["run"] for row in of_subject(study, subject)] == [first]
    study.put(key, recording(seed=4))
    second = study.pipeline(key, "succeeded", run_is_not=first).run_id
    assert [row["run"] for row in of_subject(study, subject)] == [second]


def test_a_table_that_was_altered_in_the_bucket_is_never_shown(
    new_trial: Callable[[str], Trial], subject: str
) -> None:
    study = new_trial(STUDY)
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording(seed=5))
    run = study.run(str(study.pipeline(key, "succeeded").run_id))
    path = f"biomarkers/runs/{run.run_id}/attempts/{run.result}/recording.parquet"
    study.put(path, study.there.s3.get_object(Bucket=study.bucket, Key=path)["Body"].read() + b" ")
    with pytest.raises(ResultAltered, match=run.run_id[:12]):
        of_subject(study, subject)
    # Nothing is shown either where others would have come with it.
    study.delete(path)
    with pytest.raises(ResultAltered, match="not there any more"):
        of_subject(study, subject)


def test_the_command_writes_csv_and_parquet_and_answers_sql(
    study: Trial, subject: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_commands, "environment", lambda _name: study.there)
    study.put(f"raw/{subject}/V1_wrist.cwa", recording(seed=6))
    run_id = study.pipeline(f"raw/{subject}/V1_wrist.cwa", "succeeded").run_id
    query = f"select subject, run from recording where subject = '{subject}'"  # noqa: S608

    def results(*words: str) -> str:
        done = CliRunner().invoke(main, ["results", study.name, *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert list(csv.reader(io.StringIO(results("--sql", query, "--csv", "-"))))[1:] == [
        [subject, run_id]
    ]
    results("--table", "recording", "--parquet", str(tmp_path / "all.parquet"))
    found = pyarrow.parquet.read_table(tmp_path / "all.parquet")
    assert run_id in found["run"].to_pylist()
    assert run_id in results("--json")
    refused = CliRunner().invoke(
        main, ["results", study.name, "--sql", "select * from '/etc/hosts'"]
    )
    assert refused.exit_code == 1
