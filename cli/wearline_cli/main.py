"""The ``wearline`` command. Each subcommand is imported when it is asked for."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

import click

COMMANDS: Mapping[str, str] = {
    "deploy": "deploy_command:deploy",
    "doctor": "doctor.command:doctor",
    "study": "study_commands:study",
    "metadata": "metadata_commands:metadata",
    "missing": "missing_command:missing",
    "status": "status_commands:status",
    "problems": "status_commands:problems",
    "explain": "explain_command:explain_object",
    "log": "log_commands:log",
    "results": "results_commands:results",
    "report": "report_command:report",
    "catalog": "catalog_commands:catalog",
    "plan": "plan_commands:plan",
    "apply": "plan_commands:apply",
    "retry": "plan_commands:retry",
    "redrive": "redrive_command:redrive_letters",
    "withdraw": "withdraw_command:withdraw_subject",
    "replay": "replay_command:replay",
    "cost": "cost_command:cost",
    "audit": "audit_commands:audit",
    "release": "release_commands:release",
    "demo": "demo.command:demo",
}


class Commands(click.Group):
    """A group whose commands cost nothing until one of them is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(_imported(f"wearline_cli.{module}"), name)
        return command


def _imported(name: str) -> ModuleType:
    """What is imported stays; to look through it for garbage is a quarter of a short command."""
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wearline")
def main() -> None:
    """Uploads of wearable-sensor recordings become digital biomarkers, by themselves."""
