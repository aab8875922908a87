"""What a mixed study costs with a task size for each file, against one fixed size for all.

List prices of Fargate on demand, as in ``wearline.core.estimates``. The seconds of each kind of
recording are the CPU seconds measured over two days at 100 Hz (the walk: an hour), for a week.
``python -m benchmarks.task_sizes`` prints the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wearline.core.compute import TaskSize, task_size
from wearline.core.estimates import STARTING_S, USD_PER_GB_HOUR, USD_PER_VCPU_HOUR

MIB = 1024**2
WRIST = ("CalibrateAccelerometer", "CtaWearDetection", "Sleep", "ActivityLevelClassification")
WALK = ("PredictGaitLumbarLgbm", "GaitLumbar", "Sit2Stand")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of recording: files of a thousand, MiB and seconds of each, format and steps."""

    name: str
    files: int
    size_mib: int
    seconds: float
    format: str
    steps: tuple[str, ...]

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "file": {"size": self.size_mib * MIB},
            "format": {"type": self.format},
            "steps": [{"process": step} for step in self.steps],
            "processor": {"engine": "lean"},
        }


STUDY = (
    Kind("week, Axivity .cwa", 350, 246, 27, "axivity", WRIST),
    Kind("week, GENEActiv .bin", 250, 734, 29, "geneactiv", WRIST),
    Kind("week, ActiGraph .gt3x", 100, 351, 44, "gt3x", WRIST),
    Kind("walk of an hour, .csv", 300, 18, 7.5, "csv", WALK),
)


def usd(size: TaskSize, seconds: float) -> float:
    """The price of one task, from the pull of its image to its end."""
    hourly = size.cpu / 1024 * USD_PER_VCPU_HOUR + size.memory_mib / 1024 * USD_PER_GB_HOUR
    return hourly * (STARTING_S + seconds) / 3600


# One size for all: what a week needs under plain SKDH, with two vCPUs and with one.
FIXED = (TaskSize(2048, 8192, 21), TaskSize(1024, 8192, 21))


def main() -> None:
    """Print what each kind gets and costs, and the study each way."""
    chosen = 0.0
    for kind in STUDY:
        size = task_size(kind.identity)
        cost = kind.files * usd(size, kind.seconds)
        chosen += cost
        print(f"{kind.name:24}{kind.files:5} x {size.memory_mib:6} MiB  ${cost:.3f}")
    print(f"1,000 files, each by its own size: ${chosen:.2f}")
    for one in FIXED:
        whole = sum(kind.files * usd(one, kind.seconds) for kind in STUDY)
        what = f"{one.cpu // 1024} vCPU and {one.memory_mib // 1024} GiB for all"
        print(f"{what}: ${whole:.2f}, so that {1 - chosen / whole:.0%} is saved")


if __name__ == "__main__":
    main()
