"""Calibration fitted by SKDH and applied in place.

SKDH applies a calibration with four temporary arrays of the size of the recording. Each sample is
calibrated by itself, `(a + offset) * scale + (T - mean T) * drift`, so that doing it in place and
in pieces, in the same order of operations, gives the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skdh.preprocessing import CalibrateAccelerometer

from wearline_processor.engine import stock
from wearline_processor.engine.lean.moving import lean_moving_mean, lean_moving_sd
from wearline_processor.engine.signals import Floats, Signals
from wearline_processor.engine.substitution import Substitute, substituted
from wearline_processor.steps import Step

_PIECE = 1 << 16
_MOVING = (
    Substitute("skdh.preprocessing.calibrate", "moving_sd", lean_moving_sd),
    Substitute("skdh.preprocessing.calibrate", "moving_mean", lean_moving_mean),
)


class _Fit(CalibrateAccelerometer):  # type: ignore[misc]
    """SKDH's calibration, which tells what it fitted last."""

    fitted: tuple[Any, ...] = (False,)

    def _do_iterative_closest_point_fit(self, store: Any) -> tuple[Any, ...]:  # noqa: ANN401
        self.fitted = super()._do_iterative_closest_point_fit(store)
        return self.fitted


def calibrate(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Fit on SKDH's terms; where that succeeds, calibrate `signals["accel"]` in place."""
    process = _Fit(**step.given)
    with substituted(*_MOVING):
        results = stock.call(process, {**signals, "apply": False})
    succeeded, *fit = process.fitted
    if succeeded:
        apply(signals["accel"], signals.get("temperature"), *fit)
    return results


def apply(
    accel: Floats,
    temperature: Floats | None,
    offset: Floats,
    scale: Floats,
    drift: Floats,
    mean_temperature: float,
) -> None:
    """Calibrate accel (N, 3) in place; drift is (1, 3), in g per degree Celsius."""
    for begin in range(0, len(accel), _PIECE):
        piece = slice(begin, begin + _PIECE)
        warmth = None if temperature is None else temperature[piece] - mean_temperature
        for axis in range(3):
            samples = accel[piece, axis]
            samples += offset[axis]
            samples *= scale[axis]
            if warmth is not None:
                samples += warmth * drift[0, axis]
