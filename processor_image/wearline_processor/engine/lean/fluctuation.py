"""Detrended fluctuation analysis with all windows of a size fitted at once.

SKDH calls scipy.stats.linregress for every window, 70,000 times for two days, with its tests of
significance. The line of least squares has a closed form; residuals are taken from it as SKDH
takes them, so that only the last bits differ (1e-12 at most in the exponent).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import linregress

from wearline_processor.engine.signals import Floats


def dfa(
    a: Floats, scale: float | None = 2 ** (1 / 8), box_sizes: list[int] | None = None
) -> tuple[Floats, Floats, float, float]:
    """As `skdh.utility.math.DFA`: box sizes, fluctuations, exponent, activity balance index.

    C.-K. Peng et al. (1994), Phys. Rev. E 49, 1685, doi:10.1103/PhysRevE.49.1685.
    """
    if box_sizes is None:
        if scale is None:
            raise ValueError("One of `scale` or `box_sizes` must be provided.")
        box_sizes = _box_sizes(a.size, scale)
    profile = np.cumsum(a - np.mean(a))
    sizes = np.asarray(box_sizes)
    fluctuations = np.array([_fluctuation(profile, int(size)) for size in sizes])
    alpha = linregress(np.log(sizes), np.log(fluctuations)).slope
    balance = np.exp(-np.abs(alpha - 1) / np.exp(-2))
    return sizes, fluctuations, alpha, balance


def _box_sizes(samples: int, scale: float) -> list[int]:
    sizes = [4]
    while sizes[-1] < round(samples / 4):
        sizes.append(int(np.ceil(sizes[-1] * scale)))
    return sizes


def _fluctuation(profile: Floats, size: int) -> float:
    """Root mean square of the residuals of a line through each window of `size`."""
    windows = profile[: profile.size // size * size].reshape(-1, size)
    x = np.arange(size) - (size - 1) / 2
    centred = windows - windows.mean(axis=1, keepdims=True)
    slopes = centred @ x / (x @ x)
    residuals = centred - slopes[:, None] * x
    return float(np.sqrt(np.mean(residuals**2)))
