"""The platform on the embedded AWS, deployed once a session with the real SAM CLI."""

import json
import os
from pathlib import Path

import boto3
import pytest

from tests.conftest import FOLDER, one_at_a_time
from wearline_local import deployment, launcher


@pytest.fixture(scope="session")
def build() -> Path:
    """Where `sam build` leaves what is deployed."""
    return Path(os.environ[FOLDER]) / "build"


@pytest.fixture(scope="session")
def deployed(engine: launcher.Engine, build: Path) -> dict[str, str]:
    """The outputs of the platform's stack."""
    outputs = build.with_name("outputs.json")
    with one_at_a_time(build.with_name("deploy.lock")):
        if not outputs.exists():
            deployment.deploy(engine, build)
            outputs.write_text(json.dumps(_outputs(engine)))
    return dict(json.loads(outputs.read_text()))


def _outputs(engine: launcher.Engine) -> dict[str, str]:
    stacks = boto3.client(
        "cloudformation",
        endpoint_url=engine.endpoint,
        region_name=launcher.REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    stack = stacks.describe_stacks(StackName=deployment.STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
