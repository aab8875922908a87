"""``wearline catalog``: compare what a study's buckets hold with the ledger."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import click

from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.options import console, env_option, json_option, print_json

POLL_S = 0.5


class SweepFailed(CommandError):
    """The sweep's execution did not succeed."""

    def __init__(self, execution: str, status: str) -> None:
        self.execution, self.status = execution, status
        super().__init__(f"The sweep ended {status}. Look at execution {execution}.")


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
    there.study(study)
    execution = start_sweep(there, study)
    if not wait:
        console.print(f"started {execution}")
        return
    report = await_sweep(there, execution)
    if as_json:
        print_json(report)
        return
    console.print(
        f"{study}: {report.get('listed', 0)} objects listed,"
        f" {report.get('recovered', 0)} recovered,"
        f" {report.get('handed_on', 0)} handed on, {report.get('unaccounted', 0)} unaccounted"
    )


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
    """The report of a sweep when it has ended. Raises SweepFailed."""
    while True:
        told = there.stepfunctions.describe_execution(executionArn=execution)
        if told["status"] == "SUCCEEDED":
            report: dict[str, Any] = json.loads(told["output"])
            return report
        if told["status"] != "RUNNING":
            raise SweepFailed(execution, told["status"])
        time.sleep(POLL_S)
