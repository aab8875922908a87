"""The demo, as a newcomer runs it, and a run of it made again."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from wearline_local import launcher

WEARLINE = Path(sys.executable).parent / "wearline"
LINE = re.compile(
    r"demo: (\d+) uploads = (\d+) data \+ (\d+) metadata \+ (\d+) ignored;"
    r" runs: (\d+) succeeded, (\d+) failed as expected, 0 waiting, (\d+) superseded,"
    r" (\d+) repeated; 0 lost"
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Demo:
    """What the demo said, its embedded AWS, which it leaves running, and its results."""

    done: subprocess.CompletedProcess[str]
    folder: Path
    results: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    scratch = tmp_path_factory.mktemp("demo")
    folder, results = scratch / "engine", scratch / "results"
    done = subprocess.run(
        [WEARLINE, "demo", "--folder", folder, "--results", results],
        capture_output=True,
        text=True,
        check=False,
    )
    yield Demo(done, folder, results)
    if engine := launcher.find(folder):
        launcher.stop(engine)


def test_demo_accounts_for_every_upload_and_leaves_tables(demo: Demo) -> None:
    assert demo.done.returncode == 0, demo.done.stdout + demo.done.stderr
    line = LINE.fullmatch(demo.done.stdout.splitlines()[-1])
    assert line, demo.done.stdout
    uploads, data, metadata, ignored, *runs = map(int, line.groups())
    assert uploads == data + metadata + ignored
    assert data == sum(runs)
    for table in ("night", "day", "stride", "recording", "quality"):
        assert list(demo.results.rglob(f"{table}.parquet")), table


@pytest.mark.parametrize("pipeline", ["sleep-and-activity", "gait"])
def test_a_run_can_be_made_again_bit_for_bit(demo: Demo, pipeline: str) -> None:
    run = next((demo.results / pipeline).iterdir()).name
    again = subprocess.run(
        [WEARLINE, "replay", run],
        env=os.environ | {"WEARLINE_FOLDER": str(demo.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert "outputs are the same bit for bit" in again.stdout
    assert "The run can be made again" in again.stdout
