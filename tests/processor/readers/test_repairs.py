"""What is wrong with a file is repaired where that is exact, and always said."""

from __future__ import annotations

import contextlib
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wearline_processor.quality.catalogue import failing
from wearline_processor.readers import read
from wearline_processor.recording import Reading, RecordingUnreadable
from wearline_recordings import faults
from wearline_recordings.axivity import HEADER_BYTES

NEW_YORK = "America/New_York"
TYPES = {"cwa": "axivity", "bin": "geneactiv", "gt3x": "gt3x"}
USUAL = {"calibration_impossible"}
Made = Callable[..., Path]
Broken = Callable[..., Reading]
Sound = Callable[[str], Reading]


@pytest.fixture
def broken(made: Made, tmp_path: Path) -> Broken:
    """broken("cwa", "restarted"): the reading of a ten-minute recording with a fault."""

    def make(kind: str, fault: str | Callable[[bytes], bytes]) -> Reading:
        change = faults.BY_FORMAT[kind][fault] if isinstance(fault, str) else fault
        path = tmp_path / f"broken.{kind}"
        path.write_bytes(change(made(kind).read_bytes()))
        return read(path, {"type": TYPES[kind]}, NEW_YORK)

    return make


@pytest.fixture
def sound(made: Made) -> Callable[[str], Reading]:
    return lambda kind: read(made(kind), {"type": TYPES[kind]}, NEW_YORK)


@pytest.mark.parametrize("kind", TYPES)
def test_sound_recording_has_nothing_to_say(sound: Sound, kind: str) -> None:
    reading = sound(kind)
    assert reading.quality.codes() == USUAL
    assert reading.quality.rows == reading.recording.rows == 30_000
    assert reading.quality.measured_hz == pytest.approx(50, abs=1e-3)


@pytest.mark.parametrize("kind", ["cwa", "bin"])
def test_truncated_tail_loses_only_the_tail(broken: Broken, sound: Sound, kind: str) -> None:
    whole, cut = sound(kind), broken(kind, "truncated-tail")
    assert "truncated_tail" in cut.quality.codes()
    rows = cut.recording.rows
    assert whole.recording.rows - 300 <= rows < whole.recording.rows
    np.testing.assert_array_equal(cut.recording.accel, whole.recording.accel[:rows])
    np.testing.assert_array_equal(cut.recording.time, whole.recording.time[:rows])


@pytest.mark.parametrize("kind", ["cwa", "bin"])
@pytest.mark.parametrize("fault", ["restarted", "numbered-from-5000"])
def test_sequence_numbers_that_begin_elsewhere_lose_nothing(
    broken: Broken, sound: Sound, kind: str, fault: str
) -> None:
    whole, changed = sound(kind), broken(kind, fault)
    np.testing.assert_array_equal(changed.recording.accel, whole.recording.accel)
    np.testing.assert_allclose(changed.recording.time, whole.recording.time, atol=0.02)
    said = {"restarted": "restarted", "numbered-from-5000": "sequence_offset"}[fault]
    assert changed.quality.codes() - USUAL == {said}
    assert not failing(changed.quality.findings)


def test_sessions_out_of_place_are_put_in_the_order_of_their_instants(
    broken: Broken, sound: Sound
) -> None:
    def second_session_first(recording: bytes) -> bytes:
        restarted = faults.axivity.restarted(recording)
        header, blocks = restarted[:HEADER_BYTES], restarted[HEADER_BYTES:]
        half = len(blocks) // 1024 * 512
        sessions = [_with_session(blocks[:half], 1), _with_session(blocks[half:], 2)]
        return header + sessions[1] + sessions[0]

    whole, changed = sound("cwa"), broken("cwa", second_session_first)
    assert {"reordered_blocks", "restarted"} <= changed.quality.codes()
    np.testing.assert_array_equal(changed.recording.accel, whole.recording.accel)


def test_damaged_blocks_become_gaps_between_good_ones(broken: Broken, sound: Sound) -> None:
    whole, damaged = sound("cwa").recording, broken("cwa", "bad-checksums")
    assert damaged.quality.blocks_lost == 3
    assert damaged.quality.gaps == 2
    blocks = np.delete(whole.accel.reshape(-1, 120, 3), [1, 3, 4], axis=0)
    np.testing.assert_array_equal(damaged.recording.accel, blocks.reshape(-1, 3))
    assert (np.diff(damaged.recording.time) > 0).all()


def test_page_with_a_letter_that_is_no_digit_becomes_a_gap(broken: Broken, sound: Sound) -> None:
    def smudged(recording: bytes) -> bytes:
        place = recording.index(b"\n", recording.index(b"Sequence Number:7\r")) + 500
        return recording[:place] + b"x" + recording[place + 1 :]

    whole, damaged = sound("bin").recording, broken("bin", smudged)
    assert damaged.quality.codes() - USUAL == {"bad_blocks", "gaps"}
    pages = np.delete(whole.accel.reshape(-1, 300, 3), 7, axis=0)
    np.testing.assert_array_equal(damaged.recording.accel, pages.reshape(-1, 3))


def test_lost_blocks_are_counted_by_their_numbers(broken: Broken) -> None:
    quality = broken("cwa", "lost-blocks").quality
    assert {f.code: f.count for f in quality.findings}["missing_blocks"] == 3
    assert quality.longest_gap_s == pytest.approx(3 * 120 / 50, abs=0.05)


def test_repeated_blocks_are_read_once(broken: Broken, sound: Sound) -> None:
    repeated = broken("cwa", "repeated-blocks")
    assert {f.code: f.count for f in repeated.quality.findings}["duplicated_blocks"] == 3
    np.testing.assert_array_equal(repeated.recording.accel, sound("cwa").recording.accel)


@pytest.mark.parametrize("kind", TYPES)
def test_clock_that_goes_back_fails_the_run(broken: Broken, kind: str) -> None:
    quality = broken(kind, "clock-goes-back").quality
    assert [finding.code for finding in failing(quality.findings)] == ["time_backwards"]
    [sentence] = [f.sentence for f in quality.findings if f.code == "time_backwards"]
    assert "1 time, by up to 599.98" in sentence


@pytest.mark.parametrize("kind", TYPES)
def test_gap_of_hours_is_said_and_not_filled(broken: Broken, sound: Sound, kind: str) -> None:
    gap = broken(kind, "gap")
    assert gap.quality.gaps == 1
    assert gap.quality.gap_s == pytest.approx(7200, abs=0.1)
    assert gap.recording.rows == sound(kind).recording.rows
    assert gap.quality.measured_hz == pytest.approx(50, abs=0.01)
    assert [finding.code for finding in failing(gap.quality.findings)] == ["long_gaps"]


def test_header_that_claims_fewer_pages_hides_none(broken: Broken, sound: Sound) -> None:
    claimed = broken("bin", "claims-fewer-pages")
    assert "pages_differ" in claimed.quality.codes()
    assert claimed.recording.rows == sound("bin").recording.rows


def test_rows_of_zeros_are_counted(broken: Broken) -> None:
    assert broken("cwa", "zero-rows").quality.zero_rows == 360
    assert broken("bin", "zero-rows").quality.zero_rows == 900


@pytest.mark.parametrize("kind", ["cwa", "bin", "gt3x", "csv"])
def test_empty_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"empty.{kind}"
    path.write_bytes(b"")
    with pytest.raises(RecordingUnreadable) as refused:
        read(path, {"type": TYPES.get(kind, "csv")}, NEW_YORK)
    assert refused.value.code == "file_empty"


@pytest.mark.parametrize("order", [("log.bin", "info.txt"), ("info.txt", "log.bin")])
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("lost", [30, 700, 60_000])
def test_archive_that_was_cut_off_loses_only_its_tail(
    tmp_path: Path, made: Made, sound: Sound, order: tuple[str, str], packing: int, lost: int
) -> None:
    whole = sound("gt3x")
    cut = read(_cut(made("gt3x"), tmp_path, order, packing, lost), {"type": "gt3x"}, NEW_YORK)
    rows = cut.recording.rows
    assert "archive_cut" in cut.quality.codes()
    assert not failing(cut.quality.findings)
    # Lost bytes of the file, a few records that only deflate could have finished, no more.
    assert whole.recording.rows - 50 * (3 + 4 * lost // 309) <= rows <= whole.recording.rows
    np.testing.assert_array_equal(cut.recording.accel, whole.recording.accel[:rows])
    np.testing.assert_array_equal(cut.recording.time, whole.recording.time[:rows])
    assert cut.quality.firmware == whole.quality.firmware


def test_archive_that_was_cut_in_its_log_says_what_it_cannot_tell(
    tmp_path: Path, made: Made
) -> None:
    path = _cut(made("gt3x"), tmp_path, ("log.bin", "info.txt"), zipfile.ZIP_STORED, 700)
    quality = read(path, {"type": "gt3x"}, NEW_YORK).quality
    assert (quality.device, quality.serial_number, quality.nominal_hz) == (None, None, 50)


@pytest.mark.parametrize("firmware", [0x01060000, 0])
def test_cut_archive_whose_axes_may_be_turned_is_refused(
    tmp_path: Path, made: Made, firmware: int
) -> None:
    path = _cut(made("gt3x"), tmp_path, ("log.bin", "info.txt"), zipfile.ZIP_STORED, 700)
    path.write_bytes(_with_firmware(path.read_bytes(), firmware))
    with pytest.raises(RecordingUnreadable, match=r"info\.txt is not whole") as refused:
        read(path, {"type": "gt3x"}, NEW_YORK)
    assert refused.value.code == "header_damaged"


@pytest.mark.parametrize(
    "damage",
    [
        (b"Sample Rate: 50", b"Sample Rate: 60"),
        (b"Serial Number: TAS1H52220588", b"Serial Number: MOS1H52220588"),
        (b"Acceleration Scale: 256.0", b"Acceleration Scale: 296.0"),
    ],
)
@pytest.mark.parametrize("lost", [0, 30, 700])
def test_damaged_info_is_refused_in_a_cut_archive_as_in_a_whole_one(
    tmp_path: Path, made: Made, damage: tuple[bytes, bytes], lost: int
) -> None:
    path = _cut(made("gt3x"), tmp_path, ("info.txt", "log.bin"), zipfile.ZIP_STORED, lost)
    path.write_bytes(path.read_bytes().replace(*damage))
    assert damage[1] in path.read_bytes()
    with pytest.raises(RecordingUnreadable, match="BadZipFile") as refused:
        read(path, {"type": "gt3x"}, NEW_YORK)
    assert refused.value.code == "content_damaged"


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("lost", [0, 30])
def test_log_before_the_cut_whose_checksum_fails_is_refused(
    tmp_path: Path, made: Made, packing: int, lost: int
) -> None:
    order = ("log.bin", "info.txt")
    path = _cut(made("gt3x"), tmp_path, order, packing, lost)
    content = bytearray(path.read_bytes())
    content[14] ^= 1  # the CRC-32 beside the log; 16 is where the directory repeats it
    directory = content.rfind(b"PK\x01\x02", 0, content.rfind(b"PK\x01\x02"))
    content[directory + 16] ^= 1
    path.write_bytes(content)
    with pytest.raises(RecordingUnreadable, match="BadZipFile") as refused:
        read(path, {"type": "gt3x"}, NEW_YORK)
    assert refused.value.code == "content_damaged"


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-22] + b"XX" + content[-20:],
        lambda content: content + b"\0" * 70_000,
        lambda content: content[:-30],
    ],
    ids=["damaged end record", "bytes after it", "cut in the directory"],
)
def test_archive_whose_directory_alone_is_lost_is_not_said_to_miss_samples(
    tmp_path: Path, made: Made, sound: Sound, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "directory.gt3x"
    path.write_bytes(damage(made("gt3x").read_bytes()))
    quality = read(path, {"type": "gt3x"}, NEW_YORK).quality
    [told] = [each for each in quality.findings if each.code == "archive_cut"]
    assert quality.rows == sound("gt3x").quality.rows
    assert "missing" not in told.sentence


@pytest.mark.parametrize("kept", [3, 40, 4_000])
def test_archive_of_which_hardly_anything_came_is_refused(
    tmp_path: Path, made: Made, kept: int
) -> None:
    path = tmp_path / "cut.gt3x"
    with zipfile.ZipFile(made("gt3x")) as archive, zipfile.ZipFile(path, "w") as other:
        other.writestr("epoch.bin", b"\0" * 4000)
        other.writestr("log.bin", archive.read("log.bin"))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(RecordingUnreadable):
        read(path, {"type": "gt3x"}, NEW_YORK)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_cut_and_damaged_archives_end_in_a_reading_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, made: Made, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    packing = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    path = _cut(made("gt3x"), folder, ("info.txt", "log.bin"), packing, 400)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, 2_000))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    with contextlib.suppress(RecordingUnreadable):
        read(path, {"type": "gt3x"}, NEW_YORK)


def _with_firmware(content: bytes, value: int) -> bytes:
    """The firmware that the PARAMETERS record tells changed, and its checksum with it."""
    known = struct.pack("<HHI", 0, 13, 0x01070002)
    at = content.index(known)
    size = struct.unpack_from("<H", content, at - 2)[0]
    changed = bytearray(content)
    changed[at : at + 8] = struct.pack("<HHI", 0, 13, value)
    for old, new in zip(known, changed[at : at + 8], strict=True):
        changed[at + size] ^= old ^ new
    return bytes(changed)


def _cut(path: Path, folder: Path, order: tuple[str, str], packing: int, lost: int) -> Path:
    """The recording packed anew, members in this order, without its last bytes."""
    cut = folder / "cut.gt3x"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(cut, "w") as other:
        for name in order:
            other.writestr(name, archive.read(name), packing)
    cut.write_bytes(cut.read_bytes()[: -lost or None])
    return cut


def test_quality_alone_is_the_same_without_the_samples(
    broken: Broken, made: Made, tmp_path: Path
) -> None:
    path = Path(tmp_path / "gap.bin")
    path.write_bytes(faults.BY_FORMAT["bin"]["gap"](made("bin").read_bytes()))
    with_samples = read(path, {"type": "geneactiv"}, NEW_YORK)
    without = read(path, {"type": "geneactiv"}, NEW_YORK, raw=False)
    assert without.recording is None
    assert without.quality.to_dict() == with_samples.quality.to_dict()


def _with_session(blocks: bytes, session: int) -> bytes:
    sectors = np.frombuffer(blocks, "<u2").reshape(-1, 256).copy()
    sectors[:, 3] = session
    sectors[:, 255] = 0
    sectors[:, 255] = -sectors.sum(axis=1, dtype=np.uint16)
    return sectors.tobytes()
