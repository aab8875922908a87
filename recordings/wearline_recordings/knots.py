"""Slow quantities are drawn once a second (a knot) and joined by straight lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from wearline_recordings.signal import Floats

KNOTS_IN_PIECE = 512  # samples of a piece then fit the cache of a CPU core


def samples_per_knot(hz: float) -> int:
    """Samples from one knot to the next: the whole number nearest to a second's."""
    return max(1, round(hz))


def knots_for(samples: int, per: int) -> int:
    """Knots that `samples` samples need, both ends included."""
    return -(-samples // per) + 1


def pieces(samples: int, per: int) -> Iterator[tuple[slice, int]]:
    """The knots of each piece of a period, and how many samples the piece has."""
    whole = KNOTS_IN_PIECE * per
    for first in range(0, samples, whole):
        count = min(whole, samples - first)
        knot = first // per
        yield slice(knot, knot + knots_for(count, per)), count


def joined(knots: NDArray[np.float64], per: int, samples: int) -> Floats:
    """Straight lines through knots (k, c), `per` samples apart: (samples, c)."""
    low = knots[:-1, None, :].astype(np.float32)
    step = np.diff(knots, axis=0)[:, None, :].astype(np.float32)
    along = (np.arange(per, dtype=np.float32) / np.float32(per))[None, :, None]
    return (low + step * along).reshape(-1, knots.shape[1])[:samples]


def smooth_noise(
    rng: np.random.Generator, count: int, columns: int, seconds: float
) -> NDArray[np.float64]:
    """Noise of unit variance that keeps its value for about `seconds`: (count, columns)."""
    kernel = np.exp(-np.arange(0, 4 * seconds) / seconds)
    kernel /= np.sqrt((kernel**2).sum())
    white = rng.standard_normal((count + kernel.size - 1, columns))
    return np.stack([np.convolve(column, kernel, "valid") for column in white.T], axis=1)
