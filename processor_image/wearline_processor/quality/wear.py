"""An estimate of the hours that a device was worn, for the quality record.

The rule of van Hees et al. (2013), doi:10.1371/journal.pone.0061691, without its range criterion:
a quarter of an hour counts as not worn when, over the hour around it, two axes vary by less than
13 mg. It tells a recording that was never worn from one that was; the numbers of a pipeline come
from its own wear detection.
"""

from __future__ import annotations

import numpy as np

from wearline_processor.recording import Floats

_QUARTER_S = 900.0
_STILL_G = 0.013
_MINIMUM_H = 1.0


def worn_hours(starts: Floats, means: Floats, variances: Floats, width_s: float) -> float | None:
    """Hours worn, by windows of `width_s` seconds; None for less than an hour of them."""
    if starts.size * width_s / 3600 < _MINIMUM_H:
        return None
    quarter = np.floor((starts - starts[0]) / _QUARTER_S)
    begins = np.flatnonzero(np.diff(quarter, prepend=-1) != 0)
    sums = (np.ones((starts.size, 1)), means, variances + means**2)
    count, total, square = (np.add.reduceat(values, begins, axis=0) for values in sums)
    count, total, square = (_hour_around(values) for values in (count, total, square))
    spread = square / count - (total / count) ** 2
    worn = (spread < _STILL_G**2).sum(axis=1) < 2
    lengths = np.diff(np.append(begins, starts.size))
    return float((lengths * worn).sum() * width_s / 3600)


def _hour_around(values: Floats) -> Floats:
    """Sums over each quarter with the two before and the one after it."""
    padded = np.pad(values, ((2, 1), (0, 0)))
    return np.asarray(padded[:-3] + padded[1:-2] + padded[2:-1] + padded[3:])
