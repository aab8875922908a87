"""Means and spreads of acceleration over short windows: what calibration and wear are judged by.

A week of five-second windows is 7 MB, whatever the sampling rate, so that the quality record
needs no samples in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wearline_processor.recording import Floats

WINDOW_S = 5.0


@dataclass(slots=True)
class Windows:
    """Windows collected so far, of `width_s` seconds each: instants (W,), means (W, 3) and
    variances (W, 3) in g. Readers choose a whole number of blocks near `WINDOW_S`."""

    width_s: float = WINDOW_S
    _starts: list[Floats] = field(default_factory=list)
    _means: list[Floats] = field(default_factory=list)
    _variances: list[Floats] = field(default_factory=list)

    def add(self, starts: Floats, means: Floats, variances: Floats) -> None:
        self._starts.append(starts)
        self._means.append(means)
        self._variances.append(variances)

    def collected(self) -> tuple[Floats, Floats, Floats]:
        """All windows in order."""
        if not self._starts:
            return np.empty(0), np.empty((0, 3)), np.empty((0, 3))
        starts = np.concatenate(self._starts)
        return starts, np.concatenate(self._means), np.concatenate(self._variances)


def moments(axes: Sequence[NDArray[np.generic]], width: int) -> tuple[Floats, Floats]:
    """Means and variances of each axis over whole windows of `width` samples: two (W, 3) arrays.

    axes: three (N,) arrays of any number type, in any one unit. The first sample of a window is
    taken off before squaring, so that single precision is enough.
    """
    count = axes[0].size // width
    means, variances = np.empty((count, 3)), np.empty((count, 3))
    for axis, values in enumerate(axes):
        windows = values[: count * width].reshape(count, width).astype(np.float32)
        origin = windows[:, :1].copy()
        windows -= origin
        mean = windows.mean(axis=1, dtype=np.float32)
        square = np.einsum("ij,ij->i", windows, windows) / width
        means[:, axis] = origin[:, 0] + mean
        variances[:, axis] = np.maximum(square - mean * mean, 0)
    return means, variances
