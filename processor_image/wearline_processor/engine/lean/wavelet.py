"""The power band of a wavelet transform as one convolution.

SKDH transforms a day at each of some 25 scales, 1.7 GB of coefficients at 100 Hz, and then only
sums them over the scales. A convolution is linear: the sum of the transforms is the transform
with the sum of the wavelets, which is one convolution (by FFT; the last bits of the sum differ).
"""

from __future__ import annotations

import numpy as np
import pywt
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from wearline_processor.engine.signals import Floats


def summed_cwt(
    data: Floats,
    scales: NDArray[np.int64],
    wavelet: str,
    sampling_period: float = 1.0,
) -> tuple[Floats, Floats]:
    """As `pywt.cwt(data, scales, wavelet)`, but (1, N): the sum of its coefficients over scales.

    For a real wavelet and data of shape (N,).
    """
    kernel, first = summed_kernel(scales, wavelet)
    summed = oaconvolve(data, kernel)[first : first + data.size]
    frequencies = pywt.scale2frequency(wavelet, scales) / sampling_period
    return summed[None, :], frequencies


def summed_kernel(scales: NDArray[np.int64], wavelet: str) -> tuple[Floats, int]:
    """The kernel of the summed transform, and the place of its first coefficient.

    At a scale s, pywt takes -sqrt(s) times the differences of a convolution with the integral of
    the wavelet, and of that its middle part (pywt/_cwt.py).
    """
    integral, x = pywt.integrate_wavelet(pywt.ContinuousWavelet(wavelet), precision=12)
    parts = [
        -np.sqrt(scale) * np.diff(_sampled(integral, x, scale), prepend=0, append=0)
        for scale in scales
    ]
    middles = [(part.size - 3) // 2 for part in parts]
    middle = max(middles)
    kernel = np.zeros(
        max(middle - own + part.size for own, part in zip(middles, parts, strict=True))
    )
    for own, part in zip(middles, parts, strict=True):
        kernel[middle - own : middle - own + part.size] += part
    return kernel, middle + 1


def _sampled(integral: Floats, x: Floats, scale: float) -> Floats:
    """The integral of the wavelet at a scale, reversed, as pywt samples it."""
    steps = np.arange(scale * (x[-1] - x[0]) + 1) / (scale * (x[1] - x[0]))
    places = steps.astype(int)
    sampled: Floats = integral[places[places < integral.size]][::-1]
    return sampled
