"""``wearline plan``, ``apply`` and ``retry``: what a person decides about runs that were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wearline.aws.services import Queues
from wearline.core.change_plan import PlanFileInvalid, as_bytes, directives, moved_on, read
from wearline.core.directives import Directive, NextAttempt, as_message
from wearline.core.ledger import ObjectRow
from wearline.core.planning import STANDINGS
from wearline.core.plans import sha256_hex
from wearline_cli.auditing import audited, runs_told
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.locations import Location, location
from wearline_cli.options import console, counted, env_option, json_option, print_json
from wearline_cli.planning import planned
from wearline_cli.standing import rows
from wearline_cli.study_deployment import deploy_study

SHOWN = 12


class WorldMovedOn(CommandError):
    """What a plan rests on is no longer so. Nothing was done."""

    def __init__(self, path: Path, study: str, moved: list[str]) -> None:
        self.moved = moved
        first = "\n".join(f"  {sentence}" for sentence in moved[:SHOWN])
        more = f"\n  and {len(moved) - SHOWN} more" if len(moved) > SHOWN else ""
        super().__init__(
            f"The world has moved on since {path} was made, and nothing was done:\n{first}{more}\n"
            f"Make a new one: wearline plan {study}"
        )


class NotAPlan(CommandError):
    """The file is no plan file."""


@click.command()
@click.argument("study")
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare with this study file instead of the deployed one; apply deploys it first.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The plan file.  [default: STUDY-plan.json]",
)
@env_option
@json_option
def plan(study: str, file: Path | None, out: Path | None, env: str, as_json: bool) -> None:
    """Compare what is with what is asked for now, and write that down. Nothing else changes."""
    made = planned(environment(env), study, file)
    path = out or Path(f"{study}-plan.json")
    path.write_bytes(as_bytes(made))
    if as_json:
        print_json(made)
        return
    console.print(render(made))
    if any(True for _ in directives(made)) or file:
        console.print(f"\nTo do exactly this: wearline apply {path} --env {env}")


@click.command()
@click.argument("path", metavar="PLAN", type=click.Path(dir_okay=False, path_type=Path))
@env_option
def apply(path: Path, env: str) -> None:
    """Do exactly what PLAN says, or nothing at all if the world has moved on."""
    there = environment(env)
    made = _plan_file(path)
    study, named = made["study"], made["rests_on"]["configuration_file"]
    file = Path(named) if named else None
    moved = moved_on(made, planned(there, study, file))
    if moved:
        raise WorldMovedOn(path, study, moved)
    directed = list(directives(made))
    runs = runs_told([each.run_id for _, _, each in directed])
    plan_sha256 = sha256_hex(path.read_bytes())
    with audited(there, study, "apply", plan_sha256=plan_sha256, **runs):
        if file is not None:
            deploy_study(there, file)
            console.print(f"{study} is deployed as {file} says; a sweep has started.")
        count = direct(there, study, directed)
    console.print(f"{counted(count, 'run')} asked for, as backlog: wearline status {study}")
    if there.configuration(there.study(study)).budget is not None:
        console.print(f"What the budget has no room for stays as it is: wearline plan {study}")


@click.command()
@click.argument("study")
@click.option("--failed", is_flag=True, required=True, help="Every pipeline whose run failed.")
@click.option("--reason-code", help="Only those that failed for this reason.")
@click.option("--object", "url", help="Only this one, as s3://bucket/key.")
@env_option
def retry(study: str, failed: bool, reason_code: str | None, url: str | None, env: str) -> None:
    """Start the next attempt of runs of STUDY that failed."""
    del failed
    there = environment(env)
    configuration = there.configuration(there.working_study(study))
    failed_runs = [*failures(rows(there.ledger, configuration), location(url) if url else None)]
    found = [(row, each) for row, each, code in failed_runs if reason_code in (None, code)]
    if not found:
        console.print(_nothing_failed(study, url, Counter(code for *_, code in failed_runs)))
        return
    runs = runs_told([each.run_id for _, each in found])
    with audited(there, study, "retry", reason_code=reason_code, **runs):
        count = direct(there, study, ((row.bucket, row.key, each) for row, each in found))
    console.print(
        f"{counted(count, 'next attempt')} asked for, as backlog: wearline status {study}"
    )


def _nothing_failed(study: str, url: str | None, reasons: Counter[str]) -> Text:
    """That nothing is tried again, and for which reasons runs did fail."""
    where = f"{url} in {study}" if url else study
    if not reasons:
        return Text(f"No run of {where} has failed. Nothing is asked for.")
    told = ", ".join(f"{count} {code}" for code, count in sorted(reasons.items()))
    return Text(f"No run of {where} failed for that reason; by reason: {told}.")


def failures(
    rows: Iterable[ObjectRow], only: Location | None = None
) -> Iterator[tuple[ObjectRow, NextAttempt, str]]:
    """The next attempt of each run that failed, with the code of its reason."""
    for row in rows:
        if only is not None and (row.bucket, row.key) != (only.bucket, only.key):
            continue
        for name, pipeline in row.pipelines.items():
            if pipeline.disposition == "failed" and pipeline.run_id is not None:
                code = pipeline.reason.code if pipeline.reason else ""
                yield row, NextAttempt(name, pipeline.run_id, pipeline.attempt), code


def direct(there: Environment, study: str, directed: Iterable[tuple[str, str, Directive]]) -> int:
    """Send each directive to its file by way of the backlog; how many there were."""
    bodies = [as_message(each, study, bucket, key) for bucket, key, each in directed]
    queues = Queues(there.sqs, {"data_backlog": there.outputs["DataBacklogQueueUrl"]})
    queues.send("data_backlog", bodies)
    return len(bodies)


def _plan_file(path: Path) -> dict[str, Any]:
    try:
        return read(path.read_bytes())
    except OSError as unreadable:
        raise CommandError(f"{path} cannot be read: {unreadable.strerror}.") from unreadable
    except PlanFileInvalid as invalid:
        raise NotAPlan(f"{path}: {invalid}") from invalid


def render(made: Mapping[str, Any]) -> RenderableType:
    """A plan as a person reads it: how many, why, and what it costs."""
    parts: list[RenderableType] = [Text(f"{made['study']}", style="bold")]
    for standing, words in STANDINGS.items():
        if count := made["standings"].get(standing):
            parts.append(Text(f"  {count:>7} {words}"))
    reasons = Counter(
        (each["standing"], each["pipeline"], reason)
        for each in made["changes"]
        if each["standing"] in ("changed", "lacking")
        for reason in each["because"]
    )
    if reasons:
        parts += ["", _reasons(reasons)]
    costs = made["estimate"]
    parts.append(Text(f"\n{costs['hours']:.1f} hours of compute, about {costs['usd']:.2f} USD"))
    return Group(*parts)


def _reasons(reasons: Counter[tuple[str, str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("results", justify="right")
    table.add_column("pipeline")
    table.add_column("because", overflow="fold")
    for (_, pipeline, reason), count in reasons.most_common(SHOWN):
        table.add_row(str(count), pipeline, Text(reason))
    if len(reasons) > SHOWN:
        table.add_row("", "", f"and {len(reasons) - SHOWN} reasons more, in the plan file")
    return table
