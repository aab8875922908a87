"""The measures of the quality record, each on samples whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline_processor.quality import calibration, timeline, wear
from wearline_processor.quality.rows import RowTally
from wearline_processor.quality.still import moments
from wearline_processor.readers import read
from wearline_processor.recording import Quality

HOUR = 3600


def windows(hours: float, spread: float = 0.0, width_s: float = 5.0) -> tuple[np.ndarray, ...]:
    """Windows of a device that turns slowly over the whole sphere."""
    count = int(hours * HOUR / width_s)
    around, up = np.linspace(0, 60 * np.pi, count), np.linspace(-1, 1, count)
    flat = np.sqrt(1 - up**2)
    means = np.column_stack([flat * np.cos(around), flat * np.sin(around), up])
    return np.arange(count) * width_s, means, np.full((count, 3), spread**2)


@given(st.integers(0, 2**32 - 1), st.integers(1, 500))
def test_moments_are_those_of_numpy(seed: int, width: int) -> None:
    random = np.random.default_rng(seed)
    axes = [random.integers(-32768, 32767, 1500).astype(np.int16) for _ in range(3)]
    means, variances = moments(axes, width)
    for axis, values in enumerate(axes):
        whole = values[: values.size // width * width].reshape(-1, width).astype(float)
        np.testing.assert_allclose(means[:, axis], whole.mean(axis=1), rtol=1e-4, atol=0.05)
        np.testing.assert_allclose(variances[:, axis], whole.var(axis=1), rtol=1e-3, atol=0.5)


def test_calibration_finds_offset_and_scale() -> None:
    _, means, variances = windows(80)
    off = means * [1.02, 0.97, 1.0] + [0.03, -0.02, 0.01]
    judged = calibration.judge(off, variances, 5.0)
    assert judged.possible
    assert judged.error_before_mg > 10
    assert judged.error_after_mg < 0.5


@pytest.mark.parametrize(
    ("hours", "bend", "reason"),
    [(20, 1, "needs 72 h"), (80, 0, "both sides"), (80, None, "still in only")],
)
def test_calibration_that_cannot_be_says_why(hours: int, bend: int | None, reason: str) -> None:
    _, means, variances = windows(hours, spread=0.1 if bend is None else 0.0)
    one_side = means if bend != 0 else np.abs(means)
    judged = calibration.judge(one_side, variances, 5.0)
    assert not judged.possible
    assert reason in judged.reason
    assert judged.error_after_mg is None


def test_wear_is_where_the_device_moves() -> None:
    starts, _, variances = windows(12)
    lying = np.tile([0.0, 0.0, 1.0], (starts.size, 1))
    variances[(starts >= 4 * HOUR) & (starts < 9 * HOUR)] = 0.05**2
    assert wear.worn_hours(starts, lying, variances, 5.0) == pytest.approx(5, abs=1)
    assert wear.worn_hours(starts[:100], lying[:100], variances[:100], 5.0) is None


def test_zero_and_saturated_rows_are_counted_once_each() -> None:
    tally = RowTally(range_g=8)
    x = np.array([0, 0, 2047, -2048, 5], dtype=np.int16)
    tally.add((x, x * 0, np.array([0, 1, 2047, 3, 4], dtype=np.int16)), -2048, 2047)
    assert (tally.rows, tally.zero, tally.saturated) == (5, 1, 2)
    quality = Quality("geneactiv")
    tally.describe(quality)
    assert quality.codes() == {"mostly_zero", "saturation"}


@pytest.mark.parametrize(
    ("nominal", "codes"),
    [(50.0, set()), (51.0, {"sampling_rate_drift"}), (60.0, {"sampling_rate_wrong"})],
)
def test_rate_that_was_not_held_is_found(nominal: float, codes: set[str]) -> None:
    quality = Quality("csv", nominal_hz=nominal)
    timeline.describe(timeline.of_samples(np.arange(5000) / 50, nominal), quality)
    assert quality.measured_hz == pytest.approx(50, abs=0.01)
    assert quality.codes() == codes


@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0.05, 1e4)), min_size=1, max_size=30))
def test_gaps_between_blocks_are_those_between_samples(pieces: list[tuple[int, float]]) -> None:
    counts = np.array([count for count, _ in pieces])
    gaps = np.array([gap for _, gap in pieces])
    first = np.cumsum(np.concatenate([[0.0], (counts * 0.01 + gaps)[:-1]]))
    samples = np.concatenate([f + np.arange(c) * 0.01 for f, c in zip(first, counts, strict=True)])
    by_block = timeline.of_blocks(first, np.full(counts.size, 0.01), counts, 100.0, 0.0)
    by_sample = timeline.of_samples(samples, 100.0)
    assert by_block.gaps == by_sample.gaps == counts.size - 1
    assert by_block.gap_s == pytest.approx(by_sample.gap_s) == pytest.approx(gaps[:-1].sum())


@pytest.mark.parametrize(
    ("seconds", "gaps", "minutes", "codes"),
    [
        (59, 1, 60, {"gaps"}),
        (61, 1, 6000, {"gaps", "long_gaps"}),
        (2, 40, 60, {"gaps"}),
        (6, 40, 60, {"gaps", "long_gaps"}),
    ],
)
def test_gaps_of_a_minute_or_many_are_long(
    seconds: float, gaps: int, minutes: int, codes: set[str]
) -> None:
    time = np.arange(minutes * 60.0)
    time += seconds * (np.arange(time.size) * (gaps + 1) // time.size)
    quality = Quality("csv", nominal_hz=1.0)
    timeline.describe(timeline.of_samples(time, 1.0), quality)
    assert quality.codes() == codes


def test_recording_of_days_has_wear_and_calibration_judged(made: Callable[..., Path]) -> None:
    start = datetime(2024, 3, 4, 9)  # noqa: DTZ001 - a wall clock
    path = made("bin", minutes=76 * 60, hz=10, start=start)
    quality = read(path, {"type": "geneactiv"}, "Europe/London", raw=False).quality
    assert quality.calibration.possible
    assert quality.calibration.error_after_mg < quality.calibration.error_before_mg / 2
    assert 0.5 * 76 < quality.wear_h <= 76
    assert 15 < quality.temperature_min_c < quality.temperature_max_c < 45


def test_gyroscope_that_nobody_reads_stays_in_the_file(made: Callable[..., Path]) -> None:
    with_gyro = read(made("cwa-ax6"), {"type": "axivity"}, "UTC")
    without = read(made("cwa-ax6"), {"type": "axivity"}, "UTC", gyro=False)
    assert without.recording.gyro is None
    np.testing.assert_array_equal(without.recording.accel, with_gyro.recording.accel)
    assert without.quality.to_dict() == with_gyro.quality.to_dict()


@pytest.mark.parametrize("kind", ["cwa", "cwa-ax6", "bin", "gt3x", "csv", "npz"])
def test_samples_can_be_calibrated_in_place(
    made: Callable[..., Path], tmp_path: Path, kind: str
) -> None:
    formats: dict[str, dict[str, Any]] = {
        "cwa": {"type": "axivity"},
        "cwa-ax6": {"type": "axivity"},
        "bin": {"type": "geneactiv"},
        "gt3x": {"type": "gt3x"},
        "csv": {"type": "csv", "time": "timestamp", "accel": ["x", "y", "z"], "clock": "local"},
        "npz": {"type": "npz"},
    }
    path = tmp_path / "arrays.npz" if kind == "npz" else made(kind)
    if kind == "npz":
        np.savez(path, time=1.7e9 + np.arange(500) / 50, accel=np.ones((500, 3)), fs=50.0)
    recording = read(path, formats[kind], "UTC").recording
    for name in ("time", "accel", "gyro", "temperature"):
        values = getattr(recording, name)
        assert values is None or values.flags.writeable, name
