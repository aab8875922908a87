"""The tools of this machine, the caller's credentials, and the platform's own stack."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from wearline_cli.doctor.findings import Finding, ill, warning, well
from wearline_cli.environments import Environment
from wearline_cli.processor_images import digest_of, releases, tag_of
from wearline_cli.processor_images import missing as lacking
from wearline_cli.readiness import SAM, docker_fault, stack_fault, stack_state

OLDEST_SAM = (1, 150)


def versions(there: Environment) -> Iterator[Finding]:
    python = sys.version_info[:2]
    name = "Python {}.{}".format(*python)
    supported = (3, 11) <= python <= (3, 13)
    yield (
        well(name)
        if supported
        else ill(f"{name} is not 3.11 to 3.13", "make setup PYTHON=python3.13")
    )
    yield _sam()
    if there.name != "local" and (fault := docker_fault()):
        yield warning(f"{fault} Only wearline deploy needs it.", "sudo systemctl start docker")


def _sam() -> Finding:
    program = str(SAM) if SAM.exists() else shutil.which("sam")
    if program is None:
        return ill("the SAM CLI is not installed", "make setup")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = said.stdout.strip().rpartition(" ")[2]
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if parts < OLDEST_SAM:
        return ill(f"SAM CLI {version} is older than {OLDEST_SAM[0]}.{OLDEST_SAM[1]}", "make setup")
    return well(f"SAM CLI {version}")


def credentials(there: Environment) -> Iterator[Finding]:
    region: str | None = there.session.region_name
    if region is None:
        yield ill("no region is chosen", "export AWS_REGION=eu-west-1")
        return
    try:
        yield well(f"{there.caller} in {region}")
    except (BotoCoreError, ClientError) as refused:
        yield ill(f"AWS takes no credentials here: {refused}", "aws sso login")


def stack(there: Environment) -> Iterator[Finding]:
    name = there.stack_name
    state = stack_state(there.cloudformation, name)
    if state is None:
        yield ill(f"stack {name} is not there", f"wearline deploy {there.name}")
    elif fault := stack_fault(there.cloudformation, name):
        yield ill(fault, f"wearline deploy {there.name}")
    elif "FAILED" in state or state == "REVIEW_IN_PROGRESS":
        yield ill(f"stack {name} is in state {state}", f"wearline deploy {there.name}")
    else:
        yield well(f"stack {name} is in state {state}")


def images(there: Environment) -> Iterator[Finding]:
    """The embedded AWS needs none: releases run as processes, or by a Docker engine."""
    if there.name == "local":
        return
    absent = lacking(there, releases())
    for release in releases():
        if release in absent:
            yield ill(
                f"image {tag_of(release)} is not in the repository", f"wearline deploy {there.name}"
            )
        else:
            yield well(f"image {tag_of(release)} is {digest_of(there, release)[:19]}")
