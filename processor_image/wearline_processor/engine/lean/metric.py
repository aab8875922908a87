"""The acceleration metric ENMO, computed once for each stretch of wear.

SKDH computes it from the samples for epochs and again for minutes, through temporary arrays of
(N, 3). Both are moving means of one series; it is computed once, axis by axis in pieces, with the
same operations on each sample, and SKDH's own moving mean goes over it twice: the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from skdh.activity import metrics
from skdh.utility import moving_mean

from wearline_processor.engine.signals import Floats

_PIECE = 1 << 15


class Metrics:
    """Gives metrics by name, as `skdh.activity.cutpoints.get_metric` does."""

    def __init__(self) -> None:
        self._samples: Floats | None = None
        self._series: Floats | None = None
        self._kind: tuple[bool, bool] | None = None

    def get(self, name: str) -> Callable[..., Any]:
        """The metric; ENMO remembers the series of the samples that it saw last."""
        if name == "metric_enmo":
            return self._enmo
        return getattr(metrics, name)  # type: ignore[no-any-return]

    def _enmo(
        self,
        accel: Floats,
        *,
        wlen: int,
        take_abs: bool = False,
        trim_zero: bool = True,
        **_: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        kind = (take_abs, trim_zero)
        if self._series is None or self._kind != kind or not _same(accel, self._samples):
            self._samples, self._kind = accel, kind
            self._series = enmo(accel, take_abs=take_abs, trim_zero=trim_zero)
        return moving_mean(self._series, wlen, wlen)


def enmo(accel: Floats, *, take_abs: bool, trim_zero: bool) -> Floats:
    """Euclidean norm minus one of accel (N, 3), sample by sample: (N,) in g."""
    series = np.empty(len(accel))
    for begin in range(0, len(accel), _PIECE):
        x, y, z = accel[begin : begin + _PIECE].T
        norm = x * x
        norm += y * y
        norm += z * z
        np.sqrt(norm, out=norm)
        norm -= 1
        if take_abs:
            np.abs(norm, out=norm)
        if trim_zero:
            np.maximum(norm, 0, out=norm)
        series[begin : begin + _PIECE] = norm
    return series


def _same(accel: Floats, other: Floats | None) -> bool:
    """Whether both are the same stretch of the same array; SKDH slices it anew for each metric."""
    return (
        other is not None
        and accel.shape == other.shape
        and accel.__array_interface__["data"] == other.__array_interface__["data"]
    )
