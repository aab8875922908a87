"""What is written as .cwa is what an independent reader reads."""

from datetime import datetime
from pathlib import Path

import actfast
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.unit.recordings.conftest import START, Given

from wearline_recordings import axivity, wrist
from wearline_recordings.errors import MissingGyroError, RateError

LAYOUTS = [axivity.AX3_PACKED, axivity.AX3, axivity.AX6]
NANOSECONDS = 1_000_000_000


def unix(instant: datetime) -> int:
    return int(np.datetime64(instant, "ns").astype(np.int64))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_independent_reader_reads_exactly_the_stored_samples(
    tmp_path: Path, given: Given, movement: NDArray[np.float32], layout: axivity.Layout
) -> None:
    signal = given(movement)
    rows = axivity.write(tmp_path / "a.cwa", signal, layout=layout)
    read = actfast.read(tmp_path / "a.cwa")["timeseries"]["high_frequency"]
    assert rows == 3000 // layout.count * layout.count
    assert np.array_equal(read["acceleration"], axivity.stored(movement[:rows], layout))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_independent_reader_reads_the_stored_instants(
    tmp_path: Path, given: Given, movement: NDArray[np.float32], layout: axivity.Layout
) -> None:
    rows = axivity.write(tmp_path / "a.cwa", given(movement, hz=100), layout=layout)
    read = actfast.read(tmp_path / "a.cwa")["timeseries"]["high_frequency"]["datetime"]
    assert np.array_equal(read, unix(START) + np.arange(rows) * (NANOSECONDS // 100))


def test_gyroscope_of_an_ax6_is_read_as_stored(
    tmp_path: Path, given: Given, movement: NDArray[np.float32]
) -> None:
    rows = axivity.write(tmp_path / "a.cwa", given(movement), layout=axivity.AX6)
    read = actfast.read(tmp_path / "a.cwa")["timeseries"]["high_frequency"]["gyroscope"]
    assert np.array_equal(read, axivity.stored_gyro(10 * movement[:rows]).astype("f4"))


def test_header_names_device_session_rate_and_start(tmp_path: Path, given: Given) -> None:
    signal = given(np.zeros((240, 3)), hz=100)
    axivity.write(
        tmp_path / "a.cwa", signal, device_id=6_000_123, session_id=77, annotation="_c=centre"
    )
    found = actfast.read(tmp_path / "a.cwa")["metadata"]
    assert found["device"]["hardware_type"] == "AX3"
    assert found["device"]["device_id"] == "6000123"
    assert found["device"]["session_id"] == "77"
    assert found["session"]["annotation"] == "_c=centre"
    assert found["configuration"]["sample_rate_hz"] == "100"
    assert found["configuration"]["logging_start"] == "2024-03-11T09:00:00+00:00"


def test_temperature_is_kept_to_a_third_of_a_degree(tmp_path: Path, given: Given) -> None:
    axivity.write(tmp_path / "a.cwa", given(np.zeros((240, 3))))
    read = actfast.read(tmp_path / "a.cwa")["timeseries"]["low_frequency"]
    assert np.abs(read["temperature"] - 30).max() < 0.3
    assert np.abs(read["battery_voltage"] - 5).max() < 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9))
def test_packing_loses_at_most_half_of_what_the_shared_exponent_leaves(
    x: float, y: float, z: float
) -> None:
    true = np.array([[x, y, z]], dtype="f4")
    kept = axivity.stored(true)
    cut = np.clip(true, -8, 8 - 1 / 256)
    step = (1 << (np.abs(cut).max() >= 2) << (np.abs(cut).max() >= 4)) / 256
    assert np.abs(kept - cut).max() <= step
    assert np.abs(axivity.stored(true, axivity.AX3) - cut).max() <= 0.5001 / 256


def test_a_drifting_clock_is_stamped_with_true_instants(tmp_path: Path, given: Given) -> None:
    start = datetime.fromisoformat("2024-03-11T09:00:00.250")
    signal = given(np.zeros((12_000, 3)), hz=98.4, start=start)
    axivity.write(tmp_path / "a.cwa", signal, nominal_hz=100)
    read = actfast.read(tmp_path / "a.cwa")["timeseries"]["low_frequency"]["datetime"]
    true = unix(start) + np.arange(0, 12_000, 120) / 98.4 * NANOSECONDS
    assert np.abs(read - true).max() < NANOSECONDS / 30_000


@pytest.mark.parametrize("start", ["1970-01-01", "2000-02-29T23:59:59", "2031-12-31T23:59:59"])
def test_clocks_unpack_to_what_was_packed(start: str) -> None:
    base = np.datetime64(start, "s").astype("M8[s]").astype(np.int64) % (60 * 365 * 86_400)
    clocks = (np.datetime64("2000-01-01", "s").astype(np.int64) + base + np.arange(5)).astype(
        "M8[s]"
    )
    assert np.array_equal(axivity.unpacked_clocks(axivity.packed_clocks(clocks)), clocks)


def test_a_rate_that_the_device_lacks_is_refused_with_those_that_it_has(
    tmp_path: Path, given: Given
) -> None:
    with pytest.raises(RateError, match=r"does not sample at 60 Hz; use one of 12\.5, 25, 50, 100"):
        axivity.write(tmp_path / "a.cwa", given(np.zeros((240, 3)), hz=60))


def test_an_ax6_without_gyroscope_is_refused(tmp_path: Path) -> None:
    signal = wrist.signal(hours=0.1, hz=50, start=START, seed=1)
    with pytest.raises(MissingGyroError, match="gyro=True"):
        axivity.write(tmp_path / "a.cwa", signal, layout=axivity.AX6)
