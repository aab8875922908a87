"""``wearline catalog``: compare what a study's buckets hold with the ledger."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import click

from wearline_cli.catalog_report import render
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.options import console, env_option, json_option, print_json

POLL_S = 0.5


class SweepFailed(CommandError):
    """The sweep's execution did not succeed."""

    def __init__(self, execution: str, status: str) -> None:
        self.execution, self.status = execution, status
        super().__init__(f"The sweep ended {status}. Look at execution {execution}.")


class NothingSwept(CommandError):
    """There is no configuration to sweep by; the problem that is open says why."""

    def __init__(self, study: str) -> None:
        self.study = study
        super().__init__(f"Nothing of {study} was swept. Run wearline problems {study}.")


class NoReport(CommandError):
    """The study was not swept yet."""

    def __init__(self, study: str) -> None:
        self.study = study
        super().__init__(f"There is no report of {study} yet. Run wearline catalog start {study}.")


@click.group()
def catalog() -> None:
    """Compare what a study's buckets hold with the ledger."""


@catalog.command()
@click.argument("study")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for its report.")
@env_option
@json_option
def start(study: str, wait: bool, env: str, as_json: bool) -> None:
    """Sweep STUDY now, and hand on what differs."""
    there = environment(env)
    there.working_study(study)
    execution = start_sweep(there, study)
    if not wait:
        console.print(f"started {execution}")
        return
    if "lines" not in await_sweep(there, execution):
        raise NothingSwept(study)
    _show(last_report(there, study), as_json=as_json)


@catalog.command()
@click.argument("study")
@env_option
@json_option
def report(study: str, env: str, as_json: bool) -> None:
    """Show what the last sweep of STUDY came to, and both of its sums."""
    _show(last_report(environment(env), study), as_json=as_json)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        console.print(render(found))


def start_sweep(there: Environment, study: str) -> str:
    """Start the Catalog machine for a study; the execution's ARN."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    answer = there.stepfunctions.start_execution(
        stateMachineArn=there.outputs["CatalogMachineArn"],
        name=f"{study}-{moment}",
        input=json.dumps({"study": study}),
    )
    return answer["executionArn"]


def await_sweep(there: Environment, execution: str) -> dict[str, Any]:
    """What a sweep came to when it has ended, or the one that it joined. Raises SweepFailed."""
    while True:
        told = there.stepfunctions.describe_execution(executionArn=execution)
        if told["status"] == "SUCCEEDED":
            found: dict[str, Any] = json.loads(told["output"])
            if "joined" not in found:
                return found
            execution = found["joined"]
        elif told["status"] != "RUNNING":
            raise SweepFailed(execution, told["status"])
        time.sleep(POLL_S)


def last_report(there: Environment, study: str) -> dict[str, Any]:
    """The report of the sweep that began last. Raises NoReport."""
    results = there.configuration(there.study(study)).results
    pages = there.s3.get_paginator("list_objects_v2").paginate(
        Bucket=results.bucket, Prefix=f"{results.prefix}catalog/reports/"
    )
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    if not keys:
        raise NoReport(study)
    answer = there.s3.get_object(Bucket=results.bucket, Key=max(keys))
    found: dict[str, Any] = json.loads(answer["Body"].read())
    return found
