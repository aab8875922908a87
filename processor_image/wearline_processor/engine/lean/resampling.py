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
) -> tuple[Any, ...]:
    """As `skdh.utility.internal.apply_resample`, which still does times and indices.

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
    columns = tuple(_signal(each, time, resampled, fs, goal_fs) for each in data)
    return (resampled, columns, *rest) if data else (resampled, *rest)


def zero_phase(sos: Floats, x: Floats, every: int = 1) -> Floats:
    """Every `every`-th sample of `scipy.signal.sosfiltfilt(sos, x)`, for x of shape (N,).

    Raises ValueError, as scipy does, for fewer samples than the filter is padded with.
    """
    edge = _padding(sos)
    if x.size <= edge:
        raise ValueError(f"{x.size} samples are too few to pad the filter with {edge}.")
    head = 2 * x[0] - x[edge:0:-1]
    tail = 2 * x[-1] - x[-2 : -(edge + 2) : -1]
    forwards = np.empty(x.size + 2 * edge)
    _filter(sos, (head, x, tail), forwards)
    kept = np.empty(-(-x.size // every))
    _backwards(sos, forwards, edge, every, kept)
    return kept


def _signal(
    data: Floats | None, time: Floats, resampled: Floats, fs: float, goal_fs: float
) -> Floats | None:
    if data is None:
        return None
    if data.ndim == 1:
        return _axis(data, time, resampled, fs, goal_fs)
    return np.stack([_axis(axis, time, resampled, fs, goal_fs) for axis in data.T]).T


def _axis(x: Floats, time: Floats, resampled: Floats, fs: float, goal_fs: float) -> Floats:
    """The filter is SKDH's: that of scipy.signal.decimate where the rate is a whole multiple."""
    factor = fs / goal_fs
    whole = int(factor) == factor
    sos = cheby1(8, 0.05, 0.8 / factor if whole else goal_fs / fs, output="sos")
    if whole and factor > 1:
        return zero_phase(sos, x, int(factor))[: _count(time, resampled, int(factor))]
    return np.interp(resampled, time, zero_phase(sos, x))


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


def _filter(sos: Floats, parts: Sequence[Floats], out: Floats) -> None:
    """Filter the parts, one after the other, into `out`."""
    state = sosfilt_zi(sos) * parts[0][0]
    done = 0
    for part in parts:
        for begin in range(0, part.size, _PIECE):
            piece, state = sosfilt(sos, part[begin : begin + _PIECE], zi=state)
            out[done : done + piece.size] = piece
            done += piece.size


def _backwards(sos: Floats, forwards: Floats, edge: int, every: int, kept: Floats) -> None:
    """Filter from the end to the start, keeping every `every`-th sample between the edges."""
    state = sosfilt_zi(sos) * forwards[-1]
    for end in range(forwards.size, 0, -_PIECE):
        begin = max(end - _PIECE, 0)
        piece, state = sosfilt(sos, forwards[begin:end][::-1], zi=state)
        _keep(piece[::-1], begin - edge, every, kept)


def _keep(piece: Floats, begin: int, every: int, kept: Floats) -> None:
    """Put the wanted samples of a piece that begins at sample `begin` into their places."""
    first = -(-max(begin, 0) // every)
    wanted = piece[first * every - begin :: every]
    count = min(wanted.size, kept.size - first)
    if count > 0:
        kept[first : first + count] = wanted[:count]
