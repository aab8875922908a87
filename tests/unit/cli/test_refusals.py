"""What AWS refuses is told in a sentence, whatever command asked."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner, Result

from wearline_cli.environments import Environment, StackUnreadable, environment_at
from wearline_cli.main import main
from wearline_local.launcher import Engine


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which nothing of AWS is set up."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_no_region_is_a_sentence() -> None:
    told = run("status", "study", "--env", "dev")
    assert (told.exit_code, told.output) == (
        1,
        "Error: No AWS region is chosen. Set AWS_REGION, or region in the AWS profile.\n",
    )


@pytest.mark.parametrize("command", [["status", "study"], ["doctor"], ["deploy"]])
def test_a_profile_that_is_not_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    told = run(*command, *(["dev", "--dry-run"] if command == ["deploy"] else ["--env", "dev"]))
    assert told.exit_code == 1
    assert told.output.endswith(
        "(The config profile (nobody) could not be found). Set AWS_PROFILE to one that aws"
        " configure list-profiles names, or unset it.\n"
    )


def test_an_endpoint_where_nothing_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    told = run("problems", "study")
    assert told.exit_code == 1
    assert "AWS_ENDPOINT_URL is http://127.0.0.1:9: start what answers there" in told.output


def test_a_refused_call_is_named_with_its_code() -> None:
    cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
    there = Environment("prod", boto3.Session(region_name="eu-west-1"))
    there.__dict__["cloudformation"] = cloudformation
    with Stubber(cloudformation) as stubber:
        stubber.add_client_error("describe_stacks", "Throttling", "Rate exceeded")
        with pytest.raises(StackUnreadable, match="Run the command again in a minute"):
            assert there.outputs


def test_the_embedded_aws_needs_no_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    there = environment_at(Engine(tmp_path, 9, 1))
    assert there.s3.meta.endpoint_url == "http://127.0.0.1:9"


def test_a_misspelled_command_is_told_its_nearest() -> None:
    told = run("stauts", "study")
    assert told.exit_code == 2
    assert "'status'?" in told.output
