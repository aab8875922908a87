"""``wearline results``: what runs that count made, listed or copied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from wearline.core.ledger import ObjectRow
from wearline.core.study import StudyConfiguration
from wearline_cli.environments import Environment, environment
from wearline_cli.options import console, env_option, json_option, print_json
from wearline_cli.standing import rows


@dataclass(frozen=True, slots=True)
class Result:
    """A run that counts, and where its tables and ``run.json`` lie."""

    key: str
    pipeline: str
    run_id: str
    bucket: str
    prefix: str
    stale: bool


@click.command()
@click.argument("study")
@click.option(
    "--download",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Copy every file of the runs that count into this folder.",
)
@env_option
@json_option
def results(study: str, folder: Path | None, env: str, as_json: bool) -> None:
    """List the results of STUDY that count, or copy them."""
    there = environment(env)
    found = list(results_of(there, study))
    if folder is not None:
        for result in found:
            download(there, result, folder)
        console.print(f"{len(found)} results in {folder}")
    elif as_json:
        print_json([asdict(result) for result in found])
    else:
        console.print(_table(found) if found else f"No results in {study} yet.")


def results_of(there: Environment, study: str) -> Iterator[Result]:
    """The results that count, in order of their files."""
    configuration = there.configuration(there.study(study))
    for row in rows(there.ledger, configuration):
        yield from _of_row(there, configuration, row)


def download(there: Environment, result: Result, folder: Path) -> Path:
    """Copy what the run's ``run.json`` names, and it, into a folder named for the run."""
    target = folder / result.pipeline / result.run_id
    target.mkdir(parents=True, exist_ok=True)
    there.s3.download_file(result.bucket, f"{result.prefix}run.json", str(target / "run.json"))
    record = json.loads((target / "run.json").read_text())
    for output in record["outputs"]:
        name = Path(output["name"]).name
        there.s3.download_file(
            result.bucket, f"{result.prefix}{output['name']}", str(target / name)
        )
    return target


def _of_row(
    there: Environment, configuration: StudyConfiguration, row: ObjectRow
) -> Iterator[Result]:
    for name, pipeline in row.pipelines.items():
        if pipeline.disposition != "succeeded" or pipeline.run_id is None:
            continue
        run = there.ledger.run(pipeline.run_id)
        if run is not None and run.result is not None:
            base = configuration.results
            yield Result(
                key=row.key,
                pipeline=name,
                run_id=run.run_id,
                bucket=base.bucket,
                prefix=f"{base.prefix}runs/{run.run_id}/attempts/{run.result}/",
                stale=pipeline.stale is not None,
            )


def _table(found: list[Result]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("file", "pipeline", "run", "where"):
        table.add_column(column, overflow="fold")
    for result in found:
        stale = " (stale)" if result.stale else ""
        where = f"s3://{result.bucket}/{result.prefix}"
        table.add_row(Text(result.key), result.pipeline + stale, result.run_id[:12], Text(where))
    return table
