"""The workflows of GitHub, as far as they must agree with themselves."""

from __future__ import annotations

from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parents[3] / ".github" / "workflows" / "deploy.yaml"


def test_credentials_last_as_long_as_the_deployment_may_take() -> None:
    job = yaml.safe_load(DEPLOY.read_text())["jobs"]["deploy"]
    [seconds] = [
        each["with"]["role-duration-seconds"]
        for each in job["steps"]
        if "configure-aws-credentials" in each.get("uses", "")
    ]
    assert seconds >= job["timeout-minutes"] * 60
