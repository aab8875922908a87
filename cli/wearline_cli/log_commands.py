"""``wearline log``: what a run said while it ran, and how each of its tries ended."""

from __future__ import annotations

from collections.abc import Iterator

import click
from botocore.exceptions import ClientError
from rich.text import Text

from wearline.core.ledger import RunRow, Try
from wearline.core.study_tasks import log_group
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.options import console, env_option


@click.command()
@click.argument("run")
@env_option
def log(run: str, env: str) -> None:
    """Show the log of RUN: how each try ended, and what it wrote."""
    there = environment(env)
    found = run_of(there, run)
    console.print(Text(f"{found.run_id}: {found.pipeline} of {found.key}", style="bold"))
    for each in found.tries:
        _print(there, found, each)


def run_of(there: Environment, run: str) -> RunRow:
    """The run of this id. Raises CommandError where there is none."""
    found = there.ledger.run(run)
    if found is None:
        raise CommandError(
            f"There is no run {run} in {there.name}. wearline problems and wearline results --json"
            " tell whole run ids."
        )
    return found


def _print(there: Environment, run: RunRow, each: Try) -> None:
    ended = each.reason.sentence if each.reason else "It has not ended."
    console.print(Text(f"\ntry {each.name}, started {each.started}: {ended}", style="bold"))
    for line in _lines(there, run, each):
        console.print(Text(line), soft_wrap=True)


def _lines(there: Environment, run: RunRow, each: Try) -> Iterator[str]:
    """The worker's own log, stored beside its results, then that of the task."""
    results = there.configuration(there.study(run.study)).results
    key = f"{results.prefix}runs/{run.run_id}/attempts/{each.name}/worker.log"
    try:
        stored = there.s3.get_object(Bucket=results.bucket, Key=key)
        yield f"-- s3://{results.bucket}/{key}"
        yield from stored["Body"].read().decode("utf-8", "replace").splitlines()
    except ClientError:
        yield "-- the worker left no log"
    if each.log is not None:
        group = log_group(there.name, run.study)
        yield f"-- {group} {each.log}"
        yield from _events(there, group, each.log)


def _events(there: Environment, group: str, stream: str) -> Iterator[str]:
    try:
        answer = there.logs.get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=True
        )
    except ClientError as refused:
        yield f"-- not to be had: {refused}"
        return
    for event in answer["events"]:
        yield event["message"].rstrip()
