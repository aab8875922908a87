"""``wearline study``: check, preview and deploy a study configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from wearline.core.preview import FilePreview, preview
from wearline.core.study import StudyConfiguration
from wearline_cli.environments import environment
from wearline_cli.options import console, counted, env_option, json_option, print_json
from wearline_cli.study_deployment import changes_of, deploy_study
from wearline_cli.study_files import checked_study
from wearline_cli.study_removal import Removal, look
from wearline_cli.study_removal import remove as start_removal

study_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def study() -> None:
    """Check, preview and deploy a study configuration."""


@study.command()
@study_file
def check(file: Path) -> None:
    """Check FILE: every fault with its line, and what was expected."""
    configuration = checked_study(file).study
    console.print(
        f"{file}: study {configuration.study} is sound:"
        f" {counted(len(configuration.files), 'file pattern')},"
        f" {counted(len(configuration.pipelines), 'pipeline')}.",
        soft_wrap=True,
    )


@study.command("preview")
@study_file
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="A folder laid out as the bucket is, or will be.",
)
@click.option("--bucket", help="The bucket it stands for.  [default: the study's first]")
@json_option
def preview_files(file: Path, folder: Path, bucket: str | None, as_json: bool) -> None:
    """Show what each file of a folder would become under FILE, before anything is deployed."""
    configuration = checked_study(file).study
    chosen = bucket or configuration.buckets[0].name
    shown = preview(configuration, [(chosen, key) for key in _keys(folder)])
    if as_json:
        print_json([asdict(each) for each in shown])
    else:
        console.print(_table(shown))


@study.command()
@study_file
@click.option(
    "--create-buckets",
    is_flag=True,
    help="Make the study's buckets too. Without it they must exist, and are told to send events.",
)
@click.option("--dry-run", is_flag=True, help="Show exactly what would change; change nothing.")
@env_option
def deploy(file: Path, create_buckets: bool, dry_run: bool, env: str) -> None:
    """Check FILE and deploy the study: its stack, its configuration, and a first sweep."""
    there = environment(env)
    checked = checked_study(file)
    if dry_run:
        for line in changes_of(there, file, create_buckets=create_buckets):
            console.print(line, soft_wrap=True, markup=False)
        console.print("Nothing was changed.")
        return
    with console.status(f"Deploying {checked.study.study} to {env} ..."):
        deployed = deploy_study(there, file, create_buckets=create_buckets)
    console.print(f"{deployed.configuration.study} is deployed in {env}; a sweep has started.")
    for line in _what_next(deployed.configuration):
        console.print(f"  {line}", soft_wrap=True)


@study.command()
@click.argument("name", metavar="STUDY")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would go and what would stay.")
@env_option
def remove(name: str, yes: bool, dry_run: bool, env: str) -> None:
    """Take the stack of STUDY down. Data, results, ledger and audit trail stay."""
    there = environment(env)
    removal = look(there, name)
    for line in _removal_lines(removal):
        console.print(line, soft_wrap=True, markup=False)
    if dry_run:
        console.print("Nothing was changed.")
        return
    if not yes:
        click.confirm(f"Remove {name} from {env}?", abort=True)
    with console.status(f"Removing {name} from {env} ..."):
        start_removal(there, removal)
    console.print(f"{name} is removed from {env}. wearline study deploy FILE brings it back.")


def _removal_lines(removal: Removal) -> Iterator[str]:
    goes = ", ".join(f"{count} {kind}" for kind, count in sorted(removal.going.items()))
    yield f"goes: stack {removal.stack} ({goes or 'gone already'})"
    yield from (f"stays: {each}" for each in removal.staying)
    if removal.running:
        yield f"{counted(removal.running, 'run')} under way; the stack goes when none is."


def _what_next(configuration: StudyConfiguration) -> Iterator[str]:
    for bucket in configuration.buckets:
        yield f"Upload to s3://{bucket.name}/ by these key templates:"
        for name, files in configuration.files.items():
            if files.bucket in (None, bucket.name):
                yield f"  {name}: {files.key}"
    yield f"Then look: wearline status {configuration.study} --files"


def _keys(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _table(shown: Iterable[FilePreview]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("file", "is", "pattern", "recording", "pipelines", "why"):
        table.add_column(column, overflow="fold")
    for each in shown:
        table.add_row(*(Text(cell) for cell in _cells(each)))
    return table


def _cells(each: FilePreview) -> tuple[str, ...]:
    known = [part for part in (each.subject, each.visit, each.location) if part]
    told = [f"{', '.join(each.told)} by {each.device_log}"] if each.told else []
    pipelines = "; ".join(
        pipeline.name
        + (f" (waits for {', '.join(pipeline.waits_for)})" if pipeline.waits_for else "")
        for pipeline in each.pipelines
    )
    why = each.reason or each.time_zone or ""
    if each.nearest:
        why += f". Nearest is {each.nearest}: {each.miss}"
    recording = "; ".join(filter(None, [", ".join(known), *told]))
    return each.key, each.kind, each.pattern or "", recording, pipelines, why
