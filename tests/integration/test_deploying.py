"""`wearline deploy` on the embedded AWS: what changes nothing, and the recording that verifies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import FOLDER
from wearline_cli.deploy_command import Steps
from wearline_cli.environments import Environment
from wearline_cli.main import main
from wearline_cli.study_removal import look, remove
from wearline_cli.verification import STUDY, verify
from wearline_local import deployment
from wearline_local.launcher import Engine

pytestmark = pytest.mark.engine


def change_sets(there: Environment) -> list[str]:
    """Those that were not carried out; other deployments of the session leave some too."""
    found = there.cloudformation.list_change_sets(StackName=there.stack_name)["Summaries"]
    return [
        each["ChangeSetName"] for each in found if each.get("ExecutionStatus") != "EXECUTE_COMPLETE"
    ]


def test_a_dry_run_changes_nothing(
    engine: Engine, platform: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEARLINE_FOLDER", str(engine.folder))
    left = change_sets(platform)
    before = platform.cloudformation.describe_stacks(StackName=platform.stack_name)["Stacks"][0]
    done = CliRunner().invoke(main, ["deploy", "local", "--dry-run", "--checks", "none"])
    assert done.exit_code == 0, done.output
    assert "Nothing was changed." in done.output
    after = platform.cloudformation.describe_stacks(StackName=platform.stack_name)["Stacks"][0]
    assert before.get("LastUpdatedTime") == after.get("LastUpdatedTime")
    assert change_sets(platform) == left


def test_what_is_shown_and_not_agreed_to_is_not_deployed(
    engine: Engine, platform: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEARLINE_FOLDER", str(engine.folder))
    left = change_sets(platform)
    words = ["deploy", "local", "--checks", "none"]
    done = CliRunner().invoke(main, words, input="n\n")
    assert done.exit_code == 1
    assert "Deploy these changes to local?" in done.output
    assert "Nothing was changed." in done.output
    assert "Deployment" not in done.output
    assert change_sets(platform) == left


def test_what_would_change_is_shown_and_taken_back(
    engine: Engine,
    platform: Environment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    build = Path(os.environ[FOLDER]) / "build"
    text = (build / "template.yaml").read_text()
    assert "Timeout: 60" in text
    changed = build / "changed.yaml"  # beside it, as paths in it are relative
    changed.write_text(text.replace("Timeout: 60", "Timeout: 61"))
    monkeypatch.setattr(Steps, "_template", lambda _: ["--template-file", str(changed)])
    left = change_sets(platform)
    Steps(platform, deployment.settings(engine)).preview({})
    said = capsys.readouterr().out
    assert "~ AWS::Lambda::Function DataArrived" in said
    assert change_sets(platform) == left


def test_a_recording_verifies_the_environment_each_time_anew(platform: Environment) -> None:
    first, second = verify(platform, within_s=120), verify(platform, within_s=120)
    assert first.run_id != second.run_id
    remove(platform, look(platform, STUDY))
    assert verify(platform, within_s=120).run_id != second.run_id
    stacks = platform.cloudformation.describe_stacks(StackName=f"wearline-local-study-{STUDY}")
    assert stacks["Stacks"][0]["StackStatus"].endswith("_COMPLETE")
