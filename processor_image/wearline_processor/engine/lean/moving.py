"""Moving standard deviation, one axis at a time.

SKDH copies an (N, 3) array to put its axes one after the other, 1.4 GB for a week at 100 Hz, and
then works on each axis by itself. Here each axis is handed over by itself: the same calls of the
same compiled function, hence the same bits, and no copy where the axis is contiguous already.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from skdh.utility import moving_sd

from wearline_processor.engine.signals import Floats


def moving_sd_by_axis(  # noqa: PLR0913 - the signature of skdh.utility.moving_sd
    a: Floats,
    w_len: int,
    skip: int,
    trim: bool = True,  # noqa: FBT001, FBT002
    axis: int = -1,
    return_previous: bool = True,  # noqa: FBT001, FBT002
) -> Any:  # noqa: ANN401
    """As `skdh.utility.moving_sd`; (N, 3) along the first axis goes axis by axis."""
    if a.ndim != 2 or axis != 0:
        return moving_sd(a, w_len, skip, trim=trim, axis=axis, return_previous=return_previous)
    columns = [
        moving_sd(np.ascontiguousarray(column), w_len, skip, trim=trim,
                  return_previous=return_previous)
        for column in a.T
    ]
    if not return_previous:
        return np.stack(columns).T
    return tuple(np.stack(parts).T for parts in zip(*columns, strict=True))
