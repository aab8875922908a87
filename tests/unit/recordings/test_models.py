"""The signal models say what they promise."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.recordings.conftest import START

from wearline_recordings import lumbar, wrist
from wearline_recordings.schedule import Activity, Period, ordinary_days
from wearline_recordings.sensor import Sensor
from wearline_recordings.signal import Chunk

IDEAL = Sensor(noise=0.0016)


def at_the_wrist(activity: Activity, cadence: float = 0) -> Chunk:
    schedule = [Period(activity, 1200, cadence)]
    return wrist.signal(
        hours=1, hz=50, start=START, seed=1, schedule=schedule, sensor=IDEAL
    ).whole()


def strongest_frequency(signal: NDArray[np.floating], hz: float) -> float:
    power = np.abs(np.fft.rfft(signal - signal.mean()))
    return float(np.argmax(power) * hz / len(signal))


def length(chunk: Chunk) -> NDArray[np.floating]:
    squares: NDArray[np.floating] = (chunk.accel.astype(np.float64) ** 2).sum(axis=1)
    lengths: NDArray[np.floating] = np.sqrt(squares)
    return lengths


def test_a_device_on_the_table_measures_one_g_with_less_than_3_mg_of_noise() -> None:
    off = at_the_wrist(Activity.OFF)
    assert off.accel.std(axis=0).max() < 0.003
    assert length(off).mean() == pytest.approx(1, abs=0.001)


def test_a_device_on_the_table_cools_to_the_room() -> None:
    schedule = [Period(Activity.DESK, 600), Period(Activity.OFF, 5400)]
    signal = wrist.signal(hours=2, hz=20, start=START, seed=1, schedule=schedule)
    temperature = signal.whole().temperature
    assert temperature[599 * 20] > 30
    assert temperature[-1] == pytest.approx(20.5, abs=0.1)
    assert np.abs(np.diff(temperature)).max() < 0.01


@pytest.mark.parametrize("cadence", [90, 112])
def test_steps_at_the_wrist_come_at_the_stated_cadence(cadence: float) -> None:
    walking = at_the_wrist(Activity.WALK, cadence)
    assert strongest_frequency(length(walking), 50) * 60 == pytest.approx(cadence, rel=0.03)


def test_intensity_rises_from_the_table_over_sleep_desk_and_housework_to_walking() -> None:
    order = [Activity.OFF, Activity.SLEEP, Activity.DESK, Activity.HOUSEHOLD, Activity.WALK]
    spread = [np.abs(length(at_the_wrist(activity, 110)) - 1).mean() for activity in order]
    assert all(low < high for low, high in pairwise(spread))


def test_calibration_error_stretches_and_moves_each_axis() -> None:
    sensor = Sensor(gain=(1.1, 1.0, 0.9), offset=(0.0, 0.05, 0.0), noise=0.0)
    schedule = [Period(Activity.OFF, 10)]
    true, measured = (
        wrist.signal(hours=1, hz=50, start=START, seed=1, schedule=schedule, sensor=worn)
        .whole()
        .accel
        for worn in (Sensor(noise=0.0), sensor)
    )
    assert np.allclose(measured, true * [1.1, 1.0, 0.9] + [0.0, 0.05, 0.0], atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_ordinary_days_have_a_night_of_about_eight_hours_and_three_walks(seed: int) -> None:
    periods = ordinary_days(START, 24, seed)
    minutes = {
        activity: sum(p.seconds for p in periods if p.activity is activity) / 60
        for activity in Activity
    }
    assert minutes[Activity.SLEEP] + minutes[Activity.RESTLESS] == pytest.approx(480, abs=20)
    assert minutes[Activity.OFF] == pytest.approx(90, abs=20)
    assert len([p for p in periods if p.activity is Activity.WALK and p.cadence > 100]) == 3


def test_a_recording_that_starts_at_night_starts_in_bed() -> None:
    night = START.replace(hour=3)
    assert ordinary_days(night, 12, 1)[0].activity in (Activity.SLEEP, Activity.RESTLESS)


@pytest.mark.parametrize("cadence", [90, 108, 120])
def test_steps_at_the_lower_back_come_at_the_stated_cadence(cadence: float) -> None:
    schedule = [Period(Activity.WALK, 120, cadence)]
    chunk = lumbar.signal(hours=1, hz=100, start=START, seed=1, schedule=schedule).whole()
    up, side = chunk.accel[:, 0], chunk.accel[:, 1]
    assert strongest_frequency(up, 100) * 60 == pytest.approx(cadence, rel=0.03)
    assert strongest_frequency(side, 100) * 60 % (cadence / 2) < cadence  # odd harmonics
    assert chunk.accel.mean(axis=0) == pytest.approx([1, 0, 0], abs=0.05)


def test_rising_lifts_the_body_by_the_stated_height() -> None:
    schedule = [Period(Activity.RISE, 1.8)]
    sensor = Sensor(noise=0.0)
    chunk = lumbar.signal(
        hours=1, hz=200, start=START, seed=1, schedule=schedule, sensor=sensor, gyro=True
    ).whole()
    pitch = _pitch(360)
    up = chunk.accel[:, 0] * np.cos(pitch) - chunk.accel[:, 2] * np.sin(pitch)
    height = np.cumsum(np.cumsum((up - 1) * lumbar.GRAVITY) / 200) / 200
    assert height[-1] == pytest.approx(lumbar.HEIGHT_M, abs=0.01)


def _pitch(samples: int) -> NDArray[np.floating]:
    s = np.arange(samples) / samples
    path = s**3 * (10 - 15 * s + 6 * s**2)
    return -0.2 * (1 - path) + 0.03 * path + lumbar.LEAN * np.sin(np.pi * s) ** 2


def test_a_clinic_visit_alternates_sitting_and_walking_until_its_end() -> None:
    signal = lumbar.signal(hours=0.1, hz=50, start=START, seed=1)
    *_, (begins, last) = signal.timeline()
    assert begins + timedelta(seconds=last.seconds) - START == timedelta(minutes=6)
    rises = [period for period in signal.periods if period.activity is Activity.RISE]
    assert len(rises) == 4
