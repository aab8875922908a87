"""What must hold before an environment is deployed: each fault with what mends it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from wearline_cli.environments import CommandError, Environment
from wearline_local.launcher import ROOT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

SAM = ROOT / ".venvs" / "sam" / "bin" / "sam"

_STUCK = {
    "ROLLBACK_COMPLETE": "its first deployment failed and was undone. Delete what is left of it:"
    " aws cloudformation delete-stack --stack-name {name}",
    "ROLLBACK_FAILED": "its first deployment failed and could not be undone."
    " Delete it: aws cloudformation delete-stack --stack-name {name}",
    "UPDATE_ROLLBACK_FAILED": "an update failed and could not be undone."
    " Mend what its events name, then: aws cloudformation continue-update-rollback"
    " --stack-name {name}",
    "DELETE_FAILED": "it could not be deleted whole."
    " Look at its events, then: aws cloudformation delete-stack --stack-name {name}",
}


class NotReady(CommandError):
    """The environment cannot be deployed as things are."""

    def __init__(self, env: str, faults: list[str]) -> None:
        self.env, self.faults = env, faults
        listed = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"Environment {env} cannot be deployed. Nothing was changed.\n{listed}")


def require_ready(there: Environment, *, images: bool) -> None:
    """Raises NotReady with everything that stands in the way."""
    faults = [*_tools(images=images), *_checkout(there.name), *_account(there)]
    if faults:
        raise NotReady(there.name, faults)


def _tools(*, images: bool) -> Iterator[str]:
    if not SAM.exists() and shutil.which("sam") is None:
        yield "The SAM CLI is not installed. Run make setup."
    if images and (why := docker_fault()):
        yield why


def docker_fault() -> str | None:
    """Why no image can be built here, if none can."""
    if shutil.which("docker") is None:
        return "Docker's client is not installed: the processor's images cannot be built."
    asked = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    if asked.returncode == 0:
        return None
    said = (asked.stderr.strip().splitlines() or ["it says nothing"])[-1]
    return f"No Docker engine answers ({said}). Start Docker, or set DOCKER_HOST."


def _checkout(env: str) -> Iterator[str]:
    """What runs in prod can be found again by its commit."""
    if env != "prod":
        return
    found = revision()
    if not found:
        yield "git knows no commit of this checkout. Deploy from a clone; prod runs a commit."
    elif found.endswith("+"):
        yield (
            "The checkout has files that are not committed (git status names them)."
            " Commit or remove them; prod runs a commit."
        )


def revision() -> str:
    """The commit of the checkout, with a + where files differ from it or are unknown to it.

    Files that git ignores do not count. Empty where git knows no commit.
    """
    commit, differing = _git("rev-parse", "HEAD"), _git("status", "--porcelain")
    if not commit or differing is None:
        return ""
    return commit + ("+" if differing else "")


def _git(*words: str) -> str | None:
    """What git answers, None where it cannot be had or refuses."""
    try:
        asked = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return None if asked.returncode else asked.stdout.strip()


def _account(there: Environment) -> Iterator[str]:
    region: str | None = there.session.region_name
    if region is None:
        yield "No AWS region is chosen. Set AWS_REGION, or region in the AWS profile."
        return
    try:
        who = there.caller
    except (BotoCoreError, ClientError) as refused:
        yield f"AWS takes no credentials here ({refused}). Set AWS_PROFILE, or run aws sso login."
        return
    try:
        if fault := stack_fault(there.cloudformation, there.stack_name):
            yield fault
    except ClientError as refused:
        yield f"{who} may not look at stack {there.stack_name}: {refused}."


def stack_state(cloudformation: CloudFormationClient, name: str) -> str | None:
    """The state of a stack, None where there is none. Raises ClientError."""
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as refused:
        if "does not exist" in str(refused):
            return None
        raise


def stack_fault(cloudformation: CloudFormationClient, name: str) -> str | None:
    """Why a stack cannot be updated now, if it cannot, and what to do."""
    state = stack_state(cloudformation, name)
    if state is None or state == "REVIEW_IN_PROGRESS":
        return None
    if state in _STUCK:
        return f"Stack {name} is in state {state}: {_STUCK[state].format(name=name)}"
    if state.endswith("_IN_PROGRESS"):
        return f"Stack {name} is in state {state}: somebody deploys it now. Wait for the end."
    return None
