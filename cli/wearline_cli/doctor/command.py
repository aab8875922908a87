"""``wearline doctor``: a line for everything that was looked at."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click
from rich.text import Text

from wearline_cli.doctor.buckets import buckets
from wearline_cli.doctor.findings import Finding, Look, examine, is_ill
from wearline_cli.doctor.quotas import quotas
from wearline_cli.doctor.studies import endpoints, studies
from wearline_cli.doctor.tools import credentials, images, stack, versions
from wearline_cli.environments import environment
from wearline_cli.options import console, env_option, json_option, print_json

# Without credentials nothing else can be seen.
FIRST: dict[str, Look] = {"versions": versions, "credentials": credentials}
THEN: dict[str, Look] = {
    "stack": stack,
    "quotas": quotas,
    "images": images,
    "endpoints": endpoints,
    "buckets": buckets,
    "studies": studies,
}
SHOWN = {
    "well": ("ok", "green"),
    "warning": ("note", "yellow"),
    "ill": ("BAD", "bold red"),
    "unknown": ("?", "magenta"),
}


@click.command()
@env_option
@json_option
def doctor(env: str, as_json: bool) -> None:
    """Look before leaping: credentials, quotas, buckets, images, endpoints, versions.

    One line each, with the command that mends it. Exit status 1 where something is bad.
    """
    there = environment(env)
    found = [*examine(there, FIRST)]
    if found[-1].state == "well":
        found += examine(there, THEN)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        for each in found:
            _show(each)
    sys.exit(1 if is_ill(found) else 0)


def _show(finding: Finding) -> None:
    word, style = SHOWN[finding.state]
    line = Text(f"{word:<5}", style=style) + Text(finding.what)
    if finding.mend:
        line += Text(f"  -> {finding.mend}", style="dim")
    console.print(line, soft_wrap=True)
