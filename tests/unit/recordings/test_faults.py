"""Each fault damages what its name says, and nothing else."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import actfast
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.recordings.conftest import Given

from wearline_recordings import axivity, csv_file, faults, geneactiv, gt3x
from wearline_recordings.signal import Signal

Result = Mapping[str, Any]  # of actfast

WRITERS: dict[str, Callable[[Path, Signal], int]] = {
    "cwa": axivity.write,
    "bin": geneactiv.write,
    "gt3x": lambda path, signal: gt3x.write(path, signal, activity=gt3x.Record.ACTIVITY),
    "csv": csv_file.write,
}
ALL = [(suffix, name) for suffix, named in faults.BY_FORMAT.items() for name in named]


@pytest.fixture
def recording(tmp_path: Path, given: Given, movement: NDArray[np.float32]) -> dict[str, bytes]:
    found = {}
    for suffix, write in WRITERS.items():
        write(tmp_path / f"good.{suffix}", given(movement))
        found[suffix] = (tmp_path / f"good.{suffix}").read_bytes()
    return found


def read(path: Path, recording: bytes, *, lenient: bool = False) -> Result:
    path.write_bytes(recording)
    result: Result = actfast.read(path, lenient=lenient)
    return result


def instants(read: Result) -> NDArray[np.float64]:
    name = "acceleration" if "acceleration" in read["timeseries"] else "high_frequency"
    seconds: NDArray[np.float64] = read["timeseries"][name]["datetime"] / 1e9
    return seconds


@pytest.mark.parametrize(("suffix", "name"), ALL)
def test_every_named_fault_changes_the_file(
    recording: dict[str, bytes], suffix: str, name: str
) -> None:
    assert faults.BY_FORMAT[suffix][name](recording[suffix]) != recording[suffix]


def test_truncated_tail_loses_its_bytes_and_no_others(recording: dict[str, bytes]) -> None:
    cut = faults.truncated_tail(recording["cwa"], lost=1)
    assert cut == recording["cwa"][:-1]


def blocks(recording: bytes) -> NDArray[np.void]:
    return np.frombuffer(recording, axivity.BLOCK, offset=axivity.HEADER_BYTES)


def test_restarted_cwa_numbers_its_second_half_from_zero(
    tmp_path: Path, recording: dict[str, bytes]
) -> None:
    restarted = faults.axivity.restarted(recording["cwa"], at=10)
    assert blocks(restarted)["sequence"].tolist() == [*range(10), *range(15)]
    assert np.array_equal(
        instants(read(tmp_path / "a.cwa", restarted)),
        instants(read(tmp_path / "a.cwa", recording["cwa"])),
    )


def test_cwa_numbered_from_5000_keeps_its_checksums(
    tmp_path: Path, recording: dict[str, bytes]
) -> None:
    numbered = faults.axivity.numbered_from(recording["cwa"])
    assert blocks(numbered)["sequence"].tolist() == [*range(5000, 5025)]
    assert read(tmp_path / "a.cwa", numbered)["warnings"] == []


def test_bad_checksums_of_a_cwa_are_noticed_block_by_block(
    tmp_path: Path, recording: dict[str, bytes]
) -> None:
    bad = faults.axivity.bad_checksums(recording["cwa"], at=(0, 7))
    found = read(tmp_path / "a.cwa", bad, lenient=True)
    assert [warning.split()[1] for warning in found["warnings"]] == ["0", "7"]
    assert len(instants(found)) == 23 * 120


@pytest.mark.parametrize("suffix", ["cwa", "bin", "gt3x"])
def test_gap_moves_the_later_half_of_the_clock_by_its_seconds(
    tmp_path: Path, recording: dict[str, bytes], suffix: str
) -> None:
    gap = faults.BY_FORMAT[suffix]["gap"](recording[suffix])
    step = np.diff(instants(read(tmp_path / f"a.{suffix}", gap)))
    assert step.max() == pytest.approx(7200.02, abs=1e-3)
    assert (step > 1).sum() == 1


@pytest.mark.parametrize("suffix", ["cwa", "bin", "gt3x"])
def test_clock_that_goes_back_does_so_once(
    tmp_path: Path, recording: dict[str, bytes], suffix: str
) -> None:
    back = faults.BY_FORMAT[suffix]["clock-goes-back"](recording[suffix])
    step = np.diff(instants(read(tmp_path / f"a.{suffix}", back)))
    assert step.min() == pytest.approx(-599.98, abs=1e-3)
    assert (step < 0).sum() == 1


def test_lost_and_repeated_blocks_leave_the_others_as_they_were(
    recording: dict[str, bytes],
) -> None:
    lost = faults.axivity.lost_blocks(recording["cwa"], at=2, count=3)
    repeated = faults.axivity.repeated_blocks(recording["cwa"], at=2, count=3)
    assert blocks(lost)["sequence"].tolist() == [0, 1, *range(5, 25)]
    assert blocks(repeated)["sequence"].tolist() == [*range(5), *range(2, 25)]


@pytest.mark.parametrize(("suffix", "rows"), [("cwa", 120), ("bin", 300)])
def test_zero_rows_are_three_blocks_of_zero_counts(
    tmp_path: Path, recording: dict[str, bytes], suffix: str, rows: int
) -> None:
    zero = faults.BY_FORMAT[suffix]["zero-rows"](recording[suffix])
    accel = read(tmp_path / f"a.{suffix}", zero)["timeseries"]["high_frequency"]["acceleration"]
    still = np.abs(accel[2 * rows : 5 * rows])
    assert still.max() < 0.05  # the offset of a GENEActiv remains
    assert np.ptp(still, axis=0).max() == 0


def test_header_of_a_bin_claims_fewer_pages_than_follow(recording: dict[str, bytes]) -> None:
    claims = faults.geneactiv.claims_fewer_pages(recording["bin"], pages=4)
    assert b"Number of Pages:4\r\n" in claims
    assert claims.count(b"Recorded Data\r\n") == 10


def test_restarted_bin_numbers_its_later_pages_from_zero(recording: dict[str, bytes]) -> None:
    restarted = faults.geneactiv.restarted(recording["bin"], at=6)
    numbers = faults.geneactiv.NUMBER.findall(restarted)
    assert [int(number) for number in numbers] == [*range(6), *range(4)]


def test_bin_numbered_from_5000_says_so_on_every_page(recording: dict[str, bytes]) -> None:
    numbered = faults.geneactiv.numbered_from(recording["bin"])
    numbers = faults.geneactiv.NUMBER.findall(numbered)
    assert [int(number) for number in numbers] == [*range(5000, 5010)]


def test_bad_checksums_of_a_gt3x_change_one_bit_of_each_record(
    tmp_path: Path, recording: dict[str, bytes]
) -> None:
    bad = faults.gt3x.bad_checksums(recording["gt3x"], at=(2,))
    before = read(tmp_path / "a.gt3x", recording["gt3x"])["timeseries"]["acceleration"]
    after = read(tmp_path / "a.gt3x", bad)["timeseries"]["acceleration"]
    changed = np.flatnonzero((before["acceleration"] != after["acceleration"]).any(axis=1))
    assert len(changed) == 1
    assert 100 <= changed[0] < 150


def test_a_docked_gt3x_ends_with_a_record_that_holds_no_samples(
    tmp_path: Path, recording: dict[str, bytes]
) -> None:
    docked = faults.gt3x.docked(recording["gt3x"])
    assert len(instants(read(tmp_path / "a.gt3x", docked))) == 3000


def test_zeros_between_records_stop_a_reader_that_does_not_expect_them(
    tmp_path: Path, recording: dict[str, bytes]
) -> None:
    zeros = faults.gt3x.zeros_between_records(recording["gt3x"], at=4)
    with pytest.raises(ValueError, match="separator"):
        read(tmp_path / "a.gt3x", zeros)
