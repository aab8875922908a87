"""What a mixed study costs with a task size for each file, against one fixed size for all.

List prices of Fargate on demand, as in ``wearline.core.estimates``. Sizes come from headers as
``prepare_run`` reads them, seconds of each kind are CPU seconds of the lean engine (benchmarks
``week-*`` and ``day-lumbar``). A fixed size must hold the hungriest kind of the study.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.environments import RELEASE
from benchmarks.results import Result
from wearline.core.compute import TaskSize, memory_mib, size_for, task_size
from wearline.core.estimates import STARTING_S, USD_PER_GB_HOUR, USD_PER_VCPU_HOUR
from wearline.core.recording_headers import RecordingHeader

MIB = 1024**2
DAY = 8_640_000  # samples at 100 Hz
WRIST = ("CalibrateAccelerometer", "CtaWearDetection", "Sleep", "ActivityLevelClassification")
WALK = ("PredictGaitLumbarLgbm", "GaitLumbar", "Sit2Stand")
Device = Literal["axivity", "geneactiv", "gt3x"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of recording: files of a thousand, MiB and seconds of each, device and steps."""

    name: str
    files: int
    size_mib: int
    seconds: float
    device: Device
    samples: int
    steps: tuple[str, ...]
    gyro: bool = False

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "file": {"size": self.size_mib * MIB},
            "format": {"type": self.device},
            "steps": [{"process": step} for step in self.steps],
            "processor": {"engine": "lean", "release": RELEASE},
        }

    @property
    def header(self) -> RecordingHeader:
        return RecordingHeader(self.device, hz=100.0, has_gyro=self.gyro, samples=self.samples)


STUDY = (
    Kind("week of AX3", 250, 246, 27, "axivity", 7 * DAY, WRIST),
    Kind("week of AX6", 100, 738, 30, "axivity", 7 * DAY, WRIST, gyro=True),
    Kind("week of GENEActiv", 150, 734, 28, "geneactiv", 7 * DAY, WRIST),
    Kind("week of ActiGraph", 100, 351, 23, "gt3x", 7 * DAY, WRIST),
    Kind("two weeks of AX3", 50, 492, 54, "axivity", 14 * DAY, WRIST),
    Kind("day of lumbar AX6", 150, 105, 20, "axivity", DAY, WALK, gyro=True),
    Kind("hour of lumbar AX6", 200, 5, 6, "axivity", DAY // 24, WALK, gyro=True),
)


def usd(size: TaskSize, seconds: float) -> float:
    """The price of one task, from the pull of its image to its end."""
    hourly = size.cpu / 1024 * USD_PER_VCPU_HOUR + size.memory_mib / 1024 * USD_PER_GB_HOUR
    return hourly * (STARTING_S + seconds) / 3600


def measure() -> Iterator[Result]:
    """What each kind gets; the study by headers, by sizes alone, and with one size for all."""
    for kind in STUDY:
        yield Result(kind.name, task_size(kind.identity, header=kind.header).memory_mib, "MiB")
    chosen = sum(_usd(kind, task_size(kind.identity, header=kind.header)) for kind in STUDY)
    by_size = sum(_usd(kind, task_size(kind.identity)) for kind in STUDY)
    hungriest = max(memory_mib(kind.identity, kind.header) for kind in STUDY)
    one = size_for(hungriest, 0)
    fixed = sum(_usd(kind, one) for kind in STUDY)
    of_all = f"{one.cpu // 1024} vCPU and {one.memory_mib // 1024} GiB for all"
    name = "1,000 recordings, sizes by header"
    yield Result.beside(name, chosen, "USD", "sizes by file size alone", by_size)
    yield Result.beside(name, chosen, "USD", of_all, fixed)


def _usd(kind: Kind, size: TaskSize) -> float:
    return kind.files * usd(size, kind.seconds)
