"""``wearline status`` and ``wearline problems``: how a study stands, and what a person must do."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from wearline.core.ledger import DISPOSITIONS
from wearline_cli.environments import Environment, environment
from wearline_cli.options import console, env_option, json_option, print_json
from wearline_cli.standing import FileStanding, StudyStanding, files, rows, standing

STYLES = {
    "succeeded": "green", "failed": "red", "waiting": "yellow", "running": "cyan",
    "ready": "blue", "accepted": "green", "partly accepted": "yellow", "ignored": "dim",
}  # fmt: skip
REFRESH_S = 1.0


@click.command()
@click.argument("study")
@click.option("--files", "each_file", is_flag=True, help="A line for each file, with its reason.")
@click.option("--watch", is_flag=True, help="Refresh until interrupted.")
@env_option
@json_option
def status(study: str, each_file: bool, watch: bool, env: str, as_json: bool) -> None:
    """How STUDY stands: counts by disposition, and the oldest file that waits."""
    there = environment(env)
    if as_json:
        print_json(_facts(there, study, each_file))
        return
    if not watch:
        console.print(render(there, study, each_file))
        return
    with Live(render(there, study, each_file), console=console, auto_refresh=False) as live:
        while True:
            time.sleep(REFRESH_S)
            live.update(render(there, study, each_file), refresh=True)


@click.command()
@click.argument("study")
@click.option("--all", "closed_too", is_flag=True, help="Closed problems too.")
@env_option
@json_option
def problems(study: str, closed_too: bool, env: str, as_json: bool) -> None:
    """What a person must do for STUDY, and how."""
    there = environment(env)
    found = [row for row in there.ledger.problems(study) if row.open or closed_too]
    if as_json:
        print_json([asdict(row) for row in found])
        return
    if not found:
        console.print(f"No open problem in {study}.")
    for row in found:
        state = "" if row.open else f" (closed {row.closed})"
        console.print(Text(f"{row.kind}: {row.concerns}{state}", style="bold"))
        console.print(Text(f"  {row.sentence}"))
        console.print(Text(f"  What to do: {row.next_step}", style="dim"))


def render(there: Environment, study: str, each_file: bool) -> RenderableType:
    """The status as a person reads it."""
    configuration = there.configuration(there.study(study))
    found = list(rows(there.ledger, configuration))
    parts: list[RenderableType] = [_counts(study, standing(found))]
    if each_file:
        parts.append(file_table(files(found)))
    return Group(*parts)


def file_table(lines: Iterable[FileStanding]) -> Table:
    """A line for each file and pipeline."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("file", "pipeline", "state", "reason"):
        table.add_column(column, overflow="fold")
    for line in lines:
        reason = f"{line.reason} Stale: {line.stale}" if line.stale else line.reason
        state = Text(line.state, style=STYLES.get(line.state, ""))
        table.add_row(Text(line.key), line.pipeline or "", state, Text(reason))
    return table


def _counts(study: str, summed: StudyStanding) -> RenderableType:
    objects = ", ".join(f"{count} {kind}" for kind, count in sorted(summed.kinds.items()))
    line = Text(f"{study}: {objects or 'no objects yet'}\n", style="bold")
    for name in DISPOSITIONS:
        if summed.dispositions[name]:
            line.append(f"  {summed.dispositions[name]} {name}", style=STYLES.get(name, ""))
    if summed.held:
        line.append(f"  ({summed.held} held by the budget)", style="yellow")
    if summed.stale:
        line.append(f"  ({summed.stale} stale)", style="yellow")
    if summed.past:
        line.append(f"  {summed.past} superseded", style="dim")
    if summed.oldest_waiting:
        oldest = summed.oldest_waiting
        line.append(f"\n  waiting longest, {_age(oldest.since)}: {oldest.key}: {oldest.reason}")
    return line


def _age(since: str) -> str:
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _facts(there: Environment, study: str, each_file: bool) -> dict[str, object]:
    found = list(rows(there.ledger, there.configuration(there.study(study))))
    summed = standing(found)
    facts: dict[str, object] = {"study": study, **summed.as_json()}
    facts["oldest_waiting"] = asdict(summed.oldest_waiting) if summed.oldest_waiting else None
    if each_file:
        facts["files"] = [asdict(line) for line in files(found)]
    return facts
