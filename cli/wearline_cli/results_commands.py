"""``wearline results``: what runs that count made: listed, copied, and as tables."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from wearline.core.ledger import ObjectRow, RunRow
from wearline.core.study import StudyConfiguration
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.frozen_commands import diff, discard, freeze, releases
from wearline_cli.options import console, env_option, json_option, print_json
from wearline_cli.standing import rows, runs_of

if TYPE_CHECKING:
    import pyarrow as pa

    from wearline_analysis.queries import Queries

MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Result:
    """A run that counts, and where its tables and ``run.json`` lie."""

    key: str
    pipeline: str
    run_id: str
    bucket: str
    prefix: str
    stale: bool


class OrStudy(click.Group):
    """A group whose first word may be a study: then ``show`` is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        helps = ctx.help_option_names
        if args and args[0] not in self.commands and args[0] not in helps:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group("results", cls=OrStudy)
def results() -> None:
    """The results of a study: listed, as tables, and frozen as releases.

    `wearline results STUDY` is short for `wearline results show STUDY`.
    """


for _command in (freeze, releases, diff, discard):
    results.add_command(_command)


@results.command("show")
@click.argument("study")
@click.option(
    "--download",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Copy every file of the runs that count into this folder.",
)
@click.option("--table", "name", help="Show this table of all runs that count, such as night.")
@click.option("--sql", "query", metavar="SELECT", help="Ask the tables by SQL (DuckDB's).")
@click.option(
    "--csv",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write the rows as CSV; - prints.",
)
@click.option(
    "--parquet", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows as Parquet."
)
@click.option(
    "--open-mhealth",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write sleep and activity as IEEE 1752.1 (Open mHealth) JSON into this folder.",
)
@click.option("--history", is_flag=True, help="Rows of runs too that failed or count no longer.")
@env_option
@json_option
def show(  # noqa: PLR0913  one for each option
    study: str,
    folder: Path | None,
    name: str | None,
    query: str | None,
    csv: str | None,
    parquet: Path | None,
    open_mhealth: Path | None,
    env: str,
    *,
    history: bool,
    as_json: bool,
) -> None:
    """List the results of STUDY that count, copy them, or show their tables."""
    there = environment(env)
    if open_mhealth is not None:
        _export(there, study, open_mhealth)
        return
    if name is not None or query is not None:
        _show_table(there, study, Rows(name, query, csv, parquet, as_json, history))
        return
    if csv is not None or parquet is not None or history:
        raise click.UsageError("--csv, --parquet and --history go with --table or --sql.")
    found = list(results_of(there, study))
    if folder is not None:
        for result in found:
            download(there, result, folder)
        console.print(f"{len(found)} results in {folder}")
    elif as_json:
        print_json([asdict(result) for result in found])
    else:
        console.print(_table(found) if found else f"No results in {study} yet.")


def _export(there: Environment, study: str, folder: Path) -> None:
    try:
        from wearline_analysis.open_mhealth import export
    except ImportError as missing:
        raise CommandError(
            f"{missing.name} is not installed: install wearline[analysis]."
        ) from missing
    from wearline_analysis.results import Results

    with console.status("Reading the results ..."):
        done = export(Results(there, there.configuration(there.study(study))), folder)
    told = ", ".join(f"{count} of {name}" for name, count in sorted(done.points.items()))
    console.print(f"{told or 'No data points'} in {folder}")
    for table, count in done.without.items():
        console.print(f"{count} rows of {table} have no measures that map.")


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows are asked for, and where they go: to the screen unless told."""

    name: str | None
    query: str | None
    csv: str | None
    parquet: Path | None
    as_json: bool
    history: bool


def _show_table(there: Environment, study: str, asked: Rows) -> None:
    if asked.name is not None and asked.query is not None:
        raise click.UsageError("Give --table or --sql: a query names its tables.")
    from wearline_analysis.results import Results

    with console.status("Reading the results ..."):
        found = Results(there, there.configuration(there.study(study)), history=asked.history)
        query = asked.query or found.query_of(str(asked.name))
        with found.asked(query) if asked.query else found.whole(str(asked.name)) as queries:
            _write(queries, query, asked)


def _write(queries: Queries, query: str, asked: Rows) -> None:
    if asked.parquet is not None:
        console.print(f"{queries.write_parquet(query, asked.parquet)} rows in {asked.parquet}")
    elif asked.csv is not None:
        _write_csv(queries, query, asked.csv)
    elif asked.as_json:
        print_json(queries.table(query).to_pylist())
    else:
        _print_rows(*queries.first(query, MOST_SHOWN))


def _write_csv(queries: Queries, query: str, name: str) -> None:
    from wearline_analysis.queries import whole_or_none
    from wearline_analysis.results import write_csv

    if name == "-":
        with click.open_file(name, "wb") as to:
            write_csv(queries.batches(query), to)
        return
    with whole_or_none(Path(name)) as beside, beside.open("wb") as to:
        written = write_csv(queries.batches(query), to)
    console.print(f"{written} rows in {name}")


def _print_rows(shown: pa.Table, count: int) -> None:
    """The first rows, and what more there is."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for field in shown.schema:
        table.add_column(Text(field.name))
    for row in shown.to_pylist():
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    # A pipe has no width that rows would have to fit.
    wide = console if sys.stdout.isatty() else type(console)(width=10_000, highlight=False)
    wide.print(table)
    if count > MOST_SHOWN:
        console.print(f"The first {MOST_SHOWN} of {count} rows; --csv FILE writes all.")


def _cell(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def results_of(there: Environment, study: str) -> Iterator[Result]:
    """The results that count, in order of their files."""
    configuration = there.configuration(there.study(study))
    found = list(rows(there.ledger, configuration))
    runs = runs_of(there.ledger, found)
    for row in found:
        yield from _of_row(configuration, row, runs)


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
    configuration: StudyConfiguration, row: ObjectRow, runs: Mapping[str, RunRow]
) -> Iterator[Result]:
    for name, pipeline in row.pipelines.items():
        run = runs.get(pipeline.run_id or "")
        if pipeline.shown == "succeeded" and run is not None and run.result is not None:
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
