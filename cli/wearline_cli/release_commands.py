"""``wearline release``: processor releases beside each other."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from wearline.core.release_signatures import known_releases, release_signature
from wearline_cli.comparison import differences, differing, summary
from wearline_cli.environments import CommandError
from wearline_cli.local_processor import LocalProcessor
from wearline_cli.options import console, json_option, print_json
from wearline_cli.study_files import checked_study
from wearline_cli.trial_plans import Trial


class RecordingFailed(CommandError):
    """A release could not process a recording."""

    def __init__(self, path: Path, release: str, reason: str) -> None:
        self.path, self.release = path, release
        super().__init__(f"{path} failed under {release}: {reason}")


@click.group()
def release() -> None:
    """List processor releases, and compare two on the same recordings."""


@release.command("list")
def list_releases() -> None:
    """List the processor releases that a study may name."""
    for name in known_releases():
        console.print(f"{name}: SKDH {release_signature(name).skdh}")


@release.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--study",
    "study",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The study file whose pipeline runs; each FILE ends in a key of the study.",
)
@click.option("--pipeline", help="Which pipeline, where the files go through several.")
@click.option(
    "--value", "values", multiple=True, metavar="NAME=VALUE", help="Metadata, as height=1.75."
)
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    default="release-comparison",
    show_default=True,
    help="Where Bland-Altman plots of headlines that differ go.",
)
@json_option
def compare(
    before: str,
    after: str,
    files: Sequence[Path],
    study: Path,
    pipeline: str | None,
    values: Sequence[str],
    pictures: Path,
    as_json: bool,
) -> None:
    """Run releases A and B over the same recordings and show what differs, column by column."""
    processors = [LocalProcessor.of(name) for name in (before, after)]
    configuration = checked_study(study).study
    trials, given = [Trial.of(configuration, path) for path in files], _given(values)
    with tempfile.TemporaryDirectory(prefix="wearline-") as scratch:
        folder = Path(scratch)
        for number, trial in enumerate(trials):
            for processor in processors:
                with console.status(f"{trial.path} under {processor.release} ..."):
                    output = folder / f"{number:06d}" / processor.release
                    _work(processor, trial, pipeline, given, output)
        compared = processors[1].compare(folder, before, after, pictures)
    if as_json:
        print_json(compared)
    else:
        _show(compared, before, after)


def _work(
    processor: LocalProcessor,
    trial: Trial,
    pipeline: str | None,
    values: Mapping[str, Any],
    output: Path,
) -> None:
    plan = trial.plan(processor.release, pipeline, values)
    report = processor.work(plan.document(), trial.path, output)
    if report["verdict"] != "succeeded":
        raise RecordingFailed(trial.path, processor.release, report["reason"]["sentence"])


def _given(values: Sequence[str]) -> dict[str, Any]:
    """`height=1.75` by name; what is no number stays text."""
    given: dict[str, Any] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--value")
        try:
            given[name] = float(value)
        except ValueError:
            given[name] = value
    return given


def _show(compared: Mapping[str, Any], before: str, after: str) -> None:
    for line in summary(compared, before, after):
        console.print(line)
    if differing(compared):
        console.print(differences(compared, before, after))
    else:
        console.print(f"{before} and {after} agree in every value.")
    for picture in compared["pictures"]:
        console.print(picture)
