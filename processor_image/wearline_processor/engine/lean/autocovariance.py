"""The autocovariance of a bout, computed once for the metrics that share it.

SKDH computes the vertical autocovariance of each bout for step regularity and again, from the
same samples, for stride regularity: some 450 passes over the bout each time. What was computed is
remembered by a digest of its samples; where they come again, so do the same numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from skdh.gait.gait_metrics import gait_metrics

from wearline_processor.engine.signals import Floats

# Samples by their digest, and the request beside them.
_Request = tuple[bytes, tuple[int, ...], int, bool, int]


class Autocovariance:
    """As `skdh.gait.gait_metrics.gait_metrics._autocovariancefn`, for one run of a step."""

    def __init__(self) -> None:
        self._compute: Callable[..., Floats] = gait_metrics._autocovariancefn  # noqa: SLF001
        self._found: dict[_Request, Floats] = {}

    def __call__(self, x: Floats, max_lag: int, biased: bool = False, axis: int = 0) -> Floats:
        digest = hashlib.sha256(x.tobytes()).digest()
        request = (digest, x.shape, max_lag, biased, axis)
        if request not in self._found:
            self._found[request] = self._compute(x, max_lag, biased=biased, axis=axis)
        return self._found[request].copy()
