"""``wearline metadata``: what a file would say, and what matches nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wearline.core.cleaning import clean
from wearline.core.decision_rows import clean_decisions
from wearline.core.device_log_rows import clean_device_log
from wearline.core.metadata_preview import (
    RowPreview,
    assignment_previews,
    decision_previews,
    keys_of_file,
    row_previews,
)
from wearline.core.study import DecisionsFiles, DeviceLogFiles, StudyConfiguration
from wearline.core.unmatched import Unmatched, unmatched
from wearline.flow.known_metadata import known_metadata
from wearline_cli.environments import CommandError, environment
from wearline_cli.options import console, env_option, json_option, print_json
from wearline_cli.standing import rows
from wearline_cli.study_files import checked_study

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def metadata() -> None:
    """See what a metadata file would say, and what matches nothing."""


@metadata.command()
@click.argument("file", type=existing_file)
@click.option("--config", type=existing_file, required=True, help="The study file.")
@click.option("--key", help="The key it will be uploaded under.  [default: from the file's name]")
@json_option
def check(file: Path, config: Path, key: str | None, as_json: bool) -> None:
    """Show what each row of FILE would become, before it is uploaded.

    FILE is metadata, decisions or a device log.

    Exit status 1 when a row, or the file, could not be used.
    """
    study = checked_study(config).study
    pattern, key = _pattern(study, file.name, key)
    checked = _checked(study, pattern, key, file.read_bytes())
    if as_json:
        print_json(asdict(checked))
    else:
        console.print(_shown(checked))
    if any(line.problems for line in checked.lines):
        raise SystemExit(1)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file would become under a key; ``aside`` are rows that are passed over."""

    pattern: str
    key: str
    rows: int
    accepted: int
    aside: int
    lines: tuple[RowPreview, ...]


def _checked(study: StudyConfiguration, pattern: str, key: str, content: bytes) -> Checked:
    files = study.files[pattern]
    if isinstance(files, DecisionsFiles):
        decided = clean_decisions(content, files, study)
        accepted = len(decided.decisions)
        return Checked(pattern, key, decided.rows, accepted, 0, tuple(decision_previews(decided)))
    fields = files.template.match(key) or {}
    if isinstance(files, DeviceLogFiles):
        log = clean_device_log(content, files, study.study, fields)
        lines = tuple(assignment_previews(log))
        return Checked(pattern, key, log.rows, log.accepted, log.aside, lines)
    metadata_files = study.metadata_files()[pattern]
    cleaned = clean(content, metadata_files, study=study.study, fields=fields)
    lines = tuple(row_previews(cleaned))
    return Checked(pattern, key, cleaned.rows, cleaned.accepted, cleaned.aside, lines)


@metadata.command()
@click.argument("study")
@env_option
@json_option
def missing(study: str, env: str, as_json: bool) -> None:
    """Files of STUDY without metadata, and metadata without files, with the nearest spelling."""
    there = environment(env)
    configuration = there.configuration(there.study(study))
    objects = list(rows(there.ledger, configuration))
    from wearline_cli.spelling import Spellings

    known = known_metadata(there.ledger, objects)
    found = unmatched(configuration, objects, known, lambda names: Spellings(names).nearest)
    if as_json:
        print_json(asdict(found))
    else:
        console.print(_unmatched(found))


def _pattern(study: StudyConfiguration, name: str, key: str | None) -> tuple[str, str]:
    """The one pattern that the file is for, and its key."""
    found = keys_of_file(study, key or name)
    if len(found) == 1:
        return next(iter(found.items()))
    templates = ", ".join(
        f"{pattern} ({files.key})" for pattern, files in study.files.items() if files.kind != "data"
    )
    why = (
        "fits several patterns"
        if found
        else "fits no pattern of metadata, decisions or a device log"
    )
    raise CommandError(f"{key or name} {why}: {templates}. Say its key with --key.")


def _shown(checked: Checked) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("row", "subject", "visit", "date", "says"):
        table.add_column(column, overflow="fold")
    for preview in checked.lines:
        cells = (str(preview.row or ""), preview.subject, preview.visit, preview.date)
        says = Text(_says(preview), style="red" if preview.problems else "")
        table.add_row(*(Text(cell or "") for cell in cells), says)
    aside = f"; {checked.aside} rows are set aside" if checked.aside else ""
    counted = f"{checked.accepted} of {checked.rows} rows would count{aside}."
    return Group(Text(f"{checked.key} is {checked.pattern}: {counted}", style="bold"), table)


def _says(preview: RowPreview) -> str:
    if preview.problems:
        return " ".join(preview.problems)
    said = (
        f"{name} {value.value}{f' {value.unit}' if value.unit else ''}"
        for name, value in preview.values.items()
    )
    told = preview.decision or preview.assignment or ", ".join(said)
    return told or "nothing: every value is missing"


def _unmatched(found: Unmatched) -> RenderableType:
    if not found.files and not found.metadata:
        return Text("Every file has its metadata, and every subject of the metadata has a file.")
    waiting = Table(title="Files without metadata", title_justify="left", box=None, pad_edge=False)
    for column in ("file", "waits for", "did you mean"):
        waiting.add_column(column, overflow="fold")
    for file in found.files:
        waiting.add_row(Text(file.key), Text(file.sentence), Text(file.nearest or ""))
    alone = Table(title="Metadata without files", title_justify="left", box=None, pad_edge=False)
    for column in ("", "name", "did you mean"):
        alone.add_column(column, overflow="fold")
    for each in found.metadata:
        alone.add_row(each.what, Text(each.name), Text(each.nearest or ""))
    return Group(*(table for table in (waiting, alone) if table.row_count))
