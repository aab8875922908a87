"""``wearline missing``: subject by visit by location, each with its state and age."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wearline.core.completeness import Cell, Completeness, completeness
from wearline.core.study import StudyConfiguration
from wearline.flow.known_metadata import known_metadata
from wearline.report.model import age_days
from wearline_cli.environments import environment
from wearline_cli.options import console, env_option, json_option, print_json
from wearline_cli.standing import rows, runs_of

STYLES = {
    "missing": "bold red", "failed": "red", "waiting": "yellow", "succeeded": "green",
    "running": "cyan", "ready": "blue", "excluded": "dim",
}  # fmt: skip
COLUMNS = (
    "subject", "visit", "location", "expected", "state", "stale", "since", "age_days", "why",
    "key", "duplicates", "valid_days", "needed_days", "enough_days",
)  # fmt: skip


@click.command()
@click.argument("study")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a line for each cell.")
@env_option
@json_option
def missing(study: str, as_csv: bool, env: str, as_json: bool) -> None:
    """What of STUDY is missing: subject by visit by location, with state and age."""
    there = environment(env)
    configuration = there.configuration(there.study(study))
    objects = list(rows(there.ledger, configuration))
    runs = runs_of(there.ledger, objects)
    found = completeness(configuration, objects, known_metadata(there.ledger, objects), runs)
    now = datetime.now(UTC)
    if as_json:
        print_json(list(lines(found, now)))
    elif as_csv:
        print_csv(lines(found, now))
    elif not found.cells:
        console.print(nothing(configuration))
    else:
        console.print(render(found, now))


def nothing(configuration: StudyConfiguration) -> str:
    """Why there is no cell: what is expected is expected of subjects, and none is known yet."""
    expected = configuration.expect.visits or configuration.expect.locations
    told = "" if expected else ", and its configuration has no `expect`"
    return f"No file and no metadata of {configuration.study} names a subject yet{told}."


def lines(found: Completeness, now: datetime) -> Iterator[dict[str, object]]:
    """Every cell with its age, in the order of the columns."""
    for cell in found.cells:
        plain = {
            **asdict(cell),
            "age_days": age_days(cell.since, now.isoformat()),
            "enough_days": cell.enough_days,
        }
        plain["duplicates"] = list(cell.duplicates)
        yield {column: plain[column] for column in COLUMNS}


def print_csv(cells: Iterable[dict[str, object]]) -> None:
    """CSV that a spreadsheet opens as text: no cell of it begins a formula."""
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for cell in cells:
        plain = {**cell, "duplicates": " ".join(cell["duplicates"])}  # type: ignore[arg-type]
        writer.writerow({name: _harmless(value) for name, value in plain.items()})


def _harmless(value: object) -> object:
    """https://owasp.org/www-community/attacks/CSV_Injection"""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def render(found: Completeness, now: datetime) -> RenderableType:
    """The matrix, and below it a line for each cell that is not done."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("subject")
    columns = [(v, place) for v in found.visits for place in found.locations]
    cells = {(cell.subject, cell.visit, cell.location): cell for cell in found.cells}
    used = [each for each in columns if any((who, *each) in cells for who in found.subjects)]
    for visit, location in used:
        table.add_column(Text(f"{visit or 'no visit'}\n{location or 'no location'}"))
    for subject in found.subjects:
        table.add_row(Text(subject), *(_shown(cells.get((subject, *each)), now) for each in used))
    return Group(table, *(_line(cell) for cell in found.cells if _needs_a_line(cell)))


def _shown(cell: Cell | None, now: datetime) -> Text:
    if cell is None:
        return Text("")
    age = age_days(cell.since, now.isoformat())
    words = [cell.state, *([f"{age} d"] if age is not None else [])]
    words += [_days(cell)] if cell.valid_days is not None else []
    words += ["stale"] if cell.stale else []
    words += [f"+{len(cell.duplicates)} duplicate"] if cell.duplicates else []
    style = "yellow" if cell.enough_days is False else STYLES.get(cell.state, "")
    return Text(" ".join(words), style=style)


def _days(cell: Cell) -> str:
    """``6 valid days``; of too few, how many it should be."""
    wanted = "" if cell.enough_days else f" of {cell.needed_days}"
    return f"{cell.valid_days}{wanted} valid days"


def _needs_a_line(cell: Cell) -> bool:
    done = cell.state == "missing" or (cell.state == "succeeded" and cell.enough_days is not False)
    return not done or bool(cell.duplicates)


def _line(cell: Cell) -> Text:
    place = " ".join(part for part in (cell.subject, cell.visit, cell.location) if part)
    said = [f"{place}: {cell.state}.", cell.why]
    said += [f"Worn on {_days(cell)}."] if cell.enough_days is False else []
    said += [f"Duplicate recording: {', '.join(cell.duplicates)}."] if cell.duplicates else []
    return Text(" ".join(each for each in said if each))
