"""What is written as .bin is what an independent reader reads."""

from pathlib import Path

import actfast
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.recordings.conftest import START, Given

from wearline_recordings import geneactiv
from wearline_recordings.errors import RateError


def test_independent_reader_reads_the_stored_samples_to_single_precision(
    tmp_path: Path, given: Given, movement: NDArray[np.float32]
) -> None:
    rows = geneactiv.write(tmp_path / "a.bin", given(movement))
    read = actfast.read(tmp_path / "a.bin")["timeseries"]["high_frequency"]["acceleration"]
    assert rows == len(read) == 3000
    assert np.abs(read - geneactiv.stored(movement)).max() < 1e-6


@pytest.mark.parametrize("hz", geneactiv.RATES)
def test_every_page_of_every_rate_falls_on_a_millisecond(
    tmp_path: Path, given: Given, hz: float
) -> None:
    geneactiv.write(tmp_path / "a.bin", given(np.zeros((3000, 3)), hz=hz))
    read = actfast.read(tmp_path / "a.bin")["timeseries"]["low_frequency"]["datetime"]
    pages = np.arange(10) * 300 / hz * 1e9
    assert np.array_equal(read, np.datetime64(START, "ns").astype(np.int64) + pages.astype("i8"))


def test_temperature_light_and_battery_are_read(tmp_path: Path, given: Given) -> None:
    geneactiv.write(tmp_path / "a.bin", given(np.zeros((600, 3))))
    read = actfast.read(tmp_path / "a.bin")["timeseries"]
    assert (read["low_frequency"]["temperature"] == 30).all()
    assert (read["low_frequency"]["battery_voltage"] > 4).all()
    assert np.abs(read["high_frequency"]["light"] - 30).max() <= 886 / 42 / 2


def test_header_holds_device_wearer_and_number_of_pages(tmp_path: Path, given: Given) -> None:
    device = geneactiv.Device(serial="099001", birth="1961-5-4", notes="Ms Example, tel. 555")
    geneactiv.write(tmp_path / "a.bin", given(np.zeros((650, 3)), hz=75), device=device)
    found = actfast.read(tmp_path / "a.bin")["metadata"]
    assert found["Device Identity"]["Device Unique Serial Code"] == "099001"
    assert found["Configuration Info"]["Measurement Frequency"] == "75 Hz"
    assert found["Configuration Info"]["Start Time"] == "2024-03-11 09:00:00:000"
    assert found["Subject Info"]["Date of Birth"] == "1961-5-4"
    assert found["Subject Info"]["Subject Notes"] == "Ms Example, tel. 555"
    assert found["Memory Status"]["Number of Pages"] == "2"


def test_header_has_the_59_lines_that_readers_count(tmp_path: Path, given: Given) -> None:
    geneactiv.write(tmp_path / "a.bin", given(np.zeros((300, 3))))
    lines = (tmp_path / "a.bin").read_bytes().split(b"\r\n")
    assert lines[59] == b"Recorded Data"
    assert [len(line) for line in lines[59:]] == [13, 32, 17, 33, 11, 16, 22, 23, 26, 3600, 0]


def test_a_rate_that_the_device_lacks_is_refused(tmp_path: Path, given: Given) -> None:
    with pytest.raises(RateError) as refused:
        geneactiv.write(tmp_path / "a.bin", given(np.zeros((300, 3)), hz=128))
    assert refused.value.hz == 128
