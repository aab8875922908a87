"""``wearline replay``: a run again, from exactly what its ``run.json`` names."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from wearline_cli.auditing import audited
from wearline_cli.comparison import differences
from wearline_cli.environments import environment
from wearline_cli.local_processor import LocalProcessor
from wearline_cli.log_commands import run_of
from wearline_cli.options import console, env_option
from wearline_cli.replaying import (
    REPLAYED,
    RUN,
    TOLERANCE,
    Recorded,
    Replay,
    fetch_input,
    fetch_tables,
    replayed,
)
from wearline_cli.withdrawn_runs import check_subject, obey_withdrawal


@click.command()
@click.argument("run")
@env_option
def replay(run: str, env: str) -> None:
    """Fetch what RUN read, run it again on this machine, and hold every output to the first.

    On a CPU of the same model every table and picture must be the same bit for bit; on another,
    numbers may differ by one part in a thousand million. Exit status 1 where they differ by more.
    """
    there = environment(env)
    obey_withdrawal(there, run)
    row = run_of(there, run)
    recorded = Recorded.of(there, row)
    check_subject(there, row, recorded.subject)
    processor = LocalProcessor.of(recorded.processor["release"])
    recorded.check_processor()
    with (
        audited(there, row.study, "replay", run_id=row.run_id) as told,
        tempfile.TemporaryDirectory(prefix="wearline-") as scratch,
    ):
        folder = Path(scratch)
        recording = fetch_input(there, recorded, folder)
        with console.status(f"Running {recorded.run_id} again under {processor.release} ..."):
            output = folder / "tables" / "1" / REPLAYED
            found = replayed(recorded, processor.work(recorded.plan, recording, output), output)
        compared: Mapping[str, object] = {"tables": []}
        if found.unlike:
            fetch_tables(there, recorded, found.unlike, folder / "tables" / "1" / RUN)
            compared = processor.compare(folder / "tables", RUN, REPLAYED)
        told |= {"same": len(found.same), "unlike": found.unlike, "holds": found.holds(compared)}
    _show(recorded, found, compared)
    if not found.holds(compared):
        raise SystemExit(1)


def _show(recorded: Recorded, found: Replay, compared: Mapping[str, object]) -> None:
    console.print(f"{recorded.run_id}: {len(found.same)} outputs are the same bit for bit.")
    for sentence in found.remarks:
        console.print(sentence)
    if found.unlike:
        console.print(f"Not the same: {', '.join(found.unlike)}.")
        console.print(differences(compared, RUN, REPLAYED))
        if found.holds(compared):
            console.print(f"Every number is within {TOLERANCE:g} of the first, relatively.")
    elif found.verdict is None:
        console.print("The run can be made again.")
