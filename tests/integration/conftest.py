"""What `sam build` made and `sam deploy` answered, for the platform that the session shares."""

import os
from pathlib import Path

import pytest

from tests.conftest import FOLDER
from wearline_cli.environments import Environment


@pytest.fixture(scope="session")
def build(platform: Environment) -> Path:
    """Where `sam build` left what is deployed."""
    return Path(os.environ[FOLDER]) / "build"


@pytest.fixture(scope="session")
def deployed(platform: Environment) -> dict[str, str]:
    """The outputs of the platform's stack."""
    return dict(platform.outputs)
