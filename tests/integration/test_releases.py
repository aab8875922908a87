"""A release never changes; the next one says what became different, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from tests.integration.wiring.conftest import recording
from tests.queries import answers
from tests.trials import Trial
from wearline_analysis.differences import difference
from wearline_analysis.errors import NoSuchRelease, ReleaseAltered, ReleaseExists
from wearline_analysis.freezing import freeze
from wearline_analysis.releases import Release, Releases
from wearline_cli import frozen_commands, plan_commands, withdraw_command
from wearline_cli.main import main

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]

STUDY = """
study: <study>
timezone: {default: America/New_York}
buckets: [{name: <study>-data}]
results: {bucket: <study>-data, prefix: biomarkers/}
catalog: {settle_minutes: 0}
files:
  back: {kind: data, key: "raw/{subject}/{visit}_back.cwa", format: axivity, pipelines: [look]}
  heights:
    kind: metadata
    key: clinical/heights_{date:%Y%m%d}.csv
    entity: {subject: {column: SUBJECT}}
    values: {height: {column: HEIGHT_CM, unit: cm}}
  decisions: {kind: decisions, key: "clinical/decisions_{date:%Y%m%d}.csv"}
pipelines:
  look: {skdh: 0.17.18, steps: [], requires: [height]}
"""
HEIGHTS, DECISIONS = "clinical/heights_20240301.csv", "clinical/decisions_20240401.csv"
EXCLUDED = "subject,action,details,reason,author,date\nS2,exclude,,worn by another,me,2024-04-01\n"


@pytest.fixture
def study(
    new_trial: Callable[[str], Trial], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Trial:
    monkeypatch.setenv("WEARLINE_CACHE", str(tmp_path / "cache"))
    found = new_trial(STUDY)
    for commands in (frozen_commands, plan_commands, withdraw_command):
        monkeypatch.setattr(commands, "environment", lambda _name: found.there)
    return found


def wearline(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def file_of(subject: str) -> str:
    return f"raw/{subject}/V1_back.cwa"


def releases(study: Trial) -> Releases:
    row = study.there.study(study.name)
    return Releases(study.there, row, study.there.configuration(row))


def frozen(study: Trial, name: str) -> Release:
    row = study.there.study(study.name)
    return freeze(study.there, row, study.there.configuration(row), name)


def subjects(release: Release) -> list[str]:
    found: list[str] = release.table("recording")["subject"].to_pylist()
    return found


def test_a_release_stays_as_it_is_and_the_next_says_what_changed(
    study: Trial, tmp_path: Path
) -> None:
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS1,170\nS2,180\nS3,165\n")
    for number, subject in enumerate(("S1", "S2")):
        study.put(file_of(subject), recording(seed=number))
    for subject in ("S1", "S2"):
        study.pipeline(file_of(subject), "succeeded")
    first = frozen(study, "first")
    assert subjects(first) == ["S1", "S2"]

    _correct_exclude_and_add(study, tmp_path)
    second = frozen(study, "second")
    assert subjects(second) == ["S1", "S3"]
    assert releases(study).names() == ["first", "second"]
    again = releases(study).release("first")
    assert (again.sha256, subjects(again)) == (first.sha256, ["S1", "S2"])

    found = difference(first, second)
    assert {(run.kind, run.file): run.why for run in found.runs} == {
        ("replaced", file_of("S1")): ("height 1.7 m → 1.72 m",),
        ("removed", file_of("S2")): (
            "in second it was excluded: worn by another (me, 2024-04-01)",
        ),
        ("added", file_of("S3")): ("in first it was not there",),
    }
    # The height changes nothing of a recording that is only read.
    assert found.columns == ()
    told = wearline("results", "diff", study.name, "first", "second").output
    assert f"{file_of('S1')} look" in told
    assert "height 1.7 m → 1.72 m" in told
    assert "recording: 1 rows only in first, 1 only in second" in told
    assert "Nothing changed" in wearline("results", "diff", study.name, "first", "first").output


def _correct_exclude_and_add(study: Trial, tmp_path: Path) -> None:
    before = study.pipeline(file_of("S1"), "succeeded").run_id
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS1,172\nS2,180\nS3,165\n")
    study.eventually(lambda: study.pipeline(file_of("S1"), "succeeded").stale)
    plan = str(tmp_path / "plan.json")
    assert wearline("plan", study.name, "--out", plan).exit_code == 0
    assert wearline("apply", plan).exit_code == 0
    study.pipeline(file_of("S1"), "succeeded", run_is_not=before)
    study.put(file_of("S3"), recording(seed=3))
    study.pipeline(file_of("S3"), "succeeded")
    study.put(DECISIONS, EXCLUDED)
    study.eventually(lambda: study.pipeline(file_of("S2"), "succeeded").stale)


def test_a_name_is_frozen_once_and_what_is_altered_is_refused(study: Trial) -> None:
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS1,170\n")
    study.put(file_of("S1"), recording())
    study.pipeline(file_of("S1"), "succeeded")
    done = wearline("results", "freeze", study.name, "interim", "--json")
    release = releases(study).release("interim")
    assert json.loads(done.output)["sha256"] == release.sha256
    assert "| `recording` | 1 |" in release.readme
    with pytest.raises(ReleaseExists, match="it is frozen, and never changes"):
        frozen(study, "interim")
    study.put("biomarkers/releases/broken/README.md", "what a freeze that died left")
    with pytest.raises(ReleaseExists, match="broke off"):
        frozen(study, "broken")
    assert releases(study).names() == ["interim"]
    with pytest.raises(NoSuchRelease, match="There are: interim"):
        releases(study).release("final")
    study.put("biomarkers/releases/interim/tables/recording/0001.parquet", "other")
    with pytest.raises(ReleaseAltered, match="SHA-256 differs"):
        release.table("recording")


def test_who_withdraws_is_shown_no_more_and_a_release_can_be_discarded(study: Trial) -> None:
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS1,170\nS2,180\n")
    for subject in ("S1", "S2"):
        study.put(file_of(subject), recording(seed=int(subject[1])))
    for subject in ("S1", "S2"):
        study.pipeline(file_of(subject), "succeeded")
    before = frozen(study, "interim")
    done = wearline("withdraw", study.name, "S2", "--confirm", "--reason", "asked", "--json")
    assert any(
        "Frozen releases hold rows of the subject: interim." in each
        for each in json.loads(done.output)["kept"]
    )
    assert releases(study).holding("S2") == ["interim"]
    after = releases(study).release("interim")
    assert (subjects(after), after.sha256) == (["S1"], before.sha256)
    assert "Would remove" in wearline("results", "discard", study.name, "interim").output
    assert wearline("results", "discard", study.name, "interim", "--confirm").exit_code == 0
    assert releases(study).holding("S2") == []
    with pytest.raises(ReleaseExists, match="discarded"):
        frozen(study, "interim")


def test_tables_for_sql_stand_over_what_was_frozen(study: Trial) -> None:
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS1,170\n")
    study.put(file_of("S1"), recording(1))
    study.pipeline(file_of("S1"), "succeeded")
    frozen(study, "first")
    there = study.there
    stacks: Any = there.session.client("cloudformation", endpoint_url=there.endpoint)
    glue: Any = there.session.client("glue", endpoint_url=there.endpoint)
    athena: Any = there.session.client("athena", endpoint_url=there.endpoint)
    results = f"s3://{study.bucket}/biomarkers"
    stacks.create_stack(
        StackName=f"wearline-athena-{study.name}",
        TemplateBody=(ROOT / "infra" / "athena.yaml").read_text(),
        Parameters=[
            {"ParameterKey": "Environment", "ParameterValue": "local"},
            {"ParameterKey": "Study", "ParameterValue": study.name},
            {"ParameterKey": "Results", "ParameterValue": results},
        ],
    )
    stacks.get_waiter("stack_create_complete").wait(
        StackName=f"wearline-athena-{study.name}", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=f"wearline-local-{study.name}")
    tables = {each["Name"]: each for page in pages for each in page["TableList"]}
    release = releases(study).release("first")
    assert {"recording", "quality"} <= {*release.tables} <= {*tables}
    for name in release.tables:
        columns = [each["Name"] for each in tables[name]["StorageDescriptor"]["Columns"]]
        assert columns == release.table(name).column_names
        place = f'"wearline-local-{study.name}".{name}'
        asked = f"select * from {place} where release_name = 'first'"  # noqa: S608  our names
        found = answers(athena, asked, f"s3://{study.bucket}/answers/")
        assert found == [[*row, "first"] for row in _as_athena_tells(release.table(name))], name


def _as_athena_tells(table: pa.Table) -> list[list[str | None]]:
    """The rows of a table as texts: instants in UTC, and numbers that read as they are."""

    def told(value: Any) -> str | None:
        if isinstance(value, datetime):
            return str(value.replace(tzinfo=None))
        return None if value is None else json.dumps(value).strip('"')

    return [[told(value) for value in row.values()] for row in table.to_pylist()]
