"""Counting samples that cannot be right: zero on all axes, or at the limit of the range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality.catalogue import finding
from wearline_processor.recording import Finding, Quality

Axis: TypeAlias = NDArray[np.int16] | NDArray[np.float64]

_MOSTLY = 0.10


@dataclass(slots=True)
class RowTally:
    """Counts over the samples seen so far. `range_g` is the device's range, where known."""

    range_g: float | None = None
    rows: int = 0
    zero: int = 0
    saturated: int = 0
    temperature_min: float = np.inf
    temperature_max: float = -np.inf

    def add(
        self,
        axes: tuple[Axis, Axis, Axis],
        low: float,
        high: float,
    ) -> None:
        """Count three (N,) axes in one unit; a value at or beyond low or high is saturated."""
        x, y, z = axes
        self.rows += x.size
        self.zero += int(np.count_nonzero((x == 0) & (y == 0) & (z == 0)))
        if any(axis.size and (axis.max() >= high or axis.min() <= low) for axis in axes):
            beyond = [(axis >= high) | (axis <= low) for axis in axes]
            self.saturated += int(np.count_nonzero(beyond[0] | beyond[1] | beyond[2]))

    def add_temperatures(self, celsius: NDArray[np.float64]) -> None:
        finite = celsius[np.isfinite(celsius)]
        if finite.size:
            self.temperature_min = min(self.temperature_min, float(finite.min()))
            self.temperature_max = max(self.temperature_max, float(finite.max()))

    def describe(self, quality: Quality) -> None:
        """Write counts and findings into the record."""
        quality.rows = self.rows
        quality.zero_rows, quality.saturated_rows = self.zero, self.saturated
        quality.findings += self._row_findings()
        if self.temperature_min <= self.temperature_max:
            quality.temperature_min_c = self.temperature_min
            quality.temperature_max_c = self.temperature_max
            quality.findings += _temperature_findings(self.temperature_min, self.temperature_max)

    def _row_findings(self) -> list[Finding]:
        found = []
        if self.zero > _MOSTLY * self.rows:
            share = 100 * self.zero / self.rows
            found.append(finding("mostly_zero", count=self.zero, percent=share))
        elif self.zero:
            found.append(finding("zero_rows", count=self.zero))
        if self.saturated and self.range_g:
            facts = {"percent": 100 * self.saturated / self.rows, "range": self.range_g}
            found.append(finding("saturation", count=self.saturated, **facts))
        return found


def _temperature_findings(low: float, high: float) -> list[Finding]:
    if low >= -20 and high <= 60:
        return []
    return [finding("temperature_implausible", low=low, high=high)]
