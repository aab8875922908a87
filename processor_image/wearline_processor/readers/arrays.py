"""Recordings whose samples came as arrays with a time for each: tables, npz, Empatica, APDM."""

from __future__ import annotations

import numpy as np

from wearline_processor.quality import timeline
from wearline_processor.quality.catalogue import finding
from wearline_processor.quality.rows import RowTally
from wearline_processor.quality.still import WINDOW_S, Windows, moments
from wearline_processor.readers.samples import Measures
from wearline_processor.recording import Floats, Quality, Reading, Recording

_ROWS_AT_ONCE = 1 << 18


def reading(
    recording: Recording,
    quality: Quality,
    time_zone: str,
    *,
    raw: bool,
    range_g: float | None = None,
) -> Reading:
    """Take the measures of a recording (two rows or more) into its quality record."""
    quality.nominal_hz = recording.fs
    quality.start, quality.end = recording.start, recording.end
    width = max(round(WINDOW_S * recording.fs), 1)
    measures = Measures(RowTally(range_g=range_g), Windows(width / recording.fs))
    size = max(_ROWS_AT_ONCE // width, 1) * width
    for begin in range(0, recording.rows, size):
        _measure(recording, slice(begin, begin + size), width, measures)
    measures.describe(timeline.of_samples(recording.time, recording.fs), quality, time_zone)
    return Reading(quality, recording if raw else None)


def estimated_rate(time: Floats, quality: Quality) -> float:
    """The rate where none is given: of the mean step, gaps left out.

    Without gaps it is to the bit what SKDH's gait takes. The median step would follow how times
    were rounded: 5.1 ms in a recording of 197.09 Hz, and every time would be half a percent off.
    """
    steps = np.diff(time)
    median = float(np.median(steps))
    even = steps[steps < 1.5 * median] if median > 0 else steps
    mean = float(np.mean(even))
    rate = 1 / mean if mean > 0 and np.isfinite(mean) else 1.0
    quality.findings.append(finding("sampling_rate_estimated", measured=rate))
    return rate


def _measure(recording: Recording, rows: slice, width: int, measures: Measures) -> None:
    x, y, z = (np.ascontiguousarray(recording.accel[rows, axis]) for axis in range(3))
    limit = np.inf if measures.rows.range_g is None else 0.997 * measures.rows.range_g
    measures.rows.add((x, y, z), -limit, limit)
    if recording.temperature is not None:
        measures.rows.add_temperatures(recording.temperature[rows])
    means, variances = moments((x, y, z), width)
    measures.windows.add(recording.time[rows][::width][: len(means)], means, variances)
