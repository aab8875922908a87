"""``wearline cost``: what a study's runs took, and what those to come will, by pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from wearline.core.budget import MICRO, micro_usd, month_of
from wearline.core.costs import PipelineCost, Work, costs
from wearline.core.ledger import ObjectRow
from wearline.core.study import DataFile, StudyConfiguration, classify
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.options import console, env_option, json_option, print_json
from wearline_cli.standing import rows
from wearline_cli.study_files import checked_study

ENDED = ("succeeded", "failed")


class OtherStudy(CommandError):
    """The study file is not of the study that was named."""

    def __init__(self, study: str, of_file: str, file: Path) -> None:
        self.study, self.of_file, self.file = study, of_file, file
        super().__init__(
            f"{file} is the file of study {of_file}, not of {study}."
            f" Run wearline cost {of_file} --config {file}."
        )


@click.command()
@click.argument("study")
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="By this study file, over what lies in its buckets; the study need not be deployed.",
)
@env_option
@json_option
def cost(study: str, file: Path | None, env: str, as_json: bool) -> None:
    """What the runs of STUDY took and what those to come will, in hours of tasks and dollars.

    Dollars are list prices of Fargate on demand; see docs/cost.md. With --config: before a
    backfill, all that lies in the buckets.
    """
    there = environment(env)
    if file is not None:
        configuration = checked_study(file).study
        if configuration.study != study:
            raise OtherStudy(study, configuration.study, file)
        found = list(_listed(there, configuration))
    else:
        configuration = there.configuration(there.study(study))
        found = list(_known(there, configuration))
    run_ids = [each.run_id for each in found if each.run_id]
    summed = costs(found, {row.run_id: row for row in there.ledger.runs(run_ids)})
    facts = {"study": study, "pipelines": {name: asdict(each) for name, each in summed.items()}}
    budget = None if file is not None else _budget(there, configuration)
    if as_json:
        print_json({**facts, "budget": budget})
        return
    console.print(_table(summed))
    if budget is not None:
        told = (
            "Budget of {month}: {used:.2f} of {monthly_usd:g} US dollars used, expected included."
        )
        console.print(told.format(**budget))


def _listed(there: Environment, configuration: StudyConfiguration) -> Iterator[Work]:
    """Every data file that lies in the buckets, as if nothing had been run."""
    data = configuration.data_files()
    for bucket in configuration.buckets:
        pages = there.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket.name)
        for entry in (each for page in pages for each in page.get("Contents", [])):
            what = classify(configuration, bucket.name, entry["Key"])
            if isinstance(what, DataFile):
                for pipeline in data[what.pattern].pipelines:
                    yield Work(pipeline, entry["Size"])


def _known(there: Environment, configuration: StudyConfiguration) -> Iterator[Work]:
    for row in rows(there.ledger, configuration):
        yield from _of_row(row)


def _of_row(row: ObjectRow) -> Iterator[Work]:
    """What the ledger tells of a file: runs that ended, those that counted once, and to come."""
    size = row.version.size if row.version else 0
    for name, pipeline in row.pipelines.items():
        for past in pipeline.past:
            yield Work(name, size, past.run_id)
        if pipeline.disposition in ENDED:
            if pipeline.run_id:
                yield Work(name, size, pipeline.run_id)
        elif pipeline.disposition != "excluded" and not row.deleted:
            yield Work(name, size)


def _budget(there: Environment, configuration: StudyConfiguration) -> dict[str, Any] | None:
    if configuration.budget is None:
        return None
    month = month_of(datetime.now(UTC).isoformat())
    used = micro_usd(there.ledger.spent(configuration.study, month)) / MICRO
    return {"month": month, "used": used, "monthly_usd": configuration.budget.monthly_usd}


def _table(summed: Mapping[str, PipelineCost]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("pipeline")
    for column in ("ended", "CPU h", "task h", "USD", "to come", "task h", "USD"):
        table.add_column(column, justify="right")
    for name, each in summed.items():
        table.add_row(name, *_cells(each))
    if len(summed) > 1:
        table.add_row("all", *_cells(_sum(summed)), style="bold")
    return table


def _cells(each: PipelineCost) -> tuple[str, ...]:
    actual = (f"{each.cpu_s / 3600:.2f}", f"{each.actual.hours:.2f}", f"{each.actual.usd:.2f}")
    expected = (f"{each.expected.hours:.2f}", f"{each.expected.usd:.2f}")
    return (str(each.ended), *actual, str(each.coming), *expected)


def _sum(summed: Mapping[str, PipelineCost]) -> PipelineCost:
    total = PipelineCost()
    for each in summed.values():
        total.ended += each.ended
        total.cpu_s += each.cpu_s
        total.actual += each.actual
        total.coming += each.coming
        total.expected += each.expected
    return total
