"""The arrays that a block reader fills, and the measures that it takes on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wearline_processor.quality import calibration, timeline, wear
from wearline_processor.quality.catalogue import finding
from wearline_processor.quality.rows import RowTally
from wearline_processor.quality.still import Windows
from wearline_processor.readers.instants import clock_findings
from wearline_processor.recording import Finding, Floats, Quality, Recording

# Vigorous shaking reaches 2.3 g; m/s² taken for g shows as 9.8, g taken for m/s² as 0.1.
_NORM_G, _NORM_WINDOWS = (0.2, 5.0), 12


@dataclass(slots=True)
class Samples:
    """Arrays of a known number of rows, filled from the front.

    The number comes from blocks that were found in the file, never from a header's claim.
    """

    time: Floats
    accel: Floats
    gyro: Floats | None
    temperature: Floats | None
    filled: int = 0

    @classmethod
    def of(cls, rows: int, *, gyro: bool = False, temperature: bool = False) -> Samples:
        return cls(
            time=np.empty(rows),
            # Each axis lies in one piece, so that SKDH's moving statistics need no copy of it.
            accel=np.empty((3, rows)).T,
            gyro=np.empty((3, rows)).T if gyro else None,
            temperature=np.empty(rows) if temperature else None,
        )

    def next(self, rows: int) -> slice:
        """Where the next rows belong."""
        begin = self.filled
        self.filled += rows
        return slice(begin, self.filled)

    def recording(self, fs: float) -> Recording:
        """The recording of the rows that were filled."""
        rows = slice(self.filled)
        gyro = None if self.gyro is None else self.gyro[rows]
        temperature = None if self.temperature is None else self.temperature[rows]
        return Recording(self.time[rows], self.accel[rows], fs, gyro, temperature)


@dataclass(slots=True)
class Measures:
    """What is counted while samples pass by."""

    rows: RowTally = field(default_factory=RowTally)
    windows: Windows = field(default_factory=Windows)

    def describe(self, line: timeline.Timeline, quality: Quality, time_zone: str) -> None:
        """Write everything measured into the record; `quality.start` and `.end` must be set."""
        self.rows.describe(quality)
        timeline.describe(line, quality)
        starts, means, variances = self.windows.collected()
        width_s = self.windows.width_s
        quality.wear_h = wear.worn_hours(starts, means, variances, width_s)
        quality.calibration = calibration.judge(means, variances, width_s)
        if not quality.calibration.possible:
            quality.findings.append(
                finding("calibration_impossible", reason=quality.calibration.reason)
            )
        quality.findings += _unit_findings(means, variances)
        if quality.start is not None and quality.end is not None:
            quality.findings += clock_findings(quality.start, quality.end, time_zone)


def _unit_findings(means: Floats, variances: Floats) -> list[Finding]:
    """Whatever a body does, the median of its acceleration is near 1 g."""
    if len(means) < _NORM_WINDOWS:
        return []
    norm = float(np.median(np.sqrt((means**2 + variances).sum(axis=1))))
    return [] if _NORM_G[0] <= norm <= _NORM_G[1] else [finding("unit_implausible", norm=norm)]


def spread_times(out: Floats, first: Floats, step: Floats, samples: int) -> None:
    """Fill out (K * samples,) with first[k] + i * step[k], rounded as SKDH rounds it."""
    grid = out.reshape(first.size, samples)
    np.multiply(np.arange(samples, dtype=np.float64)[None, :], step[:, None], out=grid)
    grid += first[:, None]
