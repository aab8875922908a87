"""Resampling one axis at a time, in pieces that fit the processor's cache.

SKDH filters whole arrays forwards and backwards and then keeps every fifth sample. A recursive
filter works on one sample after the other, so that running it piece by piece, handing on its
state, computes the same numbers in the same order: the same bits. Only one filtered axis is ever
held, and of it only the samples that are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.signal import cheby1, sosfilt, sosfilt_zi
from skdh.utility.internal import apply_resample as skdh_apply_resample

from wearline_processor.engine.signals import Floats

_PIECE = 1 << 16


def apply_resample(
    *,
    time: Floats,
    goal_fs: float | None = None,
    time_rs: Floats | None = None,
    data: Sequence[Floats | None] = (),
    indices: Sequence[Any] = (),
    aa_filter: bool = True,
    fs: float | None = None,
    spent: bool = False,
) -> tuple[Any, ...]:
    """As `skdh.utility.internal.apply_resample`, which still does times and indices.

    Spent data are overwritten.
    What is not a plain resampling from a known to a lower known rate goes to SKDH as it is.
    """
    if time_rs is not None or goal_fs is None or fs is None or fs < goal_fs or not aa_filter:
        return tuple(
            skdh_apply_resample(
                time=time,
                goal_fs=goal_fs,
                time_rs=time_rs,
                data=data,
                indices=indices,
                aa_filter=aa_filter,
                fs=fs,
            )
        )
    resampled, *rest = skdh_apply_resample(
        time=time, goal_fs=goal_fs, indices=indices, aa_filter=aa_filter, fs=fs
    )
    columns = tuple(_signal(each, time, resampled, (fs, goal_fs), spent) for each in data)
    return (resampled, columns, *rest) if data else (resampled, *rest)


def zero_phase(sos: Floats, x: Floats, every: int = 1, *, spent: bool = False) -> Floats:
    """Every `every`-th sample of `scipy.signal.sosfiltfilt(sos, x)`, for x of shape (N,).

    A spent x is overwritten. Raises ValueError, as scipy does, for fewer samples than the filter
    is padded with.
    """
    edge = _padding(sos)
    if x.size <= edge:
        raise ValueError(f"{x.size} samples are too few to pad the filter with {edge}.")
    head = 2 * x[0] - x[edge:0:-1]
    tail = 2 * x[-1] - x[-2 : -(edge + 2) : -1]
    body = x if spent else np.empty_like(x)
    state = sosfilt_zi(sos) * head[0]
    for part, filtered in ((head, head), (x, body), (tail, tail)):
        state = _forwards(sos, part, filtered, state)
    state = sosfilt_zi(sos) * tail[-1]
    _, state = sosfilt(sos, tail[::-1], zi=state)
    return _backwards(sos, body, every, state)


def _signal(
    data: Floats | None,
    time: Floats,
    resampled: Floats,
    rates: tuple[float, float],
    spent: bool,
) -> Floats | None:
    if data is None:
        return None
    columns = np.empty((1 if data.ndim == 1 else data.shape[1], resampled.size))
    for axis, column in zip(data.reshape(len(data), -1).T, columns, strict=True):
        column[:] = _axis(axis, time, resampled, rates, spent=spent)
    return columns[0] if data.ndim == 1 else columns.T


def _axis(
    x: Floats, time: Floats, resampled: Floats, rates: tuple[float, float], *, spent: bool
) -> Floats:
    """The filter is SKDH's: that of scipy.signal.decimate where the rate is a whole multiple."""
    fs, goal_fs = rates
    factor = fs / goal_fs
    whole = int(factor) == factor
    sos = cheby1(8, 0.05, 0.8 / factor if whole else goal_fs / fs, output="sos")
    if whole and factor > 1:
        filtered = zero_phase(sos, x, int(factor), spent=spent)
        return filtered[: _count(time, resampled, int(factor))]
    return np.interp(resampled, time, zero_phase(sos, x, spent=spent))


def _count(time: Floats, resampled: Floats, every: int) -> int:
    """How many samples SKDH keeps: those up to the last that is not later than the last instant."""
    last = time.size - 1
    while time[last] > resampled[-1]:
        last -= 1
    return -(-(last + 1) // every)


def _padding(sos: Floats) -> int:
    """The padding that scipy.signal.sosfiltfilt takes by default."""
    taps = 2 * len(sos) + 1 - min(int((sos[:, 2] == 0).sum()), int((sos[:, 5] == 0).sum()))
    return 3 * taps


def _forwards(sos: Floats, part: Floats, filtered: Floats, state: Floats) -> Floats:
    """Filter a part into `filtered`, which may be the part itself; the state goes on."""
    for begin in range(0, part.size, _PIECE):
        piece = slice(begin, begin + _PIECE)
        filtered[piece], state = sosfilt(sos, part[piece], zi=state)
    return state


def _backwards(sos: Floats, body: Floats, every: int, state: Floats) -> Floats:
    """Filter from the end to the start, and keep every `every`-th sample."""
    kept = np.empty(-(-body.size // every)) if every > 1 else body
    for end in range(body.size, 0, -_PIECE):
        begin = max(end - _PIECE, 0)
        piece, state = sosfilt(sos, body[begin:end][::-1], zi=state)
        first = -(-begin // every)
        wanted = piece[::-1][first * every - begin :: every]
        kept[first : first + wanted.size] = wanted
    return kept
