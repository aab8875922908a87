"""Moving mean and standard deviation without arrays of the size of the recording.

SKDH computes them from running sums over all samples (Welford's for the deviation), so that
windows come out as differences, and holds the sums for every sample, beside a copy of the
samples: 2.3 GB for a week at 100 Hz. Only the sums at the ends of windows are needed. Here the
same sums run in the same order through pieces that fit the cache, each piece beginning with the
sums that the last one ended with, and only the wanted ones are kept: the same operations, hence
the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from skdh.utility import moving_mean, moving_sd

from wearline_processor.engine.signals import Floats

_PIECE = 1 << 14


def lean_moving_sd(
    a: Floats,
    w_len: int,
    skip: int,
    trim: bool = True,
    axis: int = -1,
    return_previous: bool = True,
) -> Any:  # noqa: ANN401
    """As `skdh.utility.moving_sd`. Windows that touch each other, or overlap by whole steps, of
    (N,) or (N, 3) along the first axis, are computed here; all others by SKDH."""
    along_rows = (a.ndim, axis) in ((1, -1), (1, 0), (2, 0))
    stepping = skip > 1 and w_len % skip == 0 and len(a) >= w_len + skip
    if not along_rows or not stepping:
        return moving_sd(a, w_len, skip, trim=trim, axis=axis, return_previous=return_previous)
    columns = [windowed(column, w_len, skip) for column in a.reshape(len(a), -1).T]
    windows = len(columns[0][0]) if trim else (len(a) - 1) // skip + 1
    sd, mean = (_stacked(parts, windows, a.ndim) for parts in zip(*columns, strict=True))
    return (sd, mean) if return_previous else sd


def _stacked(columns: tuple[Floats, ...], windows: int, dimensions: int) -> Floats:
    """Columns beside each other, each in one piece as SKDH has them; no number where it ended."""
    stacked = np.full((len(columns), windows), np.nan)
    stacked[:, : columns[0].size] = columns
    return stacked[0] if dimensions == 1 else stacked.T


def lean_moving_mean(a: Floats, w_len: int, skip: int, **options: Any) -> Any:  # noqa: ANN401
    """As `skdh.utility.moving_mean`; windows that touch each other, of (N,), are computed here."""
    if a.ndim != 1 or skip != w_len or options or len(a) < 2 * w_len:
        return moving_mean(a, w_len, skip, **options)
    ends = np.empty(a.size // w_len)
    total = 0.0
    windows = max(_PIECE // w_len, 1)
    for begin in range(0, ends.size, windows):
        piece = a[begin * w_len : min(begin + windows, ends.size) * w_len]
        totals = np.cumsum(np.concatenate(([total], piece)))
        ends[begin : begin + windows] = totals[w_len::w_len]
        total = totals[-1]
    if np.isnan(total):  # SKDH has rules of its own for samples that are no number
        return moving_mean(a, w_len, skip)
    return np.diff(ends, prepend=0.0) / w_len


def windowed(x: Floats, width: int, skip: int) -> tuple[Floats, Floats]:
    """Standard deviation and mean of windows of `width` samples of x (N,), one each `skip`.

    A window's width is a whole number of skips.
    """
    sums, squares = _running_sums(x, skip)
    first = width // skip - 1
    sums_at_end, squares_at_end = sums[first:], squares[first:]
    before = len(sums_at_end) - 1  # windows that begin after the first sample
    begins = skip * np.arange(1.0, before + 1)
    inside = sums_at_end[1:] - sums[:before]
    delta = sums[:before] / begins - inside / width
    moments = squares_at_end.copy()
    moments[1:] = (
        squares_at_end[1:] - squares[:before] - delta**2 * width * begins / (begins + width)
    )
    moments = np.maximum(moments, 0.0)  # constant samples may leave less than nothing
    return np.sqrt(moments / (width - 1)), np.concatenate((sums_at_end[:1], inside)) / width


def _running_sums(x: Floats, width: int) -> tuple[Floats, Floats]:
    """Sum of samples, and of their squared distances from the mean, at the end of each window."""
    windows = x.size // width
    sums, squares = np.empty(windows), np.empty(windows)
    total, moment = float(x[0]), 0.0
    for begin in range(1, windows * width, _PIECE):
        piece = x[begin : min(begin + _PIECE, windows * width)]
        before = np.arange(begin, begin + piece.size, dtype=np.float64)  # samples up to each
        totals = np.cumsum(np.concatenate(([total], piece)))
        delta = piece - totals[:-1] / before
        steps = delta * (delta / (before + 1)) * before
        moments = np.cumsum(np.concatenate(([moment], steps)))
        total, moment = totals[-1], moments[-1]
        first = -(-(begin + 1) // width)  # the window that ends first in this piece
        wanted = np.arange(first * width, begin + piece.size + 1, width) - begin
        sums[first - 1 : first - 1 + wanted.size] = totals[wanted]
        squares[first - 1 : first - 1 + wanted.size] = moments[wanted]
    return sums, squares
