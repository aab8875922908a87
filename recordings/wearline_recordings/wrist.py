"""The wrist: nights, walks, desk time, housework, and a device on a table.

The model, sample by sample, in the axes of the device (x along the forearm):

    accel = gain * (u(t) + impact(t) u(t) + e(t) w(t)) + offset

- u, the direction of gravity, is a posture that is held for a while (`Manner.hold_s` on average),
  changed within a second, and swayed slowly about itself by `Manner.sway` radians.
- e, the intensity of movement in g, is `Manner.rest` and in bursts `Manner.burst`; the noise of the
  sensor is added to it in squares. w is white noise.
- Walking: the arm hangs and swings by SWING radians at half the cadence; each step adds an impact
  along gravity, the first three harmonics of the cadence. The stride varies by 2 % from second to
  second.
- The temperature of the device goes to that of the skin, the bed or the room with a time constant
  of 10 minutes. Light depends on the activity alone.
- The calibration error (`sensor.uncalibrated`) is drawn with the seed.
- The gyroscope is the rate at which u turns; turns about gravity itself are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from wearline_recordings import knots
from wearline_recordings.schedule import Activity, Period, ordinary_days, samples_in
from wearline_recordings.sensor import Sensor, turning, uncalibrated, unit
from wearline_recordings.signal import Chunk, Floats, Signal

SWING = 0.45  # radians
IMPACTS = (0.32, 0.16, 0.08)  # g, at once, twice and three times the cadence
WARMING_S = 600.0


@dataclass(frozen=True)
class Manner:
    """How an activity looks at the wrist.

    hold_s: mean seconds that a posture is held.
    sway: standard deviation about it, radians; sway_s: seconds for which a sway lasts.
    rest, burst: intensity of movement, g. bursts: share of the seconds that are bursts.
    skin: what the temperature of the device goes to, degrees Celsius. light: lux.
    """

    hold_s: float
    sway: float
    sway_s: float
    rest: float
    burst: float
    bursts: float
    skin: float
    light: float


MANNERS = {
    Activity.SLEEP: Manner(1500, 0.012, 120, 0.002, 0.03, 0.003, skin=34.0, light=0),
    Activity.RESTLESS: Manner(25, 0.15, 20, 0.01, 0.2, 0.35, skin=34.0, light=0),
    Activity.DESK: Manner(150, 0.12, 20, 0.006, 0.05, 0.15, skin=32.0, light=350),
    Activity.HOUSEHOLD: Manner(15, 0.35, 20, 0.05, 0.16, 0.5, skin=32.5, light=200),
    Activity.WALK: Manner(60, 0.08, 20, 0.06, 0.12, 0.2, skin=31.5, light=900),
    Activity.OFF: Manner(float("inf"), 0.0, 20, 0.0, 0.0, 0.0, skin=20.5, light=60),
}


def signal(
    *,
    hours: float,
    hz: float,
    start: datetime,
    seed: int,
    schedule: Sequence[Period] | None = None,
    sensor: Sensor | None = None,
    gyro: bool = False,
) -> Signal:
    """A recording at the wrist.

    hours: its length; with a `schedule`, no longer than that lasts.
    hz: the true sampling rate, which need not be whole.
    start: the wall clock of the first sample.
    schedule: what the wearer does; by default `schedule.ordinary_days`.
    sensor: by default one with a calibration error.
    gyro: make angular velocities too, for an AX6.
    """
    periods = ordinary_days(start, hours, seed) if schedule is None else tuple(schedule)
    samples = samples_in(periods, hours, hz)
    chunks = partial(_chunks, periods, samples, hz, sensor or uncalibrated(seed), seed, gyro)
    return Signal(start, hz, samples, periods, chunks)


def _chunks(
    periods: Sequence[Period], samples: int, hz: float, sensor: Sensor, seed: int, gyro: bool
) -> Iterator[Chunk]:
    temperature = MANNERS[periods[0].activity].skin - 2.0
    done, seconds = 0, 0.0
    for index, period in enumerate(periods):
        seconds += period.seconds
        count = min(round(seconds * hz), samples) - done
        rng = np.random.default_rng([seed, 3, index])
        for chunk in _period(period, count, hz, sensor, rng, temperature, gyro):
            yield chunk
            temperature = float(chunk.temperature[-1])
        done += count


def _period(
    period: Period,
    samples: int,
    hz: float,
    sensor: Sensor,
    rng: np.random.Generator,
    temperature: float,
    gyro: bool,
) -> Iterator[Chunk]:
    manner = MANNERS[period.activity]
    per = knots.samples_per_knot(hz)
    slow = _slow(period, manner, knots.knots_for(samples, per), rng, sensor.noise)
    made = 0
    for which, count in knots.pieces(samples, per):
        u, intensity, phase = np.split(knots.joined(slow[which], per, count), (3, 4), axis=1)
        true = _walking(u, phase) if period.activity is Activity.WALK else unit(u)
        noise = rng.standard_normal((count, 3), dtype=np.float32)
        since = np.arange(made + 1, made + count + 1, dtype=np.float32) / np.float32(hz)
        warmth = manner.skin + (temperature - manner.skin) * np.exp(-since / WARMING_S)
        light = np.full(count, manner.light, dtype=np.float32)
        turned = turning(true, hz, rng) if gyro else None
        yield Chunk(sensor.measured(true + noise * intensity), warmth, light, turned)
        made += count


def _slow(
    period: Period, manner: Manner, count: int, rng: np.random.Generator, noise: float
) -> NDArray[np.float64]:
    """Knots (count, 5): the direction of gravity, the intensity of movement, strides so far."""
    changed = rng.random(count) < 1.0 / manner.hold_s
    held = np.cumsum(changed)
    postures = _postures(period.activity, int(held[-1]) + 1, rng)
    u = postures[held] + manner.sway * knots.smooth_noise(rng, count, 3, manner.sway_s)
    bursting = (rng.random(count) < manner.bursts) | changed
    movement = np.where(bursting, manner.burst * rng.lognormal(0, 0.5, count), manner.rest)
    strides = period.cadence / 120.0 * (1 + 0.02 * rng.standard_normal(count))
    return np.column_stack((u, np.hypot(movement, noise), np.cumsum(strides)))


def _postures(activity: Activity, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Directions (count, 3): any at all, but for walking near that of a hanging arm."""
    postures = rng.standard_normal((count, 3))
    if activity is Activity.WALK:
        postures = np.array([-1.0, 0.1, 0.0]) + 0.08 * postures
    directions: NDArray[np.float64] = postures / np.linalg.norm(postures, axis=1, keepdims=True)
    return directions


def _walking(u: Floats, strides: Floats) -> Floats:
    """Gravity in a swinging arm, with the impacts of the steps along it."""
    stride = np.exp(np.complex64(2j * np.pi) * (strides[:, 0] % 1))
    angle = np.float32(SWING) * stride.imag
    cos, sin = np.cos(angle), np.sin(angle)
    swung = np.column_stack((cos * u[:, 0] - sin * u[:, 2], u[:, 1], sin * u[:, 0] + cos * u[:, 2]))
    step = stride * stride
    first, second, third = IMPACTS
    impact = first * step.real + second * (step * step).imag + third * (step**3).real
    felt: Floats = unit(swung) * (1 + impact)[:, None].astype(np.float32)
    return felt
