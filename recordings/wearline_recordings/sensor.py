"""What a sensor does to the truth: a calibration error and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wearline_recordings.signal import Floats

Axes = tuple[float, float, float]


@dataclass(frozen=True)
class Sensor:
    """measured = gain * true + offset + noise, for each axis.

    gain: without unit. offset: in g. noise: standard deviation in g, white.
    The default noise is that of the devices at rest: below 3 mg, which wear detection asks of a
    device on a table.
    """

    gain: Axes = (1.0, 1.0, 1.0)
    offset: Axes = (0.0, 0.0, 0.0)
    noise: float = 0.0016

    def measured(self, true: Floats) -> Floats:
        """(n, 3) in g as the sensor reports it; the noise is already part of `true`."""
        return true * np.float32(self.gain) + np.float32(self.offset)


def uncalibrated(seed: int) -> Sensor:
    """A sensor as it leaves the factory: gain within 1.5 %, offset within 25 mg of the ideal."""
    rng = np.random.default_rng([seed, 2])
    gain = rng.uniform(0.985, 1.015, 3).round(4)
    offset = rng.uniform(-0.025, 0.025, 3).round(4)
    return Sensor(gain=tuple(gain.tolist()), offset=tuple(offset.tolist()))
