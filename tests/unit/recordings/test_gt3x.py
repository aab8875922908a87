"""What is written as .gt3x is what an independent reader, or the published format, says."""

import struct
import zipfile
from pathlib import Path

import actfast
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.recordings.conftest import START, Given

from wearline_recordings import gt3x
from wearline_recordings.errors import RateError
from wearline_recordings.gt3x import Record

SECOND = int(np.datetime64(START, "s").astype(np.int64))


def records(path: Path) -> list[tuple[int, int, bytes]]:
    """Kind, second and payload of each record whose checksum is right, by the published format."""
    log = zipfile.ZipFile(path).read("log.bin")
    found, at = [], 0
    while at < len(log):
        separator, kind, second, size = struct.unpack_from("<BBIH", log, at)
        check = 0xFF
        for byte in log[at : at + 8 + size]:
            check ^= byte
        assert (separator, check) == (0x1E, log[at + 8 + size])
        found.append((kind, second, log[at + 8 : at + 8 + size]))
        at += 9 + size
    return found


@pytest.mark.parametrize("hz", [30, 50, 90, 100])
def test_independent_reader_reads_the_stored_12_bit_samples(
    tmp_path: Path, given: Given, movement: NDArray[np.float32], hz: int
) -> None:
    rows = gt3x.write(tmp_path / "a.gt3x", given(movement, hz=hz), activity=Record.ACTIVITY)
    read = actfast.read(tmp_path / "a.gt3x")["timeseries"]["acceleration"]
    assert rows == 3000 // hz * hz
    assert np.array_equal(read["acceleration"], gt3x.stored(movement[:rows]))
    assert np.array_equal(read["datetime"][::hz], (SECOND + np.arange(rows // hz)) * 10**9)


def test_16_bit_samples_are_little_endian_in_the_order_x_y_z(
    tmp_path: Path, given: Given, movement: NDArray[np.float32]
) -> None:
    gt3x.write(tmp_path / "a.gt3x", given(movement), activity=Record.ACTIVITY2)
    seconds = [payload for kind, _, payload in records(tmp_path / "a.gt3x") if kind == 26]
    read = np.frombuffer(b"".join(seconds), "<i2").reshape(-1, 3) / 256
    assert np.array_equal(read, gt3x.stored(movement))


def test_info_and_parameters_give_rate_scale_and_start(tmp_path: Path, given: Given) -> None:
    gt3x.write(tmp_path / "a.gt3x", given(np.zeros((90, 3)), hz=30), subject="S001")
    info = actfast.read(tmp_path / "a.gt3x")["metadata"]["info"]
    assert (info["Sample Rate"], info["Acceleration Scale"]) == ("30", "256.0")
    assert info["Subject Name"] == "S001"
    assert int(info["Start Date"]) == 621_355_968_000_000_000 + SECOND * 10_000_000
    assert int(info["Last Sample Time"]) - int(info["Start Date"]) == 3 * 10_000_000


def test_idle_sleep_leaves_out_the_still_seconds_between_its_two_events(
    tmp_path: Path, given: Given
) -> None:
    still = np.zeros((60 * 30, 3))
    still[: 5 * 30 : 7] = 0.5
    still[40 * 30 : 42 * 30 : 7] = 0.5
    signal = given(still, hz=30, chunk=700)
    gt3x.write(tmp_path / "a.gt3x", signal, idle_sleep=True)
    found = records(tmp_path / "a.gt3x")
    events = [(second - SECOND, payload) for kind, second, payload in found if kind == 3]
    assert events == [(15, b"\x08"), (40, b"\x09"), (52, b"\x08")]
    written = [second - SECOND for kind, second, _ in found if kind == 26]
    assert written == [*range(15), *range(40, 52)]
    assert np.flatnonzero(gt3x.recorded(signal, idle_sleep=True)).tolist() == written


def test_the_same_signal_gives_the_same_bytes(
    tmp_path: Path, given: Given, movement: NDArray[np.float32]
) -> None:
    for name in ("a.gt3x", "b.gt3x"):
        gt3x.write(tmp_path / name, given(movement))
    assert (tmp_path / "a.gt3x").read_bytes() == (tmp_path / "b.gt3x").read_bytes()


def test_a_rate_that_the_device_lacks_is_refused(tmp_path: Path, given: Given) -> None:
    with pytest.raises(RateError):
        gt3x.write(tmp_path / "a.gt3x", given(np.zeros((90, 3)), hz=25))
