"""Options that many commands share, and how they print."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click
from rich.console import Console

from wearline_cli.environments import ENVIRONMENTS

Command = TypeVar("Command", bound=Callable[..., Any])
console = Console(highlight=False)


def env_option(command: Command) -> Command:
    """``--env``: which environment; the embedded AWS unless told."""
    return click.option(
        "--env",
        "env",
        type=click.Choice(ENVIRONMENTS),
        default="local",
        show_default=True,
        envvar="WEARLINE_ENVIRONMENT",
        help="The environment.",
    )(command)


def json_option(command: Command) -> Command:
    """``--json``: the same facts for a program."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def counted(count: int, one: str, several: str | None = None) -> str:
    """
    >>> counted(1, "run"), counted(2, "run"), counted(0, "entry", "entries")
    ('1 run', '2 runs', '0 entries')
    """
    return f"{count} {one if count == 1 else several or one + 's'}"


def print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))
