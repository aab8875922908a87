"""Each function that the lean engine puts in the place of one of SKDH's gives the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pywt
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.signal import cheby1, sosfiltfilt
from skdh.activity.metrics import metric_enmo
from skdh.gait.gait_metrics import gait_metrics
from skdh.utility import DFA, internal, moving_mean, moving_sd
from skdh.utility.math import moving_max, moving_min

from wearline_processor.engine.lean import calibration
from wearline_processor.engine.lean.autocovariance import Autocovariance
from wearline_processor.engine.lean.extremes import lean_moving_max, lean_moving_min
from wearline_processor.engine.lean.fluctuation import dfa
from wearline_processor.engine.lean.metric import Metrics
from wearline_processor.engine.lean.moving import lean_moving_mean, lean_moving_sd
from wearline_processor.engine.lean.resampling import apply_resample, zero_phase
from wearline_processor.engine.lean.wavelet import summed_cwt
from wearline_processor.engine.substitution import Substitute, substituted

Array = np.ndarray[Any, np.dtype[np.float64]]
PIECES = [40, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 200_003]


def walk(samples: int, seed: int = 0) -> Array:
    """A signal that wanders, as acceleration and temperature do."""
    return np.cumsum(np.random.default_rng(seed).normal(size=samples)) * 1e-3 + 0.3


def axes(samples: int, *, by_axis: bool, seed: int = 0) -> Array:
    """Three of them; each rests for a while, as at the end of its range or asleep."""
    stacked = np.stack([walk(samples, seed + axis) for axis in range(3)])
    for axis, level in enumerate((-8.0, 1.0, 1 / 3)):
        stacked[axis, samples // (axis + 3) : samples // 2 + axis] = level
    return stacked.T if by_axis else np.ascontiguousarray(stacked.T)


@given(
    samples=st.integers(40, 60_000),
    width=st.integers(2, 20_000),
    seed=st.integers(0, 99),
    by_axis=st.booleans(),
)
@example(samples=11_396, width=2, seed=0, by_axis=False)
@settings(max_examples=60, deadline=None)
def test_moving_deviation_has_the_bits_of_skdh(
    samples: int, width: int, seed: int, by_axis: bool
) -> None:
    width = min(width, samples)
    accel = axes(samples, by_axis=by_axis, seed=seed)
    expected = moving_sd(accel, width, width, axis=0, return_previous=True)
    found = lean_moving_sd(accel, width, width, axis=0, return_previous=True)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])
    assert found[0].strides == expected[0].strides


@given(samples=st.integers(40, 60_000), width=st.integers(1, 20_000), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_moving_mean_has_the_bits_of_skdh(samples: int, width: int, seed: int) -> None:
    width, temperature = min(width, samples), walk(samples, seed)
    expected = moving_mean(temperature, width, width)
    np.testing.assert_array_equal(lean_moving_mean(temperature, width, width), expected)


OVERLAPPING = given(
    samples=st.integers(40, 60_000),
    skip=st.integers(2, 4_000),
    steps=st.integers(2, 6),
    seed=st.integers(0, 99),
    trim=st.booleans(),
)


@OVERLAPPING
@settings(max_examples=60, deadline=None)
def test_moving_deviation_of_overlapping_windows_has_the_bits_of_skdh(
    samples: int, skip: int, steps: int, seed: int, trim: bool
) -> None:
    width = skip * steps
    accel = axes(max(samples, width), by_axis=True, seed=seed)
    options: dict[str, Any] = {"axis": 0, "trim": trim, "return_previous": False}
    expected = moving_sd(accel, width, skip, **options)
    found = lean_moving_sd(accel, width, skip, **options)
    np.testing.assert_array_equal(found, expected)
    assert found.strides == expected.strides


@OVERLAPPING
@settings(max_examples=60, deadline=None)
def test_moving_extremes_are_those_of_skdh(
    samples: int, skip: int, steps: int, seed: int, trim: bool
) -> None:
    width = skip * steps
    accel = axes(max(samples, width), by_axis=True, seed=seed)
    for ours, theirs in ((lean_moving_max, moving_max), (lean_moving_min, moving_min)):
        expected = theirs(accel, width, skip, axis=0, trim=trim)
        np.testing.assert_array_equal(ours(accel, width, skip, axis=0, trim=trim), expected)


@pytest.mark.parametrize(("width", "skip"), [(100, 30), (100, 10)])
def test_windows_of_other_steps_are_left_to_skdh(width: int, skip: int) -> None:
    accel = axes(5_000, by_axis=True)
    expected = moving_sd(accel, width, skip, axis=0, return_previous=False)
    found = lean_moving_sd(accel, width, skip, axis=0, return_previous=False)
    np.testing.assert_array_equal(found, expected)


def test_extremes_of_samples_that_are_no_number_are_left_to_skdh() -> None:
    accel = axes(5_000, by_axis=True)
    accel[450, 1] = np.nan
    expected = moving_max(accel, 400, 100, axis=0)
    np.testing.assert_array_equal(lean_moving_max(accel, 400, 100, axis=0), expected)


@pytest.mark.parametrize("biased", [False, True])
def test_autocovariance_has_the_bits_of_skdh_the_first_time_and_again(biased: bool) -> None:
    shared = Autocovariance()
    bouts = [axes(900, by_axis=True, seed=seed)[:, :columns] for seed, columns in ((1, 1), (2, 3))]
    for bout in (*bouts, *bouts):
        expected = gait_metrics._autocovariancefn(bout, 450, biased=biased, axis=0)
        found = shared(bout, 450, biased=biased, axis=0)
        np.testing.assert_array_equal(found, expected)
        found[:] = 0  # what SKDH does with it is not remembered


def test_mean_of_samples_that_are_no_number_is_left_to_skdh() -> None:
    temperature = walk(1_000)
    temperature[450] = np.nan
    expected = moving_mean(temperature, 100, 100)
    np.testing.assert_array_equal(lean_moving_mean(temperature, 100, 100), expected)


@pytest.mark.parametrize("samples", PIECES)
@pytest.mark.parametrize("every", [1, 5])
@pytest.mark.parametrize("spent", [False, True])
def test_filtering_in_pieces_has_the_bits_of_scipy(samples: int, every: int, spent: bool) -> None:
    sos = cheby1(8, 0.05, 0.8 / 5, output="sos")
    expected = sosfiltfilt(sos, walk(samples))[::every]
    found = zero_phase(sos, walk(samples), every, spent=spent)
    np.testing.assert_array_equal(found, expected)


def test_too_few_samples_to_pad_a_filter_are_refused_as_by_scipy() -> None:
    with pytest.raises(ValueError, match="too few"):
        zero_phase(cheby1(8, 0.05, 0.16, output="sos"), walk(27))


@pytest.mark.parametrize("fs", [100.0, 75.0, 50.0, 31.25, 25.0, 20.0, 12.5])
@pytest.mark.parametrize("aa_filter", [True, False])
def test_resampling_by_axis_has_the_bits_of_skdh(fs: float, aa_filter: bool) -> None:
    time = 1.7e9 + np.arange(70_001) / fs
    request: dict[str, Any] = {
        "time": time,
        "goal_fs": 20.0,
        "data": (axes(time.size, by_axis=True), walk(time.size), None),
        "indices": (np.array([0, 17, time.size - 1]), np.array([[0, 40], [50, 60_000]])),
        "aa_filter": aa_filter,
        "fs": fs,
    }
    expected, found = internal.apply_resample(**request), apply_resample(**request)
    np.testing.assert_array_equal(found[0], expected[0])
    for ours, theirs in zip((*found[1], *found[2]), (*expected[1], *expected[2]), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_resampling_overwrites_only_spent_samples() -> None:
    time, temperature = 1.7e9 + np.arange(5_000) / 100, walk(5_000)
    apply_resample(time=time, goal_fs=20.0, data=(temperature,), fs=100.0)
    np.testing.assert_array_equal(temperature, walk(5_000))


@given(samples=st.integers(40, 8_000), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_closed_form_of_fluctuations_agrees_to_the_last_digits(samples: int, seed: int) -> None:
    series = np.abs(np.random.default_rng(seed).normal(size=samples)) * 0.05
    sizes, fluctuations, alpha, balance = DFA(series)
    found = dfa(series)
    np.testing.assert_array_equal(found[0], sizes)
    np.testing.assert_allclose(found[1], fluctuations, rtol=1e-12)
    np.testing.assert_allclose(found[2:], (alpha, balance), rtol=0, atol=1e-12)


@pytest.mark.parametrize("take_abs", [True, False])
@pytest.mark.parametrize("trim_zero", [True, False])
@pytest.mark.parametrize("by_axis", [True, False])
def test_metric_of_one_pass_has_the_bits_of_skdh(
    take_abs: bool, trim_zero: bool, by_axis: bool
) -> None:
    accel = axes(70_000, by_axis=by_axis) + 0.5
    metric = Metrics().get("metric_enmo")
    for stretch in (slice(0, 40_000), slice(100, 40_100), slice(0, 70_000)):
        for width in (250, 3_000):  # epochs, then minutes of the same stretch
            options = {"wlen": width, "take_abs": take_abs, "trim_zero": trim_zero, "fs": 50.0}
            expected = metric_enmo(accel[stretch], **options)
            np.testing.assert_array_equal(metric(accel[stretch], **options), expected)


def test_calibration_in_place_has_the_bits_of_skdh() -> None:
    accel, temperature = axes(140_000, by_axis=True), walk(140_000) * 100
    offset, scale = np.array([0.01, -0.02, 0.03]), np.array([1.01, 0.99, 1.002])
    drift, mean = np.array([[1e-4, -2e-4, 3e-5]]), 30.2
    expected = (accel + offset) * scale + (temperature - mean)[:, None] * drift
    calibration.apply(accel, temperature, offset, scale, drift, mean)
    np.testing.assert_array_equal(accel, expected)


def test_calibration_without_temperature_has_the_bits_of_skdh() -> None:
    accel = axes(1_000, by_axis=False)
    offset, scale = np.array([0.01, -0.02, 0.03]), np.array([1.01, 0.99, 1.002])
    expected = (accel + offset) * scale
    calibration.apply(accel, None, offset, scale, np.zeros((1, 3)), 0.0)
    np.testing.assert_array_equal(accel, expected)


@pytest.mark.parametrize("scales", [range(40, 65), range(52, 65), range(7, 9), range(64, 65)])
def test_summed_wavelets_transform_to_the_sum_of_transforms(scales: range) -> None:
    data, chosen = walk(30_001), np.array(scales)
    coefficients, frequencies = pywt.cwt(data, chosen, "gaus1", sampling_period=0.01)
    found, found_frequencies = summed_cwt(data, chosen, "gaus1", 0.01)
    expected = coefficients.sum(axis=0)
    np.testing.assert_allclose(found.sum(axis=0), expected, rtol=0, atol=1e-12 * expected.max())
    np.testing.assert_array_equal(found_frequencies, frequencies)


def test_a_substitute_leaves_when_its_step_ends() -> None:
    def other() -> None: ...

    def fail() -> None:
        with substituted(Substitute(internal.__name__, "rle", other)):
            assert internal.rle is other
            raise ZeroDivisionError

    before = internal.rle
    with pytest.raises(ZeroDivisionError):
        fail()
    assert internal.rle is before


def test_a_name_that_skdh_no_longer_has_is_an_error() -> None:
    with pytest.raises(AttributeError), substituted(Substitute(internal.__name__, "gone", print)):
        pass
