"""The course of time through a recording: gaps, steps back, and the rate that was really held.

A gap is a step of more than one and a half sampling intervals, as SKDH 0.17.18 defines it
(`fill_data_gaps`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality.catalogue import finding
from wearline_processor.recording import Finding, Floats, Quality

Numbers: TypeAlias = NDArray[np.int64] | NDArray[np.float64]

_GAP_INTERVALS = 1.5
_DRIFT, _WRONG = 0.01, 0.05  # of the nominal rate, and of the time that gaps take
_LONG_GAP_S = 60.0  # what is measured in minutes bears less
_CHUNK = 1 << 20
_RATE_ROWS = 100  # fewer do not show a rate


@dataclass(slots=True)
class Timeline:
    """Totals over the steps from sample to sample; seconds, and instants of the first of each."""

    rows: int = 0
    span_s: float = 0.0
    gaps: int = 0
    gap_s: float = 0.0
    longest_gap_s: float = 0.0
    first_gap_at: float | None = None
    backwards: int = 0
    backwards_s: float = 0.0
    first_backwards_at: float | None = None
    jitters: int = 0
    jitter_s: float = 0.0

    @property
    def measured_hz(self) -> float | None:
        """Samples a second where samples were recorded; None where time is no measure."""
        recorded = self.span_s - self.gap_s
        if self.backwards or self.rows < _RATE_ROWS or recorded <= 0:
            return None
        return (self.rows - 1) / recorded


def of_blocks(
    first: Floats, step: Floats, count: Numbers, fs: float, tolerance_s: float
) -> Timeline:
    """The timeline of blocks of evenly spaced samples.

    first (K,) instant of each block's first sample, step (K,) seconds between its samples, count
    (K,) samples; a block may begin up to `tolerance_s` before the one before it ends (jitter).
    """
    last = first + (count - 1) * step
    line = Timeline(rows=int(count.sum()), span_s=float(last.max() - first.min()))
    _take_steps(line, last[:-1], first[1:], 1 / fs, tolerance_s)
    reversed_blocks = np.flatnonzero((step <= 0) & (count > 1))
    if reversed_blocks.size:
        line.backwards += int(reversed_blocks.size)
        line.first_backwards_at = line.first_backwards_at or float(first[reversed_blocks[0]])
        line.backwards_s = max(line.backwards_s, float(np.max((first - last)[reversed_blocks])))
    return line


def of_samples(time: Floats, fs: float) -> Timeline:
    """The timeline of (N,) instants, in bounded memory."""
    line = Timeline(rows=int(time.size), span_s=float(time.max() - time.min()))
    for begin in range(0, time.size - 1, _CHUNK):
        piece = time[begin : begin + _CHUNK + 1]
        _take_steps(line, piece[:-1], piece[1:], 1 / fs, 0.0)
    return line


def describe(line: Timeline, quality: Quality) -> None:
    """Write the timeline's measures and findings into the record."""
    quality.gaps, quality.gap_s = line.gaps, line.gap_s
    quality.longest_gap_s, quality.measured_hz = line.longest_gap_s, line.measured_hz
    quality.findings += _step_findings(line)
    if quality.nominal_hz and quality.measured_hz:
        quality.findings += _rate_findings(quality.nominal_hz, quality.measured_hz)


def _take_steps(
    line: Timeline, before: Floats, after: Floats, interval: float, tolerance_s: float
) -> None:
    steps = after - before
    gaps = np.flatnonzero(steps > _GAP_INTERVALS * interval)
    if gaps.size:
        lengths = steps[gaps] - interval
        line.gaps += int(gaps.size)
        line.gap_s += float(lengths.sum())
        line.longest_gap_s = max(line.longest_gap_s, float(lengths.max()))
        line.first_gap_at = line.first_gap_at or float(before[gaps[0]])
    overlaps = np.flatnonzero(steps <= 0)
    if overlaps.size:
        _take_overlaps(line, before[overlaps], -steps[overlaps], tolerance_s)


def _take_overlaps(line: Timeline, before: Floats, lengths: Floats, tolerance_s: float) -> None:
    small = lengths < tolerance_s
    if small.any():
        line.jitters += int(small.sum())
        line.jitter_s = max(line.jitter_s, float(lengths[small].max()))
    if not small.all():
        line.backwards += int((~small).sum())
        line.backwards_s = max(line.backwards_s, float(lengths[~small].max()))
        line.first_backwards_at = line.first_backwards_at or float(before[~small][0])


def _step_findings(line: Timeline) -> list[Finding]:
    found = []
    if line.gaps:
        total, longest = line.gap_s, line.longest_gap_s
        found.append(
            finding(
                "gaps", count=line.gaps, first_at=line.first_gap_at, seconds=total, longest=longest
            )
        )
        if longest > _LONG_GAP_S or total > _WRONG * line.span_s:
            found.append(
                finding("long_gaps", first_at=line.first_gap_at, seconds=total, longest=longest)
            )
    if line.backwards:
        count, at = line.backwards, line.first_backwards_at
        found.append(finding("time_backwards", count=count, first_at=at, seconds=line.backwards_s))
    if line.jitters:
        found.append(finding("time_jitter", count=line.jitters, seconds=line.jitter_s))
    return found


def _rate_findings(nominal: float, measured: float) -> list[Finding]:
    off = abs(measured / nominal - 1)
    if off > _WRONG:
        percent = 100 * off
        return [finding("sampling_rate_wrong", nominal=nominal, measured=measured, percent=percent)]
    if off > _DRIFT:
        return [finding("sampling_rate_drift", nominal=nominal, measured=measured)]
    return []
