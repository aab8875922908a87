"""What a mixed study costs with a task size for each file, against one fixed size for all.

List prices of Fargate on demand, as in ``wearline.core.estimates``. Sizes come from headers as
``prepare_run`` reads them. Seconds are CPU seconds of the lean engine as the benchmarks ``week-*``,
``day-lumbar`` and ``starting`` measured them last, scaled by samples where a recording is longer or
shorter; that of an AX6, whose blocks hold a third of the samples, by reading three times as much.
A week is seven days and an hour: nobody stops a device to the second. A fixed size must hold the
hungriest kind of the study.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.environments import RELEASE
from benchmarks.results import Result, measured
from wearline.core.compute import TaskSize, memory_mib, size_for, task_size
from wearline.core.estimates import STARTING_S, USD_PER_GB_HOUR, USD_PER_VCPU_HOUR
from wearline.core.recording_headers import RecordingHeader

MIB = 1024**2
HOUR = 360_000  # samples at 100 Hz
DAY, WEEK = 24 * HOUR, 169 * HOUR
MEASURED_WEEK = 168 * HOUR
WRIST = ("CalibrateAccelerometer", "CtaWearDetection", "Sleep", "ActivityLevelClassification")
WITHOUT_TEMPERATURE = tuple(name.replace("Cta", "AccelThreshold") for name in WRIST)
WALK = ("PredictGaitLumbarLgbm", "GaitLumbar", "Sit2Stand")
WEEKS = ("cwa", "bin", "gt3x")
Device = Literal["axivity", "geneactiv", "gt3x"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of recording: files of a thousand, bytes and CPU seconds of each, device, steps."""

    name: str
    files: int
    size: float
    seconds: float
    device: Device
    samples: int
    steps: tuple[str, ...]
    gyro: bool = False

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "file": {"size": int(self.size)},
            "format": {"type": self.device},
            "steps": [{"process": step} for step in self.steps],
            "processor": {"engine": "lean", "release": RELEASE},
        }

    @property
    def header(self) -> RecordingHeader:
        return RecordingHeader(self.device, hz=100.0, has_gyro=self.gyro, samples=self.samples)


def study() -> tuple[Kind, ...]:
    """The study, with what its kinds were measured to take."""
    week = {name: _seconds(f"week-{name}", "wrist", WEEK / MEASURED_WEEK) for name in WEEKS}
    two_weeks = _seconds("week-cwa", "wrist", 2 * WEEK / MEASURED_WEEK)
    of_gyro = 2 * measured("week-cwa: of it read") * WEEK / MEASURED_WEEK
    day, hour = (_seconds("day-lumbar", "lumbar", length) for length in (1, 1 / 24))
    cwa, ax6 = 512 / 120, 512 / 40  # bytes of a sample
    return (
        Kind("week of AX3", 250, WEEK * cwa, week["cwa"], "axivity", WEEK, WRIST),
        Kind("week of AX6", 100, WEEK * ax6, week["cwa"] + of_gyro, "axivity", WEEK, WRIST, True),
        Kind("week of GENEActiv", 150, WEEK * 12.73, week["bin"], "geneactiv", WEEK, WRIST),
        Kind(
            "week of ActiGraph", 100, WEEK * 6.09, week["gt3x"], "gt3x", WEEK, WITHOUT_TEMPERATURE
        ),
        Kind("two weeks of AX3", 50, 2 * WEEK * cwa, two_weeks, "axivity", 2 * WEEK, WRIST),
        Kind("day of lumbar AX6", 150, DAY * ax6, day, "axivity", DAY, WALK, True),
        Kind("hour of lumbar AX6", 200, HOUR * ax6, hour, "axivity", HOUR, WALK, True),
    )


def _seconds(benchmark: str, start: str, length: float) -> float:
    """CPU seconds of a run over a recording so many times as long as that of a benchmark."""
    once = measured(f"starting: worker of a {start} pipeline")
    return once + (measured(f"{benchmark}: CPU") - once) * length


def usd(size: TaskSize, seconds: float) -> float:
    """The price of one task, from the pull of its image to its end."""
    hourly = size.cpu / 1024 * USD_PER_VCPU_HOUR + size.memory_mib / 1024 * USD_PER_GB_HOUR
    return hourly * (STARTING_S + seconds) / 3600


def measure() -> Iterator[Result]:
    """What each kind gets; the study by headers, by sizes alone, and with one size for all."""
    kinds = study()
    for kind in kinds:
        yield Result(kind.name, task_size(kind.identity, header=kind.header).memory_mib, "MiB")
    chosen = sum(_usd(kind, task_size(kind.identity, header=kind.header)) for kind in kinds)
    by_size = sum(_usd(kind, task_size(kind.identity)) for kind in kinds)
    hungriest = max(memory_mib(kind.identity, kind.header) for kind in kinds)
    one = size_for(hungriest, 0)
    fixed = sum(_usd(kind, one) for kind in kinds)
    of_all = f"{one.cpu // 1024} vCPU and {one.memory_mib // 1024} GiB for all"
    name = "1,000 recordings, sizes by header"
    yield Result.beside(name, chosen, "USD", "sizes by file size alone", by_size)
    yield Result.beside(name, chosen, "USD", of_all, fixed)


def _usd(kind: Kind, size: TaskSize) -> float:
    return kind.files * usd(size, kind.seconds)
