"""A processor release on this machine: its worker, and its comparison of what two runs wrote."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wearline.core.release_signatures import known_releases
from wearline_cli.environments import CommandError


class ReleaseMissing(CommandError):
    """A processor release is unknown, or has no virtual environment on this machine."""

    def __init__(self, release: str, what_to_do: str) -> None:
        self.release = release
        super().__init__(f"Processor release {release} is not on this machine. {what_to_do}")


class ProcessorFailed(CommandError):
    """A process of a release ended without an answer."""

    def __init__(self, release: str, said: str) -> None:
        self.release = release
        super().__init__(f"The processor of {release} ended without an answer: {said}")


@dataclass(frozen=True, slots=True)
class LocalProcessor:
    """A release and its interpreter. Nothing of our environment reaches its processes."""

    release: str
    python: Path

    @classmethod
    def of(cls, release: str) -> LocalProcessor:
        """Raises ReleaseMissing."""
        from wearline_local.launcher import ROOT

        if release not in known_releases():
            raise ReleaseMissing(release, f"There are {', '.join(known_releases())}.")
        folder = ROOT / ".venvs" / f"processor-{release}"
        if not (folder / ".ready").exists():
            raise ReleaseMissing(release, f"Run make {folder.relative_to(ROOT)}/.ready.")
        return cls(release, folder / "bin" / "python")

    def work(self, plan: bytes, recording: Path, output: Path) -> dict[str, Any]:
        """Run the worker over a recording into `output`; answer its report."""
        output.mkdir(parents=True)
        with tempfile.TemporaryDirectory(prefix="wearline-") as scratch:
            order, given = Path(scratch) / "plan.json", Path(scratch) / f"input{recording.suffix}"
            order.write_bytes(plan)
            given.symlink_to(recording.resolve())
            answer = self._run(
                "wearline_comparison.again",
                *("--plan", str(order), "--input", str(given), "--output", str(output)),
            )
        report: dict[str, Any] = json.loads(answer)
        return report

    def compare(
        self, folder: Path, before: str, after: str, pictures: Path | None = None
    ) -> Mapping[str, Any]:
        """Compare the tables in `folder`/*/`before` and `folder`/*/`after`."""
        drawn = ("--pictures", str(pictures.resolve())) if pictures else ()
        answer = self._run("wearline_comparison", str(folder), before, after, *drawn)
        compared: Mapping[str, Any] = json.loads(answer)
        return compared

    def _run(self, module: str, *arguments: str) -> str:
        with tempfile.TemporaryDirectory(prefix="wearline-") as home:
            ended = subprocess.run(
                [self.python, "-m", module, *arguments],
                env={"HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"},
                capture_output=True,
                text=True,
                check=False,
            )
        if ended.returncode:
            raise ProcessorFailed(self.release, ended.stderr.strip().rpartition("\n")[2])
        return ended.stdout
