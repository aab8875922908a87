"""The demo, as a newcomer runs it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wearline_local import launcher

LINE = re.compile(
    r"demo: (\d+) uploads = (\d+) data \+ (\d+) metadata \+ (\d+) ignored;"
    r" runs: (\d+) succeeded, (\d+) failed as expected, 0 waiting, (\d+) superseded,"
    r" (\d+) repeated; 0 lost"
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for the demo's embedded AWS, which the demo itself leaves running."""
    yield tmp_path / "engine"
    if engine := launcher.find(tmp_path / "engine"):
        launcher.stop(engine)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_demo_accounts_for_every_upload_and_leaves_tables(folder: Path, tmp_path: Path) -> None:
    wearline = Path(sys.executable).parent / "wearline"
    done = subprocess.run(
        [wearline, "demo", "--folder", folder, "--results", tmp_path / "results"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    line = LINE.fullmatch(done.stdout.splitlines()[-1])
    assert line, done.stdout
    uploads, data, metadata, ignored, *runs = map(int, line.groups())
    assert uploads == data + metadata + ignored
    assert data == sum(runs)
    for table in ("night", "day", "stride", "recording", "quality"):
        assert list((tmp_path / "results").rglob(f"{table}.parquet")), table
