"""The ``wearline`` command."""

from __future__ import annotations

import click

from wearline_cli.catalog_commands import catalog
from wearline_cli.demo.command import demo
from wearline_cli.explain_command import explain_object
from wearline_cli.log_commands import log
from wearline_cli.metadata_commands import metadata
from wearline_cli.missing_command import missing
from wearline_cli.plan_commands import apply, plan, retry
from wearline_cli.platform_commands import platform
from wearline_cli.redrive_command import redrive_letters
from wearline_cli.release_commands import release
from wearline_cli.replay_command import replay
from wearline_cli.results_commands import results
from wearline_cli.status_commands import problems, status
from wearline_cli.study_commands import study
from wearline_cli.withdraw_command import withdraw_subject


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wearline")
def main() -> None:
    """Uploads of wearable-sensor recordings become digital biomarkers, by themselves."""


for command in (
    platform,
    study,
    metadata,
    missing,
    status,
    problems,
    log,
    results,
    catalog,
    explain_object,
    plan,
    apply,
    retry,
    redrive_letters,
    withdraw_subject,
    replay,
    release,
    demo,
):
    main.add_command(command)
