"""Moving maximum and minimum from those of the steps that the windows have in common.

SKDH looks at every sample once for each window that holds it, in a copy of all samples. Windows
that overlap by whole steps share those: the extreme of a window is the extreme of its steps',
exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from skdh.utility.math import moving_max, moving_min

from wearline_processor.engine.signals import Floats


def lean_moving_max(a: Floats, w_len: int, skip: int, trim: bool = True, axis: int = -1) -> Any:  # noqa: ANN401
    """As `skdh.utility.math.moving_max`."""
    found = _extremes(np.maximum, a, w_len, skip, axis)
    return (
        moving_max(a, w_len, skip, trim, axis) if found is None else _padded(found, a, skip, trim)
    )


def lean_moving_min(a: Floats, w_len: int, skip: int, trim: bool = True, axis: int = -1) -> Any:  # noqa: ANN401
    """As `skdh.utility.math.moving_min`."""
    found = _extremes(np.minimum, a, w_len, skip, axis)
    return (
        moving_min(a, w_len, skip, trim, axis) if found is None else _padded(found, a, skip, trim)
    )


def _extremes(extreme: np.ufunc, a: Floats, w_len: int, skip: int, axis: int) -> Floats | None:
    """(3, W) of a (N, 3) along the first axis; None for what is left to SKDH: other shapes and
    steps, and samples that are no number, for which it has rules of its own."""
    if a.ndim != 2 or axis != 0 or w_len % skip or len(a) < w_len:
        return None
    steps, shared = len(a) // skip, w_len // skip
    of_steps = np.array(
        [extreme.reduce(column[: steps * skip].reshape(steps, skip), axis=1) for column in a.T]
    )
    if np.isnan(of_steps).any():
        return None
    windows = np.lib.stride_tricks.sliding_window_view(of_steps, shared, axis=1)
    return np.asarray(extreme.reduce(windows, axis=2))


def _padded(found: Floats, a: Floats, skip: int, trim: bool) -> Floats:
    padded = np.full((len(found), found.shape[1] if trim else (len(a) - 1) // skip + 1), np.nan)
    padded[:, : found.shape[1]] = found
    return padded.T
