"""``wearline report``: the study on one page, for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from botocore.exceptions import ClientError

from wearline.flow.study_report import gather
from wearline.flow.study_report import report as study_report
from wearline_cli.environments import Environment, environment
from wearline_cli.options import console, env_option

DEFAULT_PICTURES_MB = 25


@click.command()
@click.argument("study")
@click.option(
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.  [default: STUDY-report.html]",
)
@click.option(
    "--pictures-mb",
    type=click.IntRange(min=0),
    default=DEFAULT_PICTURES_MB,
    show_default=True,
    help="Pictures to embed, those that need attention first; others become links.",
)
@click.option("--open", "opened", is_flag=True, help="Open it in the browser.")
@env_option
def report(study: str, file: Path | None, pictures_mb: int, opened: bool, env: str) -> None:
    """Write the report of STUDY: one HTML page that needs no network."""
    target = file or Path(f"{study}-report.html")
    written = write_report(environment(env), study, target, pictures_mb)
    console.print(f"The report of {study} is {target} ({written / 1e6:.1f} MB).")
    if opened:
        click.launch(target.resolve().as_uri())


def write_report(
    there: Environment, study: str, target: Path, pictures_mb: int = DEFAULT_PICTURES_MB
) -> int:
    """Write the page to a file; answer its bytes."""
    configuration = there.configuration(there.study(study))
    results = configuration.results

    def picture(path: str) -> bytes | None:
        try:
            found = there.s3.get_object(Bucket=results.bucket, Key=f"{results.prefix}{path}")
        except ClientError:
            return None
        return found["Body"].read()

    known = gather(there.ledger, configuration, datetime.now(UTC).isoformat(timespec="seconds"))
    content = study_report(known, picture, pictures_mb * 1_000_000)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.write_bytes(content.encode("utf-8"))
