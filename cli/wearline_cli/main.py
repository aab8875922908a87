"""The ``wearline`` command. Each subcommand is imported when it is asked for."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from importlib import import_module

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
GARBAGE = 100_000


class Commands(click.Group):
    """A group whose commands cost nothing until one of them is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        # What a command imports and reads stays: to look through it for garbage each time that
        # a few hundred objects more are there is a fifth of a short command.
        gc.set_threshold(GARBAGE)
        command: click.Command = getattr(import_module(f"wearline_cli.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as unknown:
            # Click knows the names of commands only once they are imported.
            raise click.exceptions.NoSuchCommand(
                unknown.command_name, possibilities=COMMANDS, ctx=ctx
            ) from None

    def invoke(self, ctx: click.Context) -> object:
        """What AWS refuses, wherever a command asks, is a sentence for a person."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            from wearline_cli.refusals import Refusal, sentence

            if isinstance(error, Refusal):
                raise click.ClickException(sentence(error)) from error
            raise


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wearline")
def main() -> None:
    """Uploads of wearable-sensor recordings become digital biomarkers, by themselves."""
