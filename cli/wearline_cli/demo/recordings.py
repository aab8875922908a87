"""The recordings of the demo: made from the stated signal model, the same ones every time."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wearline_recordings import axivity, csv_file, geneactiv, lumbar, wrist

WRIST_HOURS = 36.0
LUMBAR_HOURS = 0.25


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that a site would upload, and how to make it."""

    name: str
    seed: int
    make: Callable[[Path, int], object]


def _axivity(path: Path, seed: int) -> object:
    start = datetime(2024, 3, 30, 9) if seed == 3 else datetime(2024, 3, 11, 9)  # noqa: DTZ001
    return axivity.write(path, wrist.signal(hours=WRIST_HOURS, hz=50, start=start, seed=seed))


def _geneactiv(path: Path, seed: int) -> object:
    start = datetime(2024, 3, 11, 9)  # noqa: DTZ001  devices keep the wall clock
    return geneactiv.write(path, wrist.signal(hours=WRIST_HOURS, hz=50, start=start, seed=seed))


def _lumbar(path: Path, seed: int) -> object:
    start = datetime(2024, 3, 11, 10)  # noqa: DTZ001  devices keep the wall clock
    return csv_file.write(path, lumbar.signal(hours=LUMBAR_HOURS, hz=100, start=start, seed=seed))


def _broken(path: Path, seed: int) -> object:
    """What is left of a recording after a full disk: its name."""
    return path.write_bytes(bytes((seed * index * index) % 251 for index in range(20_000)))


RECORDINGS = (
    Recording("wrist_1.cwa", 1, _axivity),
    Recording("wrist_3.cwa", 3, _axivity),
    Recording("wrist_4.bin", 4, _geneactiv),
    Recording("broken.cwa", 5, _broken),
    Recording("lumbar_1.csv", 11, _lumbar),
    Recording("lumbar_2.csv", 12, _lumbar),
    Recording("lumbar_3.csv", 13, _lumbar),
    Recording("lumbar_4.csv", 14, _lumbar),
    Recording("lumbar_5.csv", 15, _lumbar),
    Recording("lumbar_6.csv", 16, _lumbar),
)


def make_recordings(folder: Path) -> None:
    """Write every recording that is not there yet, on all cores."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [each for each in RECORDINGS if not (folder / each.name).exists()]
    with ProcessPoolExecutor() as pool:
        list(pool.map(_make, missing, [folder] * len(missing)))


def _make(recording: Recording, folder: Path) -> None:
    """Under a name of this process first: one cut short, or another demo's, is never taken."""
    unfinished = folder / f"{recording.name}.{os.getpid()}.part"
    recording.make(unfinished, recording.seed)
    unfinished.rename(folder / recording.name)
