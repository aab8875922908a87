"""Whatever a file holds, reading it gives a reading or RecordingUnreadable, and asks for no memory
that the file does not justify."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wearline_processor.quality.catalogue import CATALOGUE
from wearline_processor.readers import read, recognise
from wearline_processor.recording import Reading, RecordingUnreadable

OPTIONS: dict[str, dict[str, Any]] = {
    "cwa": {"type": "axivity"},
    "cwa-unpacked": {"type": "axivity"},
    "bin": {"type": "geneactiv"},
    "gt3x": {"type": "gt3x"},
    "gt3x-12bit": {"type": "gt3x"},
    "csv": {"type": "csv", "time": "timestamp", "accel": ["x", "y", "z"], "clock": "local"},
    "npz": {"type": "npz"},
    "avro": {"type": "empatica"},
    "h5": {"type": "apdm", "sensor_location": "Lumbar"},
}
# One function-scoped file is rewritten for each example.
MARKS = [
    b"",
    b"MD\xfc\x03",
    b"Device Identity\r\n",
    b"PK\x03\x04",
    b"Obj\x01",
    b"\x89HDF\r\n\x1a\n",
    b"------ Data",
    b"Device Type,GENEActiv\n",
]
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Change = tuple[str, int, bytes]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["overwrite", "insert", "delete", "cut", "repeat"]),
        st.integers(0, 2**20),
        st.binary(min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=6,
)


def mutated(data: bytes, changes: list[Change]) -> bytes:
    for kind, place, piece in changes:
        at = place % max(len(data), 1)
        length = len(piece) * 97
        if kind == "overwrite":
            data = data[:at] + piece + data[at + len(piece) :]
        elif kind == "insert":
            data = data[:at] + piece + data[at:]
        elif kind == "delete":
            data = data[:at] + data[at + length :]
        elif kind == "repeat":
            data = data[:at] + data[at : at + length] + data[at:]
        else:
            data = data[: max(at, 20)]
    return data


def read_or_refused(path: Path, options: dict[str, Any]) -> Reading | None:
    try:
        return read(path, options, "America/New_York")
    except RecordingUnreadable as refused:
        # Anything else is a crash; a code of a mere finding is a mistake.
        return None if CATALOGUE[refused.code].unreadable else pytest.fail(refused.code)


def assert_read_or_refused(path: Path, options: dict[str, Any]) -> None:
    reading = read_or_refused(path, options)
    if reading is None:
        return
    recording = reading.recording
    assert recording.rows == reading.quality.rows
    assert recording.accel.shape == (recording.rows, 3)
    assert np.isfinite(recording.time).all()
    assert np.isfinite(recording.accel).all()
    reading.quality.to_dict()


@pytest.fixture
def source(made: Callable[..., Path], opal: Path) -> Callable[[str], bytes]:
    def content(kind: str) -> bytes:
        if kind == "npz":
            return arrays()
        return (opal if kind == "h5" else made(kind, minutes=1)).read_bytes()

    return content


def arrays() -> bytes:
    buffer = io.BytesIO()
    accel = np.random.default_rng(1).normal(0, 1, (500, 3))
    np.savez(buffer, time=1.7e9 + np.arange(500) / 50, accel=accel, fs=50.0)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", sorted(set(OPTIONS) - {"avro", "h5"}))
@FUZZ
@given(changes=CHANGES)
@example(changes=[("delete", 69, b"\x00"), ("repeat", 0, b"\x00")])  # a header of Python text
def test_mutated_recordings(
    source: Callable[[str], bytes], tmp_path: Path, kind: str, changes: list[Change]
) -> None:
    path = tmp_path / "mutated"
    path.write_bytes(mutated(source(kind), changes))
    assert_read_or_refused(path, OPTIONS[kind])


@FUZZ
@given(changes=CHANGES)
def test_mutated_blocks_whose_checksums_hold(
    source: Callable[[str], bytes], tmp_path: Path, changes: list[Change]
) -> None:
    data = source("cwa")
    changed = mutated(data[1024:], [c for c in changes if c[0] == "overwrite"])
    sectors = np.frombuffer(changed, "<u2").reshape(-1, 256).copy()
    sectors[:, 255] = 0
    sectors[:, 255] = -sectors.sum(axis=1, dtype=np.uint16)
    path = tmp_path / "sealed"
    path.write_bytes(data[:1024] + sectors.tobytes())
    assert_read_or_refused(path, OPTIONS["cwa"])


@FUZZ
@given(changes=CHANGES)
def test_mutated_logs_in_whole_archives(
    source: Callable[[str], bytes], tmp_path: Path, changes: list[Change]
) -> None:
    with zipfile.ZipFile(io.BytesIO(source("gt3x"))) as archive:
        log, info = archive.read("log.bin"), archive.read("info.txt")
    path = tmp_path / "mutated"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("log.bin", mutated(log, changes))
        archive.writestr("info.txt", info)
    assert_read_or_refused(path, OPTIONS["gt3x"])


@settings(FUZZ, max_examples=15)
@given(changes=CHANGES)
def test_mutated_empatica_recording(
    shared_data: Path, tmp_path: Path, changes: list[Change]
) -> None:
    path = tmp_path / "mutated.avro"
    path.write_bytes(mutated((shared_data / "paradigma-test_data.avro").read_bytes(), changes))
    assert_read_or_refused(path, OPTIONS["avro"])


@settings(FUZZ, max_examples=30)
@given(changes=CHANGES)
def test_mutated_apdm_recording(
    source: Callable[[str], bytes], tmp_path: Path, changes: list[Change]
) -> None:
    path = tmp_path / "mutated.h5"
    path.write_bytes(mutated(source("h5"), changes))
    assert_read_or_refused(path, OPTIONS["h5"])


@FUZZ
@given(head=st.sampled_from(MARKS), rest=st.binary(max_size=5000))
@example(head=b"MD\xfc\x03", rest=b"")
@example(head=b"Device Identity\r\n", rest=b"Calibration Data\nx gain:0\n")
def test_random_bytes_behind_any_mark(tmp_path: Path, head: bytes, rest: bytes) -> None:
    path = tmp_path / "random"
    path.write_bytes(head + rest)
    recognise(path)
    for options in OPTIONS.values():
        assert_read_or_refused(path, options)


def test_arrays_that_claim_more_than_they_hold_are_refused(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 3), }\n"
    claim = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    path = tmp_path / "claim.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("time.npy", claim)
        archive.writestr("accel.npy", claim)
    with pytest.raises(RecordingUnreadable) as refused:
        read(path, OPTIONS["npz"], "UTC")
    assert refused.value.code == "content_damaged"


def test_damaged_type_of_an_array_is_refused_by_the_checksum_of_all_its_bytes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "narrow.npz"
    damaged = bytearray(arrays())
    at = damaged.index(b"<f8", damaged.index(b"accel.npy"))
    damaged[at : at + 3] = b"<f4"
    path.write_bytes(damaged)
    with pytest.raises(RecordingUnreadable) as refused:
        read(path, OPTIONS["npz"], "UTC")
    assert refused.value.code == "content_damaged"


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "pickled.npz"
    np.savez(path, time=np.array([print, print]), accel=np.zeros((2, 3)))
    with pytest.raises(RecordingUnreadable) as refused:
        read(path, OPTIONS["npz"], "UTC")
    assert refused.value.code == "content_damaged"


def test_log_that_is_damaged_all_over_is_refused_soon(tmp_path: Path) -> None:
    path = tmp_path / "separators.gt3x"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("log.bin", b"\x1e" * (1 << 20))
        archive.writestr("info.txt", "Sample Rate: 30\r\n")
    with pytest.raises(RecordingUnreadable) as refused:
        read(path, OPTIONS["gt3x"], "UTC")
    assert refused.value.code in ("content_damaged", "samples_missing")


@pytest.mark.parametrize("kind", ["cwa", "bin", "gt3x"])
def test_quality_alone_needs_little_memory(made: Callable[..., Path], kind: str) -> None:
    path = made(kind, minutes=300, hz=100)
    tracemalloc.start()
    quality = read(path, OPTIONS[kind], "UTC", raw=False).quality
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert quality.rows == 1_800_000
    assert peak < 12 * quality.rows  # the samples would take forty bytes each


def test_archive_that_unpacks_to_far_more_than_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gt3x"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.bin", bytes(1 << 27))
        archive.writestr("info.txt", "Sample Rate: 30\r\n")
    with pytest.raises(RecordingUnreadable) as refused:
        read(path, OPTIONS["gt3x"], "UTC")
    assert refused.value.code == "content_damaged"


@pytest.mark.parametrize("name", ["time", "accel", "gyro", "temperature"])
def test_rows_of_arrays_that_hold_no_number_are_left_out_and_said(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "holes.npz"
    held: dict[str, Any] = {
        "time": 1.71e9 + np.arange(500) / 50,
        "accel": np.ones((500, 3)),
        "gyro": np.ones((500, 3)),
        "temperature": np.full(500, 30.0),
    }
    held[name][100:110] = np.nan
    np.savez(path, fs=50.0, **held)
    reading = read(path, OPTIONS["npz"], "UTC")
    assert reading.recording is not None
    assert reading.recording.rows == 490
    assert {"values_missing", "gaps"} <= reading.quality.codes()
    assert np.isfinite(getattr(reading.recording, name)).all()
