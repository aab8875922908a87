"""Could the accelerometer be calibrated from this recording, and what would it gain?

The autocalibration of van Hees et al. (2014), doi:10.1152/japplphysiol.00421.2014: in still
windows the device measures gravity alone, so its readings lie on a sphere of 1 g; the offset and
scale of each axis are fitted until they do. This judges the recording only: the processor's
CalibrateAccelerometer step is what changes samples.
"""

from __future__ import annotations

import numpy as np

from wearline_processor.recording import Calibration, Floats

_STILL_G = 0.013
_REACH_G = 0.3  # still windows must lie on both sides of every axis
_MINIMUM_H = 72.0  # as SKDH's CalibrateAccelerometer
_MINIMUM_WINDOWS = 10
_ROUNDS, _ENOUGH = 100, 1e-8


def judge(means: Floats, variances: Floats, width_s: float) -> Calibration:
    """Judge by windows of `width_s` seconds: means (W, 3) in g, variances (W, 3) in g²."""
    still = means[(variances < _STILL_G**2).all(axis=1)]
    norms = np.linalg.norm(still, axis=1)
    still = still[(norms > 0.5) & (norms < 1.5)]
    before = _error_mg(still) if len(still) else None
    reason = _obstacle(still, len(means) * width_s / 3600)
    if reason is not None:
        return Calibration(False, reason, before, None)
    return Calibration(True, None, before, _error_mg(_calibrated(still)))


def _obstacle(still: Floats, hours: float) -> str | None:
    if hours < _MINIMUM_H:
        return f"it is {hours:.1f} h long and calibration needs {_MINIMUM_H:.0f} h"
    if len(still) < _MINIMUM_WINDOWS:
        return f"the device was still in only {len(still)} windows of some seconds"
    if (still.max(axis=0) < _REACH_G).any() or (still.min(axis=0) > -_REACH_G).any():
        return "while still, the device never lay on both sides of every axis"
    return None


def _error_mg(points: Floats) -> float:
    return float(1000 * np.abs(np.linalg.norm(points, axis=1) - 1).mean())


def _calibrated(still: Floats) -> Floats:
    """The points after iterative closest-point fitting, one axis and round at a time."""
    points, weights, error = still, np.ones(len(still)), np.inf
    for _ in range(_ROUNDS):
        norms = np.linalg.norm(points, axis=1, keepdims=True)
        target = points / norms
        moved = np.column_stack([_line(points[:, k], target[:, k], weights) for k in range(3)])
        distance = np.linalg.norm(moved - target, axis=1)
        weights = np.minimum(1 / np.maximum(distance, 1e-9), 100)
        points, previous, error = moved, error, float(distance.mean())
        if abs(previous - error) < _ENOUGH:
            break
    return points


def _line(x: Floats, y: Floats, weights: Floats) -> Floats:
    """The points of the weighted least-squares line from x to y."""
    total = weights.sum()
    x_mean, y_mean = (weights @ x) / total, (weights @ y) / total
    spread = weights @ (x - x_mean) ** 2
    slope = (weights @ ((x - x_mean) * (y - y_mean))) / spread if spread > 0 else 1.0
    return np.asarray(y_mean + slope * (x - x_mean))
