"""``wearline demo``: deploy, upload as a site would, watch, sweep, show."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from wearline.core.ledger import ObjectRow
from wearline.core.study import StudyConfiguration
from wearline_cli.catalog_commands import await_sweep, start_sweep
from wearline_cli.demo.account import account
from wearline_cli.demo.headlines import headlines
from wearline_cli.demo.progress import Progress, follow
from wearline_cli.demo.recordings import make_recordings
from wearline_cli.demo.uploads import STAGES, Stage, Upload
from wearline_cli.environments import Environment, environment_at
from wearline_cli.options import console, counted
from wearline_cli.report_command import write_report
from wearline_cli.results_commands import download, results_of
from wearline_cli.standing import rows, standing
from wearline_cli.study_deployment import deploy_study
from wearline_local import deployment, launcher

STUDY_FILE = launcher.ROOT / "examples" / "parkinson-gait" / "study.yaml"
FOLDER = launcher.ROOT / ".wearline" / "demo"
RECORDINGS = launcher.ROOT / ".wearline" / "recordings"
RESULTS = launcher.ROOT / "demo-results"


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path, resolve_path=True),
    default=FOLDER,
    help="Where its embedded AWS keeps its state.  [default: .wearline/demo]",
)
@click.option(
    "--results",
    "target",
    type=click.Path(file_okay=False, path_type=Path, resolve_path=True),
    default=RESULTS,
    help="Where the results go; what is there is replaced.  [default: demo-results]",
)
def demo(folder: Path, target: Path) -> None:
    """Show Wearline on the embedded AWS: deploy, upload, watch, sweep, results.

    The demo has an embedded AWS of its own, begun anew each time and left running, so that
    you can look around afterwards; `make down` stops it. Exit status 1 when the ledger's
    account is not as it must be.
    """
    try:
        _demonstrate(folder, target)
    except KeyboardInterrupt:
        console.print("\nStopped midway. Its embedded AWS may still run: make down stops it.")
        raise


def _demonstrate(folder: Path, target: Path) -> None:
    with _step("Starting the embedded AWS and deploying the platform with the SAM CLI"):
        there = _fresh_platform(folder)
    with _step("Making recordings from the signal model"):
        make_recordings(RECORDINGS)
    with _step("Deploying the example study"):
        study = deploy_study(there, STUDY_FILE, create_buckets=True).configuration
    rows_now = _run_stages(there, study)
    _show(there, study, folder, target)
    _close(rows_now)


def _show(there: Environment, study: StudyConfiguration, folder: Path, target: Path) -> None:
    """Copy the results, print their headlines, and say where to look further."""
    found = list(results_of(there, study.study))
    shutil.rmtree(target, ignore_errors=True)
    for result in found:
        download(there, result, target)
    write_report(there, study.study, target / "report.html")
    console.print()
    console.print(headlines(target))
    for line in (
        f"\nTables, pictures and run.json of {counted(len(found), 'run')}: {target}",
        f"The study on one page: open {target / 'report.html'} in a browser",
        f"Look around: export WEARLINE_FOLDER={folder} PATH={launcher.ROOT}/.venv/bin:$PATH",
        f"             wearline status {study.study} --files",
        f"             wearline problems {study.study}\n",
    ):
        console.print(line, soft_wrap=True)


def _fresh_platform(folder: Path) -> Environment:
    running = launcher.find(folder)
    if running is not None:
        launcher.stop(running)
    shutil.rmtree(folder, ignore_errors=True)
    engine = launcher.start(launcher.Settings(folder=folder))
    deployment.deploy(engine)
    return environment_at(engine)


def _run_stages(there: Environment, study: StudyConfiguration) -> list[ObjectRow]:
    """Upload stage by stage, each until all is quiet; then sweep for what got lost."""
    progress, uploaded = Progress(), []
    for stage in STAGES:
        console.print(f"\n[bold]{stage.title}[/bold]")
        uploaded += _upload(there, study, stage)
        seen = {upload.key for upload in uploaded if not upload.lost and upload.kind != "ignored"}
        _follow(there, study, progress, seen, uploaded)
    console.print("\n[bold]A sweep looks for what no event told of[/bold]")
    report = await_sweep(there, start_sweep(there, study.study))
    console.print(f"  {report['listed']} objects listed, {report['recovered']} recovered")
    everything = {upload.key for upload in uploaded}
    return _follow(there, study, progress, everything, uploaded)


def _follow(
    there: Environment,
    study: StudyConfiguration,
    progress: Progress,
    keys: set[str],
    uploaded: list[Upload],
) -> list[ObjectRow]:
    """Until every one of these keys is in the ledger, every version of it, and nothing runs."""
    versions = sum(1 for upload in uploaded if upload.key in keys)

    def is_done(found: list[ObjectRow]) -> bool:
        counted = account([row for row in found if row.key in keys], [])
        metadata_taken = all(row.values_settled for row in found)
        return (
            counted.uploads.total() == versions and metadata_taken and standing(found).quiet
            and not _due(there)
        )  # fmt: skip

    return follow(lambda: list(rows(there.ledger, study)), is_done, progress)


def _due(there: Environment) -> bool:
    """True while a message that could change anything is on its way."""
    names = ("DataQueueUrl", "MetadataQueueUrl", "EvaluationQueueUrl", "DataBacklogQueueUrl")
    for name in names:
        told = there.sqs.get_queue_attributes(
            QueueUrl=there.outputs[name],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        if any(int(count) for count in told.values()):
            return True
    return False


def _upload(there: Environment, study: StudyConfiguration, stage: Stage) -> list[Upload]:
    bucket = study.buckets[0].name
    for upload in stage.uploads:
        console.print(f"          put  {upload.key}  [dim]({upload.shows})[/dim]", soft_wrap=True)
        with _event_lost(there, study) if upload.lost else _as_usual():
            there.s3.put_object(Bucket=bucket, Key=upload.key, Body=upload.body(RECORDINGS))
    return list(stage.uploads)


@contextmanager
def _as_usual() -> Iterator[None]:
    yield


@contextmanager
def _event_lost(there: Environment, study: StudyConfiguration) -> Iterator[None]:
    """Switch the study's rules off, as an operator's slip would, and on again."""
    events = there.session.client("events", endpoint_url=there.endpoint)
    prefix = f"wearline-{there.name}-{study.study}"
    names = [rule["Name"] for rule in events.list_rules(NamePrefix=prefix)["Rules"]]
    for name in names:
        events.disable_rule(Name=name)
    yield
    for name in names:
        events.enable_rule(Name=name)


@contextmanager
def _step(title: str) -> Iterator[None]:
    began = time.monotonic()
    with console.status(f"{title} ..."):
        yield
    console.print(f"{title}: {time.monotonic() - began:.1f} s")


def _close(found: list[ObjectRow]) -> None:
    """Print the account, and exit 1 when anything is not as it must be."""
    uploads = [upload for stage in STAGES for upload in stage.uploads]
    counted = account(found, uploads)
    faults = counted.faults(uploads)
    for fault in faults:
        console.print(f"[red]{fault}[/red]")
    click.echo(counted.line)
    if faults:
        sys.exit(1)
