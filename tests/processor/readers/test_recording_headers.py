"""What the platform knows of a recording from its first kilobytes is what its reader finds."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core import recording_headers
from wearline.core.recording_headers import MOST_BYTES, RecordingHeader, recording_header, rows
from wearline_processor.readers import gt3x as gt3x_reader
from wearline_processor.readers import read
from wearline_recordings import geneactiv, gt3x, wrist

from .conftest import START

FORMATS = {
    "cwa": "axivity",
    "cwa-unpacked": "axivity",
    "cwa-ax6": "axivity",
    "bin": "geneactiv",
    "gt3x": "gt3x",
    "gt3x-12bit": "gt3x",
}
REAL = {
    "GGIRread-GENEActiv_testfile.bin": "geneactiv",
    "GGIRread-ax3_testfile.cwa": "axivity",
    "GGIRread-ax3_testfile_corrupt_blocks_0_13_14_142_143_144.cwa": "axivity",
    "actfast-axivity_ax6.cwa": "axivity",
    "actfast-geneactiv.bin": "geneactiv",
    "agcounts-example.gt3x": "gt3x",
    "openmovement-example-610-steps.cwa": "axivity",
    "paradigma-test_data.CWA": "axivity",
    "scikit-digital-health-ax3_sample.cwa": "axivity",
    "scikit-digital-health-ax6_sample.cwa": "axivity",
    "scikit-digital-health-gnactv_sample.bin": "geneactiv",
}


class Ranges:
    """A file that is read in ranges, and how much of it was asked for."""

    def __init__(self, content: bytes) -> None:
        self.content, self.bytes, self.requests = content, 0, 0

    def __call__(self, start: int, length: int) -> bytes:
        assert start >= 0
        assert length > 0
        self.bytes += length
        self.requests += 1
        return self.content[start : start + length]


def header_of(content: bytes) -> RecordingHeader | None:
    ranges = Ranges(content)
    found = recording_header(ranges, len(content))
    assert ranges.bytes <= MOST_BYTES
    assert ranges.requests <= 4
    return found


def wall_clock(instant: float) -> str:
    """What a reader that is told UTC takes for an instant is the device's own clock."""
    nearest = datetime.fromtimestamp(instant, UTC) + timedelta(seconds=0.5)
    return nearest.replace(tzinfo=None).isoformat(timespec="seconds")


def assert_as_read(path: Path, format_type: str, *, most_times: float) -> None:
    header, reading = header_of(path.read_bytes()), read(path, {"type": format_type}, "UTC")
    quality = reading.quality
    assert header is not None
    assert header.format == format_type
    assert header.device == quality.device
    assert header.serial_number == quality.serial_number
    assert header.firmware == quality.firmware
    assert header.hz == quality.nominal_hz
    assert header.has_gyro is (reading.recording.gyro is not None)
    assert header.start == wall_clock(quality.start)
    assert 0.97 * quality.rows <= header.samples <= most_times * quality.rows + 600


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("hz", [50, 100])
def test_header_says_what_the_reader_finds(made: Callable[..., Path], kind: str, hz: int) -> None:
    assert_as_read(made(kind, minutes=20, hz=hz), FORMATS[kind], most_times=1.03)


@pytest.mark.parametrize(("name", "format_type"), REAL.items())
def test_real_recordings_say_what_the_reader_finds(
    shared_data: Path, name: str, format_type: str
) -> None:
    assert_as_read(shared_data / name, format_type, most_times=1.2)


@pytest.mark.parametrize("kind", FORMATS)
def test_start_is_on_the_clock_of_the_device(made: Callable[..., Path], kind: str) -> None:
    path = made(kind, minutes=10, start=datetime(2024, 3, 10))  # noqa: DTZ001 - a wall clock
    assert header_of(path.read_bytes()).start == "2024-03-10T00:00:00"


@pytest.mark.parametrize(("kind", "zone"), [("cwa", "Asia/Kolkata"), ("bin", "America/New_York")])
def test_start_is_the_wall_clock_of_the_reader_in_any_zone(
    made: Callable[..., Path], kind: str, zone: str
) -> None:
    path = made(kind, minutes=20)
    first = float(read(path, {"type": FORMATS[kind]}, zone).recording.time[0])
    local = datetime.fromtimestamp(first + 0.5, ZoneInfo(zone)).replace(tzinfo=None)
    assert header_of(path.read_bytes()).start == local.isoformat(timespec="seconds")


def test_damaged_first_block_leaves_the_start_to_the_next(made: Callable[..., Path]) -> None:
    content = bytearray(made("cwa", minutes=10, hz=50).read_bytes())
    content[1024 + 100] ^= 0xFF
    assert header_of(bytes(content)).start == "2024-03-09T18:00:02"


def test_start_stands_in_the_header_where_no_block_can_be_read(made: Callable[..., Path]) -> None:
    content = made("bin", minutes=10).read_bytes()
    assert header_of(content.replace(b"Page Time:2", b"Page Time:?")).start == START.isoformat()
    nowhere = content.replace(b"Page Time:2", b"Page Time:?").replace(b"Start Time:2", b"Start: 2")
    assert header_of(nowhere).start is None


def rows_of(content: bytes, format_type: str) -> int | None:
    ranges = Ranges(content)
    found = rows(ranges, len(content), format_type)
    assert ranges.bytes <= MOST_BYTES
    assert ranges.requests <= 4
    return found


@pytest.mark.parametrize(
    ("line", "head"),
    [
        (b"0.01,-0.99,0.03\n", b"x,y,z\n"),
        (b"1,0,0\n", b""),
        (b"2024-03-11 09:00:00.010,0.0117,-0.9961,0.0313,24.5\r\n", b"# exported\n" * 30),
    ],
)
def test_lines_of_a_table_are_counted_by_their_length(line: bytes, head: bytes) -> None:
    assert 50_000 <= rows_of(head + line * 50_000, "csv") <= 50_100


def test_lines_that_become_longer_are_rather_counted_too_often() -> None:
    lines = [f"{number},{number / 7},0,1\n".encode() for number in range(30_000)]
    assert 30_000 <= rows_of(b"n,x,y,z\n" + b"".join(lines), "csv") <= 45_000


@pytest.mark.parametrize(
    "name",
    [
        "mobgap-HA_001-TimeMeasure1_Test11_Trial1.csv",
        "pygeneactiv-right_wrist.csv",
        "scikit-digital-health-example_data_2min.csv",
    ],
)
def test_real_tables_hold_as_many_rows_as_are_told(shared_data: Path, name: str) -> None:
    content = (shared_data / name).read_bytes()
    assert content.count(b"\n") <= 1.01 * rows_of(content, "csv") <= 1.3 * content.count(b"\n")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_rows_of_arrays_are_those_that_their_shape_tells(
    tmp_path: Path, save: Callable[..., None]
) -> None:
    path, count = tmp_path / "arrays.npz", 200_000
    save(path, time=np.arange(count) / 50, gyro=np.zeros((count, 3)), accel=np.zeros((count, 3)))
    assert rows_of(path.read_bytes(), "npz") == min(count, 100 * path.stat().st_size) == count


@pytest.mark.parametrize("format_type", ["csv", "npz", "apdm", "empatica"])
@given(content=st.binary(max_size=3000), mark=st.sampled_from([b"", b"PK\x03\x04"]))
def test_any_content_gives_a_number_of_rows_or_none(
    format_type: str, content: bytes, mark: bytes
) -> None:
    found = rows_of(mark + content, format_type)
    assert found is None or 0 < found <= 100 * len(mark + content) + 1


def test_seconds_that_the_device_slept_are_counted_since_they_are_filled(tmp_path: Path) -> None:
    path = tmp_path / "idle.gt3x"
    night = wrist.signal(hours=3, hz=30, start=START.replace(hour=23), seed=4)
    gt3x.write(path, night, idle_sleep=True)
    quality = read(path, {"type": "gt3x"}, "UTC").quality
    assert "idle_filled" in quality.codes()
    assert header_of(path.read_bytes()).samples >= quality.rows


def test_as_much_idle_time_is_counted_as_the_reader_fills_at_most() -> None:
    assert recording_headers._MOST_IDLE_S == gt3x_reader._MOST_IDLE_S


def test_archive_of_any_order_and_compression_is_read_at_both_ends(tmp_path: Path) -> None:
    made, path = tmp_path / "made.gt3x", tmp_path / "packed.gt3x"
    gt3x.write(made, wrist.signal(hours=2, hz=100, start=START, seed=4))
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w") as packed:
        for name in ("log.bin", "info.txt"):
            packed.writestr(name, source.read(name), zipfile.ZIP_DEFLATED)
    assert path.stat().st_size > MOST_BYTES
    assert header_of(path.read_bytes()) == header_of(made.read_bytes())


def test_no_personal_field_of_a_header_is_kept(tmp_path: Path) -> None:
    signal = wrist.signal(hours=0.1, hz=50, start=START, seed=4)
    geneactiv.write(
        tmp_path / "a.bin", signal, device=geneactiv.Device(birth="1961-02-03", notes="Ms. Roe")
    )
    gt3x.write(tmp_path / "a.gt3x", signal, subject="Jane Roe")
    for path in tmp_path.iterdir():
        kept = str(header_of(path.read_bytes()))
        assert "1961" not in kept
        assert "Roe" not in kept
    assert {each.name for each in fields(RecordingHeader)} == {
        *("format", "device", "serial_number", "firmware", "hz", "has_gyro", "samples", "start")
    }


@pytest.mark.parametrize("kind", ["cwa", "bin", "gt3x"])
@given(data=st.data())
def test_damaged_headers_raise_nothing(
    made: Callable[..., Path], kind: str, data: st.DataObject
) -> None:
    content = bytearray(made(kind, minutes=10).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(-2000, 3000)) % len(content)
        content[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(content), 5000, 1030, 60, 4, 0]))
    found = header_of(bytes(content[:cut]))
    assert found is None or found.samples is None or found.samples >= 0
    assert found is None or found.start is None or datetime.fromisoformat(found.start)


@given(st.binary(max_size=3000), st.sampled_from([b"", b"PK\x03\x04", b"MD\xfc\x03"]))
def test_any_content_gives_an_answer(content: bytes, mark: bytes) -> None:
    header_of(mark + content)


@pytest.mark.parametrize("name", ["GGIRread-genea_testfile.bin", "GGIRread-mtx_25Hz_acc_HR.BIN"])
def test_files_of_other_devices_have_no_header_here(shared_data: Path, name: str) -> None:
    assert header_of((shared_data / name).read_bytes()) is None


def test_module_imports_the_standard_library_alone() -> None:
    code = "import runpy, sys; runpy.run_path(sys.argv[1]); print('numpy' in sys.modules)"
    command = [sys.executable, "-I", "-c", code, str(recording_headers.__file__)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "False"
