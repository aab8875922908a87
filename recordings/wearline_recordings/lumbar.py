"""The lower back: walking with strides, sitting, standing, and the transfers between them.

The device sits on the belt: x points up, y to the left, z forward. Per sample, in g:

    x =  (1 + v) cos(p) + f sin(p)
    y =  s
    z = -(1 + v) sin(p) + f cos(p)

with the pitch p of the trunk in radians, forward positive, and the accelerations v (up), s (to the
side) and f (forward) of the body.

- Walking: v, s and f are sums of harmonics of the stride (`HARMONICS`): the even ones, once and
  more a step, move up and forward; the odd ones, which differ between left and right, to the side.
  Amplitudes and phases are of the size that healthy adults show at the lower back. The stride
  varies by 1.5 % from second to second, the amplitude by 4 %, and the first second swells from 0.
- Rising: the trunk leans forward by LEAN radians and back while the body moves up by HEIGHT_M and
  forward by FORWARD_M, along a path of minimum jerk. Sitting down is the reverse.
- Sitting and standing: a pitch of their own, with slow sway. White noise, in walking also that of
  soft tissue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

import numpy as np

from wearline_recordings import knots
from wearline_recordings.schedule import Activity, Period, clinic_visit, samples_in
from wearline_recordings.sensor import Sensor, turning
from wearline_recordings.signal import Chunk, Floats, Signal

# Harmonic of the stride, amplitude in g, phase in radians; for v, s and f.
HARMONICS: tuple[tuple[tuple[int, float, float], ...], ...] = (
    ((2, 0.26, -2.40), (4, 0.03, -2.30), (6, 0.10, 1.15), (8, 0.09, -1.90), (10, 0.06, 1.10)),
    ((1, 0.05, -0.10), (3, 0.07, 0.55), (5, 0.08, -2.50), (7, 0.05, 0.80), (9, 0.03, -2.05)),
    ((2, 0.19, 2.40), (4, 0.10, 0.30), (6, 0.10, -2.20), (8, 0.06, 2.20), (10, 0.04, -1.00)),
)
HARMONICS_CADENCE = 108  # steps a minute; amplitudes go with the square of the cadence
PITCH = {Activity.SIT: -0.20, Activity.STAND: 0.03, Activity.WALK: 0.03}
SWAY = {Activity.SIT: 0.002, Activity.STAND: 0.004, Activity.WALK: 0.02}  # radians
TISSUE = 0.02  # g, the noise of walking
LEAN, HEIGHT_M, FORWARD_M = 0.55, 0.38, 0.25
GRAVITY = 9.80665  # m/s^2
SKIN_C, LIGHT_LUX = 31.0, 5.0


def signal(
    *,
    hours: float,
    hz: float,
    start: datetime,
    seed: int,
    cadence: float = 108.0,
    schedule: Sequence[Period] | None = None,
    sensor: Sensor | None = None,
    gyro: bool = False,
) -> Signal:
    """A recording at the lower back.

    hours: its length; with a `schedule`, no longer than that lasts.
    hz: the true sampling rate, which need not be whole.
    start: the wall clock of the first sample.
    cadence: steps a minute of the default schedule, `schedule.clinic_visit`.
    schedule: periods of sitting, rising, standing, walking and sitting down.
    sensor: by default one without a calibration error.
    gyro: make angular velocities too, of the pitch alone.
    """
    periods = clinic_visit(hours * 3600, cadence) if schedule is None else tuple(schedule)
    samples = samples_in(periods, hours, hz)
    chunks = partial(_chunks, periods, samples, hz, sensor or Sensor(), seed, gyro)
    return Signal(start, hz, samples, periods, chunks)


def _chunks(
    periods: Sequence[Period], samples: int, hz: float, sensor: Sensor, seed: int, gyro: bool
) -> Iterator[Chunk]:
    done, seconds = 0, 0.0
    for index, period in enumerate(periods):
        seconds += period.seconds
        count = min(round(seconds * hz), samples) - done
        rng = np.random.default_rng([seed, 4, index])
        for body, pitch, intensity in _period(period, count, hz, rng):
            gravity = np.column_stack((np.cos(pitch), np.zeros_like(pitch), -np.sin(pitch)))
            noise = rng.standard_normal(body.shape, dtype=np.float32)
            noise *= np.float32(np.hypot(intensity, sensor.noise))
            true = gravity + _in_device(body, pitch) + noise
            warmth, light = np.full_like(pitch, SKIN_C), np.full_like(pitch, LIGHT_LUX)
            turned = turning(gravity, hz, rng) if gyro else None
            yield Chunk(sensor.measured(true), warmth, light, turned)
        done += count


def _in_device(body: Floats, pitch: Floats) -> Floats:
    """Accelerations up, to the side and forward, in the axes of a device pitched forward."""
    up, side, forward = body.T
    cos, sin = np.cos(pitch), np.sin(pitch)
    return np.column_stack((up * cos + forward * sin, side, forward * cos - up * sin))


def _period(
    period: Period, samples: int, hz: float, rng: np.random.Generator
) -> Iterator[tuple[Floats, Floats, float]]:
    """Pieces of a period: body acceleration (n, 3) in g, pitch (n,), and noise in g."""
    if period.activity in (Activity.RISE, Activity.SIT_DOWN):
        yield *_transfer(period, samples, hz), 0.0
        return
    per = knots.samples_per_knot(hz)
    count = knots.knots_for(samples, per)
    walking = period.activity is Activity.WALK
    pitch = PITCH[period.activity] + SWAY[period.activity] * knots.smooth_noise(rng, count, 1, 5.0)
    strides = np.cumsum(period.cadence / 120 * (1 + 0.015 * rng.standard_normal(count)))
    vigour = (period.cadence / HARMONICS_CADENCE) ** 2 * (1 + 0.04 * rng.standard_normal(count))
    vigour[0] = 0
    slow = np.column_stack((pitch, strides, vigour))
    for which, length in knots.pieces(samples, per):
        joined = knots.joined(slow[which], per, length)
        body = _strides(joined[:, 1], joined[:, 2]) if walking else np.zeros((length, 3))
        yield body.astype(np.float32), joined[:, 0], TISSUE if walking else 0.0


def _strides(strides: Floats, vigour: Floats) -> Floats:
    """Acceleration up, to the side and forward (n, 3) in g, `strides` strides after the first."""
    angle = np.float32(2 * np.pi) * (strides % 1)
    axes = (
        sum(a * np.cos(np.float32(k) * angle + np.float32(phase)) for k, a, phase in harmonics)
        for harmonics in HARMONICS
    )
    return np.column_stack([axis * vigour for axis in axes])


def _transfer(period: Period, samples: int, hz: float) -> tuple[Floats, Floats]:
    """Rising, or sitting down, its reverse: acceleration of the body (n, 3) in g, and the pitch.

    The path of minimum jerk: T. Flash and N. Hogan, J. Neurosci. 5(7), 1985, equation 6.
    """
    done = np.arange(samples) / hz / period.seconds
    s = done if period.activity is Activity.RISE else 1 - done
    path = s**3 * (10 - 15 * s + 6 * s**2)
    pull = (60 * s - 180 * s**2 + 120 * s**3) / period.seconds**2 / GRAVITY
    pitch = PITCH[Activity.SIT] * (1 - path) + PITCH[Activity.STAND] * path
    pitch += LEAN * np.sin(np.pi * s) ** 2
    body = np.column_stack((HEIGHT_M * pull, np.zeros(samples), FORWARD_M * pull))
    return body.astype(np.float32), pitch.astype(np.float32)
