"""What moves a failed run on: the advice for each reason, and that it is true."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.catalog.quiet_world import PLAIN, RELEASE, STUDY, QuietWorld

from wearline.core.failures import Failure, failure, first
from wearline.core.ledger import ObjectRow, Reason, StudyRow

DOCS = Path(__file__).resolve().parents[3] / "docs"
FILE = "raw/S1/V1.cwa"
RETRY = f"wearline retry {STUDY} --failed"


def failed_of(code: str, run_id: str | None = "r" * 64) -> Failure:
    return Failure(STUDY, PLAIN, FILE, code, run_id)


def failed_pipeline(quiet: QuietWorld, code: str) -> str:
    """A file's pipeline that failed for this reason, and its problem, as runs record them."""
    quiet.upload(FILE, b"no recording")
    quiet.run_all()
    row = quiet.row(FILE)
    name = next(name for name, each in row.pipelines.items() if each.disposition == "failed")
    pipelines = {**row.pipelines, name: replace(row.pipelines[name], reason=Reason(code, "So."))}
    quiet.ledger.rows[ObjectRow][STUDY, PLAIN, FILE] = replace(row, pipelines=pipelines)
    return name


def test_mismatch_of_releases_asks_for_a_deployment_and_then_for_a_retry() -> None:
    told = failed_of("release_mismatch")
    assert told.command == "wearline study deploy FILE"
    assert "wearline study deploy FILE" in told.next_step
    assert f"`{RETRY} --reason-code release_mismatch`" in told.next_step


@pytest.mark.parametrize("code", ["capacity", "image", "time_limit", "infrastructure", "stopped"])
def test_infrastructure_is_retried(code: str) -> None:
    told = failed_of(code)
    assert told.command == f"{RETRY} --object s3://{PLAIN}/{FILE}"
    assert f"`{RETRY} --reason-code {code}`" in told.next_step
    assert ("wearline deploy ENV" in told.next_step) == (code == "image")


@pytest.mark.parametrize("code", ["header_damaged", "archive_damaged", "quality_long_gaps"])
def test_broken_recording_needs_another_file_and_no_retry(code: str) -> None:
    told = failed_of(code)
    assert "retry" not in told.command + told.next_step
    assert told.command == f"aws s3 cp FILE s3://{PLAIN}/{FILE}"
    assert ("accept long_gaps" in told.next_step) == code.startswith("quality_")


def test_what_nothing_is_known_of_is_looked_up_in_the_log() -> None:
    assert failed_of("step_failed").command == f"wearline log {'r' * 64}"


def test_every_refusal_of_a_file_says_that_the_file_or_the_configuration_is_wrong() -> None:
    refused = (DOCS / "quality.md").read_text().split("### Refused")[1].split("###")[0]
    codes = re.findall(r"(?m)^\| `(\w+)` \|", refused)
    assert "header_damaged" in codes
    assert {failed_of(code).way for code in codes} == {"file", "configuration"}


def test_what_mends_most_comes_first() -> None:
    several = [failed_of(code) for code in ("header_damaged", "capacity", "release_mismatch")]
    assert first(several).way == "deploy"


def test_problem_of_a_failed_run_says_what_moves_it_on(quiet: QuietWorld) -> None:
    """In the row, and so in the message to people and on the study's page."""
    quiet.upload(FILE, b"no recording")
    quiet.run_all()
    [row] = quiet.problems("run_failed")
    known = failure(quiet.row(FILE), row.about[2])
    assert known is not None
    assert row.next_step == known.next_step


def test_failed_run_of_an_older_processor_runs_again_by_the_deployment_alone(
    quiet: QuietWorld,
) -> None:
    name = failed_pipeline(quiet, "release_mismatch")
    before = quiet.row(FILE).pipelines[name]
    quiet.sweep()
    assert quiet.row(FILE).pipelines[name] == before
    rows = quiet.ledger.rows[StudyRow]
    study = rows[STUDY,]
    assert isinstance(study, StudyRow)
    newer = {RELEASE: replace(study.releases[RELEASE], hash="f" * 64)}
    rows[STUDY,] = replace(study, releases=newer, rev=study.rev + 1)
    quiet.tell(PLAIN, FILE)
    after = quiet.row(FILE).pipelines[name]
    assert after.run_id != before.run_id
    assert after.disposition == "running"


@pytest.fixture
def quiet() -> QuietWorld:
    return QuietWorld()
