"""``wearline platform``: the platform's own stack."""

from __future__ import annotations

import time

import click

from wearline_cli.auditing import audited_deployment
from wearline_cli.environments import CommandError, NotDeployed, environment_at, local_engine
from wearline_cli.options import console


@click.group()
def platform() -> None:
    """Deploy the platform that studies run on."""


@platform.command()
def deploy() -> None:
    """Deploy template.yaml on the embedded AWS of `make up`, with the real SAM CLI."""
    from wearline_local import deployment

    engine = local_engine()
    if engine is None:
        raise NotDeployed("local", "the embedded AWS is not running")
    began = time.monotonic()
    try:
        with (
            console.status("Building and deploying with the SAM CLI ..."),
            audited_deployment(environment_at(engine)),
        ):
            deployment.deploy(engine)
    except deployment.DeploymentFailed as failed:
        raise CommandError(str(failed)) from failed
    console.print(f"wearline-local is deployed at {engine.endpoint} ({_since(began)})")


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"
