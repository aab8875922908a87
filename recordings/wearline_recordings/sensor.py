"""What a sensor does to the truth: a calibration error and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wearline_recordings.signal import Floats

Axes = tuple[float, float, float]
GYRO_NOISE = 0.15  # degrees a second


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
        gain, offset = np.array((self.gain, self.offset), dtype=np.float32)
        scaled: Floats = true * gain + offset
        return scaled


def uncalibrated(seed: int) -> Sensor:
    """A sensor as it leaves the factory: gain within 1.5 %, offset within 25 mg of the ideal."""
    rng = np.random.default_rng([seed, 2])
    gain = rng.uniform(0.985, 1.015, 3).round(4)
    offset = rng.uniform(-0.025, 0.025, 3).round(4)
    return Sensor(gain=tuple(gain.tolist()), offset=tuple(offset.tolist()))


def unit(u: Floats) -> Floats:
    """Vectors (n, 3) scaled to length 1."""
    length = np.sqrt(np.einsum("ij,ij->i", u, u))
    scaled: Floats = u / np.maximum(length, np.float32(1e-3))[:, None]
    return scaled


def turning(gravity: Floats, hz: float, rng: np.random.Generator) -> Floats:
    """What a gyroscope measures, degrees a second: the rotation that makes `gravity` (n, 3) turn
    in the axes of the device, and noise. Turns about gravity itself cannot be seen from it."""
    u = unit(gravity)
    rate = np.gradient(u, axis=0) * np.float32(hz) if len(u) > 1 else np.zeros_like(u)
    noise = rng.standard_normal(u.shape, dtype=np.float32) * np.float32(GYRO_NOISE)
    return np.rad2deg(np.cross(rate, u)).astype(np.float32) + noise
