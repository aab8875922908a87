"""Tables as devices and people export them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wearline_processor.quality.catalogue import failing
from wearline_processor.readers import read
from wearline_processor.recording import Reading, RecordingUnreadable

Reads = Callable[..., Reading]
LONDON = "Europe/London"
OPTIONS = {"type": "csv", "time": "t", "accel": ["x", "y", "z"], "clock": "utc"}
ACTIGRAPH = """\
------------ Data File Created By ActiGraph GT3X+ ActiLife v6.13.3 Firmware v2.5.0 date format \
d/M/yyyy at 30 Hz  Filter Normal -----------
Serial Number: NEO1D16110181
Start Time 16:17:00
Start Date 7/6/2012
Epoch Period (hh:mm:ss) 00:00:00
Download Time 21:35:18
Download Date 12/6/2012
Current Memory Address: 0
Current Battery Voltage: 3.97     Mode = 12
--------------------------------------------------
"""


@pytest.fixture
def reads(tmp_path: Path) -> Reads:
    def read_text(text: str | bytes, time_zone: str = LONDON, **options: Any) -> Reading:
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read(path, {**OPTIONS, **options}, time_zone)

    return read_text


def rows(count: int = 200, form: str = "2024-01-01T00:00:{:06.3f}, {}, 0, 1") -> str:
    return "".join(form.format(k / 50, k / 1000) + "\n" for k in range(count))


def refusal(call: Callable[[], object]) -> RecordingUnreadable:
    with pytest.raises(RecordingUnreadable) as refused:
        call()
    return refused.value


@pytest.mark.parametrize(
    "text",
    [
        "t,x,y,z\n" + rows(),
        "\ufefft,x,y,z\r\n" + rows().replace("\n", "\r\n"),
        "# made by hand\n\nt,x,y,z\n" + rows(),
        '"t"; "x"; "y"; "z"\n' + rows().replace(",", ";"),
        '"t"; "x"; "y"; "z"\n' + rows().replace(",", ";").replace(".", ",").replace("T00:", "T00:"),
        "t\tx\ty\tz\tnote\n" + rows().replace(",", "\t").replace("\n", "\tword\n"),
    ],
    ids=["plain", "windows", "comments", "semicolons", "decimal-commas", "tabs-and-notes"],
)
def test_dialects_of_one_table_read_the_same(reads: Reads, text: str) -> None:
    recording = reads(text).recording
    assert recording.rows == 200
    assert recording.fs == pytest.approx(50)
    np.testing.assert_array_equal(recording.accel[:, 0], np.arange(200) / 1000)


@pytest.mark.parametrize(
    ("first", "instant"),
    [
        ("2024-07-01T09:00:00.000+02:00", "2024-07-01T07:00:00.000Z"),
        ("2024-07-01 09:00:00.000", "2024-07-01T08:00:00.000Z"),
        ("2024-07-01T09:00:00.000Z", "2024-07-01T08:00:00.000Z"),
        ("1719824400.000", "2024-07-01T08:00:00.000Z"),
        ("1719824400000", "2024-07-01T08:00:00.000Z"),
    ],
    ids=["offset", "naive", "marked-utc", "unix-seconds", "unix-milliseconds"],
)
def test_local_clock_of_a_table(reads: Reads, first: str, instant: str) -> None:
    number = float(first) if first[:4] == "1719" else None
    step = 20 if number and number > 1e12 else 0.02
    times = (
        [f"{number + k * step:.3f}" for k in range(100)]
        if number
        else [first.replace("00.000", f"{k / 50:06.3f}") for k in range(100)]
    )
    reading = reads("t,x,y,z\n" + "".join(f"{t},0,0,1\n" for t in times), clock="local")
    assert reading.quality.to_dict()["start"] == instant
    assert ("clock_marked_utc" in reading.quality.codes()) == first.endswith("Z")


def test_acceleration_in_metres_is_divided_by_the_g_of_skdh(reads: Reads) -> None:
    text = "t,x,y,z\n" + rows(form="2024-01-01T00:00:{:06.3f},{},0,9.81")
    assert (reads(text, unit="m/s^2").recording.accel[:, 2] == 1).all()
    long = "t,x,y,z\n" + "".join(
        f"2024-01-01T00:{k // 3000:02}:{k % 3000 / 50:06.3f},0,0,9.81\n" for k in range(6000)
    )
    assert [f.code for f in failing(reads(long).quality.findings)] == ["unit_implausible"]


def test_actigraph_export_reads_by_its_header(reads: Reads) -> None:
    data = "Accelerometer X,Accelerometer Y,Accelerometer Z\n" + "-0.1,0.2,0.97\n" * 900
    accel = ["Accelerometer X", "Accelerometer Y", "Accelerometer Z"]
    reading = reads(ACTIGRAPH + data, time=None, accel=accel, clock="local")
    assert reading.quality.to_dict()["start"] == "2012-06-07T15:17:00.000Z"
    assert (reading.quality.device, reading.quality.serial_number) == ("GT3X+", "NEO1D16110181")
    assert (reading.recording.fs, reading.recording.rows) == (30, 900)


def test_actigraph_export_without_names_has_them_by_its_format(reads: Reads) -> None:
    data = "".join(f"7/6/2012 16:17:{k // 30:02}.{k % 30 * 33:03},0,0,1\n" for k in range(90))
    accel = ["Accelerometer X", "Accelerometer Y", "Accelerometer Z"]
    reading = reads(ACTIGRAPH + data, time="Timestamp", accel=accel, clock="local")
    assert reading.quality.to_dict()["start"] == "2012-06-07T15:17:00.000Z"
    assert reading.recording.rows == 90


def test_partial_seconds_at_the_ends_are_left_out_and_said(reads: Reads) -> None:
    seconds = [0] * 7 + [s for s in range(1, 5) for _ in range(30)] + [5] * 11
    text = "t,x,y,z\n" + "".join(f"2024-01-01 00:00:{s:02},0,0,1\n" for s in seconds)
    reading = reads(text)
    assert reading.recording.rows == 120
    assert reading.recording.fs == 30
    assert [f.count for f in reading.quality.findings if f.code == "partial_second"] == [7, 11]


def test_seconds_of_different_length_are_refused(reads: Reads) -> None:
    seconds = [s for s in range(6) for _ in range(30 + s % 2)]
    text = "t,x,y,z\n" + "".join(f"2024-01-01 00:00:{s:02},0,0,1\n" for s in seconds)
    assert refusal(lambda: reads(text)).code == "time_uneven"


def test_line_that_was_cut_off_is_left_out(reads: Reads) -> None:
    reading = reads("t,x,y,z\n" + rows() + "2024-01-01T00:00:04.000,0.2")
    assert reading.recording.rows == 200
    assert "truncated_tail" in reading.quality.codes()


def test_rows_without_a_number_are_gaps(reads: Reads) -> None:
    lines = rows().splitlines(keepends=True)
    lines[50] = "2024-01-01T00:00:01.000,,0,1\n"
    reading = reads("t,x,y,z\n" + "".join(lines))
    assert reading.recording.rows == 199
    assert {"values_missing", "gaps"} <= reading.quality.codes()


@pytest.mark.parametrize(
    ("text", "options", "code", "word"),
    [
        ("a,b\n1,2\n", {}, "column_missing", "'x'"),
        ("t,x,y,z\n" + rows(3) + "2024-01-01T00:00:01,1,up,3\n", {}, "value_unparsable", "row 4"),
        ("t,x,y,z\nnoon,1,2,3\n", {}, "value_unparsable", "'t'"),
        ("t,x,y,z\n", {}, "samples_missing", "single"),
        ("x,y,z\n1,2,3\n1,2,3\n", {"time": None}, "format_options_invalid", "sampling_rate"),
        ("t,x,x,z\n1,2,3,4\n", {"accel": ["x", "x", "z"]}, "format_options_invalid", "same name"),
        ('t,x,y,z\n"2024', {}, "content_damaged", "ParserError"),
    ],
    ids=["columns", "word", "time", "no-rows", "no-clock", "names", "quote"],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    reads: Reads, text: str, options: dict[str, Any], code: str, word: str
) -> None:
    refused = refusal(lambda: reads(text, **options))
    assert refused.code == code
    assert word in refused.sentence


def test_refusal_never_repeats_a_value(reads: Reads) -> None:
    text = "t,x,y,z\n" + rows(3) + "2024-01-01T00:00:01,1,Jane Doe,3\n"
    assert "Jane" not in refusal(lambda: reads(text)).sentence
