"""What runs will take and cost, from what runs of the same study took.

List prices of AWS Fargate on demand in us-east-1, Linux on x86
(https://aws.amazon.com/fargate/pricing/). A task is billed from the pull of its image to its
end, by the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from wearline.core.compute import AT_REST_MIB, KEPT_MIB, MIB, size_for

USD_PER_VCPU_HOUR = 0.04048
USD_PER_GB_HOUR = 0.004445
# From the pull of the image to the first byte read, and from the last one written to the end.
STARTING_S = 45.0
# Without any run to go by: 100 MB in three minutes.
SECONDS_PER_BYTE = 1.8e-6
# Where only the size of a file is known: as for a packed .cwa (see core.compute).
MEMORY_PER_FILE_BYTE = 10
MOST_SAMPLES = 200
# In the cost of a run: what its task had.
TASK_MEMORY = "task_memory_mib"


def sized(cost: Mapping[str, float], memory_mib: int | None) -> dict[str, float]:
    """The cost that a run told, with the memory of the task that it ran in, where known."""
    return {**cost, **({TASK_MEMORY: float(memory_mib)} if memory_mib and cost else {})}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Compute of runs: billed hours of tasks, and US dollars."""

    hours: float = 0.0
    usd: float = 0.0

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(self.hours + other.hours, self.usd + other.usd)


@dataclass(slots=True)
class Estimator:
    """Learns the seconds that a pipeline takes for each byte of its files."""

    _samples: dict[str, list[float]] = field(default_factory=dict)
    _paces: dict[str, float] = field(default_factory=dict)

    def wants(self, pipeline: str) -> bool:
        """Whether another run of a pipeline would still teach anything."""
        return len(self._samples.get(pipeline, ())) < MOST_SAMPLES

    def learn(self, pipeline: str, size: int, cost: Mapping[str, float]) -> None:
        if size and "wall_s" in cost:
            self._samples.setdefault(pipeline, []).append(cost["wall_s"] / size)
            self._paces.pop(pipeline, None)

    def estimate(
        self, pipeline: str, size: int, cost: Mapping[str, float] | None = None
    ) -> Estimate:
        """One run over a file of ``size`` bytes; ``cost`` is that of a run over this very file.

        It is priced by the task that the run had; where that is not known, by the file's size.
        """
        told = cost or {}
        wall_s = told.get("wall_s", size * self._pace(pipeline))
        need_mib = AT_REST_MIB + KEPT_MIB + MEMORY_PER_FILE_BYTE * size // MIB
        task = size_for(int(told.get(TASK_MEMORY, need_mib)), size)
        hours = (STARTING_S + wall_s) / 3600
        per_hour = task.cpu / 1024 * USD_PER_VCPU_HOUR + task.memory_mib / 1024 * USD_PER_GB_HOUR
        return Estimate(hours, hours * per_hour)

    def _pace(self, pipeline: str) -> float:
        if pipeline not in self._paces:
            samples = self._samples.get(pipeline)
            self._paces[pipeline] = median(samples) if samples else SECONDS_PER_BYTE
        return self._paces[pipeline]


def total(estimates: Iterable[Estimate]) -> Estimate:
    return sum(estimates, Estimate())
