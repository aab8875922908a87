"""What stands in the way of a deployment is said before anything is changed; images by digest."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import click
import pytest
from botocore.stub import Stubber

from wearline_cli import processor_images, readiness
from wearline_cli.auditing import EndNotAudited, audited_deployment
from wearline_cli.deploy_command import Steps
from wearline_cli.environments import (
    Environment,
    NotDeployed,
    StackUnreadable,
    environment,
)

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
RELEASE = "skdh-0.17.18"


@pytest.fixture
def there() -> Environment:
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1"
    )
    dev = Environment("dev", session)
    dev.__dict__["outputs"] = {"ProcessorRepositoryUri": f"{REGISTRY}/wearline-dev-processor"}
    return dev


@pytest.fixture
def cloudformation(there: Environment) -> Iterator[Stubber]:
    with Stubber(there.cloudformation) as stubber:
        yield stubber


@pytest.fixture
def ecr(there: Environment) -> Iterator[Stubber]:
    with Stubber(there.ecr) as stubber:
        yield stubber


def in_state(stubber: Stubber, state: str) -> None:
    stack = {"StackName": "wearline-dev", "StackStatus": state, "CreationTime": "2026-01-01"}
    stubber.add_response("describe_stacks", {"Stacks": [stack]})


# ---- the stack


@pytest.mark.parametrize(
    ("state", "mended_by"),
    [
        ("ROLLBACK_COMPLETE", "delete-stack --stack-name wearline-dev"),
        ("ROLLBACK_FAILED", "delete-stack --stack-name wearline-dev"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name wearline-dev"),
        ("DELETE_FAILED", "delete-stack --stack-name wearline-dev"),
        ("UPDATE_IN_PROGRESS", "Wait for the end"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "Wait for the end"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_named_with_what_mends_it(
    there: Environment, cloudformation: Stubber, state: str, mended_by: str
) -> None:
    in_state(cloudformation, state)
    fault = readiness.stack_fault(there.cloudformation, there.stack_name)
    assert fault
    assert state in fault
    assert mended_by in fault


@pytest.mark.parametrize(
    "state",
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"],
)
def test_a_stack_in_a_settled_state_is_ready(
    there: Environment, cloudformation: Stubber, state: str
) -> None:
    in_state(cloudformation, state)
    assert readiness.stack_fault(there.cloudformation, there.stack_name) is None


def test_no_stack_yet_is_ready(there: Environment, cloudformation: Stubber) -> None:
    cloudformation.add_client_error(
        "describe_stacks", "ValidationError", "Stack with id wearline-dev does not exist"
    )
    assert readiness.stack_fault(there.cloudformation, there.stack_name) is None


def test_everything_that_is_missing_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(readiness, "SAM", tmp_path / "sam")
    with pytest.raises(readiness.NotReady) as refused:
        readiness.require_ready(Environment("dev", boto3.Session()), images=True)
    said = refused.value.message
    for part in ("SAM CLI is not installed", "Docker's client is not installed", "No AWS region"):
        assert part in said
    assert "Nothing was changed" in said


# ---- the checkout


def git(folder: Path, *words: str) -> None:
    named = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(readiness, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def faults(env: str) -> list[str]:
    return [*readiness._checkout(env)]  # the rest of require_ready asks AWS


def test_prod_runs_a_commit_and_nothing_beside_it(checkout: Path) -> None:
    git(checkout, "init", "--quiet")
    (checkout / ".gitignore").write_text("build/\n")
    (checkout / "app.py").write_text("one\n")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "first")
    (checkout / "build").mkdir()
    (checkout / "build" / "made").write_text("ignored\n")
    assert faults("prod") == []
    assert len(readiness.revision()) == 40

    (checkout / "app.py").write_text("two\n")
    assert "not committed" in faults("prod")[0]
    git(checkout, "checkout", "--quiet", "app.py")
    assert faults("prod") == []

    (checkout / "other.py").write_text("never added\n")
    assert "not committed" in faults("prod")[0]
    assert readiness.revision().endswith("+")
    assert faults("stage") == []


def test_prod_is_not_deployed_from_a_folder_that_no_commit_stands_for(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "git knows no commit" in faults("prod")[0]
    monkeypatch.setenv("PATH", str(checkout))
    assert "git knows no commit" in faults("prod")[0]
    assert readiness.revision() == ""


# ---- the region


def test_the_region_that_the_readiness_asks_for_is_the_one_that_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert environment("dev").session.region_name is None
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert environment("dev").session.region_name == "eu-west-1"


# ---- a first deployment


def test_a_first_deployment_is_asked_about_without_making_a_stack(
    there: Environment,
    cloudformation: Stubber,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nested = tmp_path / "Ledger"
    nested.mkdir()
    nested.joinpath("template.yaml").write_text("Resources: {A: {Type: AWS::DynamoDB::Table}}")
    tmp_path.joinpath("template.yaml").write_text(
        "Resources: {Ledger: {Type: AWS::CloudFormation::Stack}}"
    )
    monkeypatch.setattr(Steps, "build", tmp_path)
    monkeypatch.setattr(click, "confirm", lambda _question: True)
    for state in (None, "REVIEW_IN_PROGRESS"):
        if state:
            in_state(cloudformation, state)
        else:
            missing(cloudformation)
        Steps(there, {}).ask()  # any other call would find no answer
        said = capsys.readouterr().out
        assert "+ 1 AWS::CloudFormation::Stack" in said
        assert "+ 1 AWS::DynamoDB::Table" in said


def missing(stubber: Stubber) -> None:
    stubber.add_client_error(
        "describe_stacks", "ValidationError", "Stack with id wearline-dev does not exist"
    )


def test_a_stack_that_was_only_reviewed_is_not_a_deployed_environment(
    there: Environment, cloudformation: Stubber
) -> None:
    there.__dict__.pop("outputs")
    in_state(cloudformation, "REVIEW_IN_PROGRESS")
    with pytest.raises(NotDeployed, match=r"REVIEW_IN_PROGRESS\). Run wearline deploy dev"):
        assert there.outputs


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied"])
def test_a_deployment_that_cannot_tell_whether_it_is_the_first_does_nothing(
    there: Environment, cloudformation: Stubber, code: str
) -> None:
    there.__dict__.pop("outputs")
    cloudformation.add_client_error("describe_stacks", code, "not now")
    deployed = []
    with pytest.raises(StackUnreadable, match="cannot be read"), audited_deployment(there):
        deployed.append("without an intent")
    assert deployed == []


def test_a_first_deployment_that_could_not_be_told_says_so(
    there: Environment, cloudformation: Stubber
) -> None:
    there.__dict__.pop("outputs")
    missing(cloudformation)
    there.__dict__["caller"] = "arn:aws:iam::123456789012:user/somebody"
    outputs = {"ConfigurationBucket": "wearline-dev-configuration"}
    with Stubber(there.s3) as s3:
        s3.add_client_error("list_objects_v2", "AccessDenied")
        with pytest.raises(EndNotAudited, match="no entry tells of it"), audited_deployment(there):
            there.__dict__["outputs"] = outputs


# ---- the images


def test_the_tag_of_an_image_changes_with_its_recipe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in processor_images.RECIPE:
        (tmp_path / name).write_bytes((processor_images.SOURCE / name).read_bytes())
    before = processor_images.tag_of(RELEASE)
    monkeypatch.setattr(processor_images, "SOURCE", tmp_path)
    assert processor_images.tag_of(RELEASE) == before
    assert re.fullmatch(rf"{re.escape(RELEASE)}-[0-9a-f]{{12}}", before)
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    assert processor_images.tag_of(RELEASE) != before


def test_another_base_is_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = set()
    for base in ("", "python@sha256:a", "python@sha256:b"):
        monkeypatch.setenv("BASE_IMAGE", base)
        tags.add(processor_images.tag_of(RELEASE))
    monkeypatch.delenv("BASE_IMAGE")
    assert processor_images.tag_of(RELEASE) in tags
    assert len(tags) == 3


class Engine:
    """Docker's client, and what a registry has under a name."""

    def __init__(self, *repo_digests: str, reachable: bool = True) -> None:
        self.repo_digests, self.reachable = repo_digests, reachable
        self.asked: list[str] = []

    def __call__(self, command: Sequence[str]) -> str | None:
        self.asked.append(command[-1])
        if command[1] == "pull":
            return command[-1] if self.reachable else None
        return " ".join(self.repo_digests)


def test_an_image_is_built_on_its_base_by_digest_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    base = processor_images.pinned_base(Engine("python@sha256:abc"))
    assert re.fullmatch(r"python:3\.\d+-slim-bookworm@sha256:abc", base)
    ran: list[Sequence[str]] = []
    processor_images.build(RELEASE, base, lambda command, _: ran.append(command))
    assert f"--build-arg=BASE={base}" in ran[0]
    assert "--label=org.opencontainers.image.base.digest=sha256:abc" in ran[0]
    assert f"--label=org.opencontainers.image.base.name={base.partition('@')[0]}" in ran[0]


def test_a_base_that_is_named_by_digest_or_was_made_here_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BASE_IMAGE", "python:3.13@sha256:abc")
    engine = Engine("python@sha256:def")
    assert processor_images.pinned_base(engine) == "python:3.13@sha256:abc"
    assert engine.asked == []
    monkeypatch.setenv("BASE_IMAGE", "own-base:1")
    assert processor_images.pinned_base(Engine(reachable=False)) == "own-base:1"
    ran: list[Sequence[str]] = []
    processor_images.build(RELEASE, "own-base:1", lambda command, _: ran.append(command))
    assert not any("base.digest" in part for part in ran[0])


def found(ecr: Stubber, digest: str) -> None:
    ecr.add_response(
        "describe_images",
        {"imageDetails": [{"imageDigest": digest}]},
        {
            "repositoryName": "wearline-dev-processor",
            "imageIds": [{"imageTag": processor_images.tag_of(RELEASE)}],
        },
    )


def test_a_study_names_the_image_by_its_digest(there: Environment, ecr: Stubber) -> None:
    found(ecr, "sha256:abc")
    image = processor_images.image_of(there, RELEASE)
    assert image == f"{REGISTRY}/wearline-dev-processor@sha256:abc"


def test_a_missing_image_is_an_error_that_says_what_to_run(
    there: Environment, ecr: Stubber
) -> None:
    ecr.add_client_error("describe_images", "ImageNotFoundException")
    with pytest.raises(processor_images.ImageMissing, match=r"Run wearline deploy dev\."):
        processor_images.image_of(there, RELEASE)


def test_the_registrys_password_is_never_on_a_command_line(
    there: Environment, ecr: Stubber
) -> None:
    token = base64.b64encode(b"AWS:canary-password").decode()
    ecr.add_response(
        "get_authorization_token", {"authorizationData": [{"authorizationToken": token}]}
    )
    found(ecr, "sha256:def")
    ran: list[tuple[Sequence[str], Any]] = []
    digest = processor_images.push(
        there, RELEASE, "local", lambda command, given: ran.append((command, given))
    )
    assert digest == "sha256:def"
    assert ran[0][1] == "canary-password"
    assert not any("canary" in part for command, _ in ran for part in command)
    pushed = f"{REGISTRY}/wearline-dev-processor:{processor_images.tag_of(RELEASE)}"
    assert ran[-1][0][-1] == pushed
