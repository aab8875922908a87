"""A task's size follows from its file and its steps; measured peaks hold the prediction."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.aws.tasks import SUPERVISOR_MIB
from wearline.core import compute
from wearline.core.compute import (
    FILE_BYTES_A_SAMPLE,
    KEPT_MIB,
    LARGEST_STORAGE_GIB,
    MEMORY_SIZES,
    memory_mib,
    task_size,
    time_limit_s,
)
from wearline.core.recording_headers import RecordingHeader
from wearline.core.release_signatures import ProcessSignature, release_signature

MIB, GIB = 1024**2, 1024**3
WRIST = ("CalibrateAccelerometer", "CtaWearDetection", "Sleep", "ActivityLevelClassification")
GAIT = ("PredictGaitLumbarLgbm", "GaitLumbar", "Sit2Stand")

# Format, MiB of the file, steps, engine, and the peak of the worker in MiB, measured.
MEASURED: list[tuple[str, float, tuple[str, ...], str, int]] = [
    ("axivity", 17.6, WRIST, "lean", 551),
    ("axivity", 70.3, WRIST, "lean", 1020),
    ("axivity", 70.3, WRIST, "stock", 2097),
    ("axivity", 52.7, WRIST, "lean", 553),  # with a gyroscope
    ("axivity", 210.9, WRIST, "lean", 1367),
    ("geneactiv", 209.7, WRIST, "lean", 1017),
    ("gt3x", 100.4, WRIST, "lean", 1069),
    ("csv", 17.8, GAIT, "lean", 324),
    ("csv", 142.7, GAIT, "lean", 824),
]


# Options of the format, rows, steps, and the peak in MiB, measured: a walking day as lines of
# fifteen bytes and as compressed arrays; four million rows read, 300 MiB of it Python at rest.
MEASURED_BY_ROWS: list[tuple[dict[str, Any], int, tuple[str, ...], int]] = [
    ({"type": "csv"}, 8_640_000, GAIT, 1295),
    ({"type": "npz"}, 8_640_000, GAIT, 1197),
    ({"type": "csv"}, 4_000_000, (), 741),
    ({"type": "csv", "gyro": ["a", "b", "c"], "temperature": "d"}, 4_000_000, (), 1035),
    ({"type": "npz"}, 4_000_000, (), 638),
]


# Device, samples, rate, whether it has a gyroscope, steps, engine, and the peak of the worker in
# MiB, measured: recordings of a day, two or three days, and a week.
DAY, WEEK = 8_640_000, 60_480_000
MEASURED_BY_HEADER: list[tuple[str, int, bool, tuple[str, ...], str, int]] = [
    ("axivity", DAY, False, WRIST, "lean", 673),
    ("axivity", 2 * DAY, True, WRIST, "lean", 1045),
    ("axivity", WEEK, False, WRIST, "lean", 2969),
    ("axivity", WEEK, True, WRIST, "lean", 2988),
    ("geneactiv", DAY, False, WRIST, "lean", 670),
    ("geneactiv", WEEK, False, WRIST, "lean", 2940),
    ("gt3x", DAY, False, WRIST, "lean", 682),
    ("gt3x", WEEK, False, WRIST, "lean", 2848),
    ("axivity", DAY, False, GAIT, "lean", 1281),
    ("axivity", 3 * DAY, False, GAIT, "lean", 2825),
    ("axivity", DAY, False, WRIST, "stock", 1176),
    ("axivity", 2 * DAY, True, WRIST, "stock", 2113),
    ("gt3x", DAY, False, WRIST, "stock", 1174),
    ("axivity", DAY, False, GAIT, "stock", 2509),
]


def header(format_type: Any, samples: int, *, gyro: bool = False) -> RecordingHeader:
    return RecordingHeader(format_type, hz=100.0, has_gyro=gyro, samples=samples)


def identity(
    format_type: str, size: float, steps: tuple[str, ...], engine: str = "lean"
) -> dict[str, Any]:
    return {
        "file": {"size": int(size)},
        "format": {"type": format_type},
        "steps": [{"process": name, "parameters": {}} for name in steps],
        "processor": {"engine": engine, "release": "skdh-0.17.18"},
    }


@pytest.mark.parametrize(("format_type", "size", "steps", "engine", "peak"), MEASURED)
def test_measured_runs_fit_their_prediction_with_room_for_the_supervisor(
    format_type: str, size: float, steps: tuple[str, ...], engine: str, peak: int
) -> None:
    assert memory_mib(identity(format_type, size * MIB, steps, engine)) >= peak + KEPT_MIB


@pytest.mark.parametrize(
    ("format_type", "samples", "gyro", "steps", "engine", "peak"), MEASURED_BY_HEADER
)
def test_prediction_by_the_header_holds_measured_peaks_and_little_more(
    format_type: str, samples: int, gyro: bool, steps: tuple[str, ...], engine: str, peak: int
) -> None:
    told = header(format_type, samples, gyro=gyro)
    # A size that would mean another number of samples: where the header speaks, it is not asked.
    predicted = memory_mib(identity(format_type, 10 * GIB, steps, engine), told)
    # The longest day of a recording of 24 hours from nine o'clock has fifteen of them.
    most = 1.25 if "Sit2Stand" not in steps else 1.8
    assert peak + KEPT_MIB <= predicted <= most * peak + KEPT_MIB


@pytest.mark.parametrize(("options", "rows", "steps", "peak"), MEASURED_BY_ROWS)
def test_prediction_by_the_rows_holds_measured_peaks_and_little_more(
    options: dict[str, Any], rows: int, steps: tuple[str, ...], peak: int
) -> None:
    known = identity(options["type"], 10 * GIB, steps) | {"format": options}
    assert peak + KEPT_MIB <= memory_mib(known, rows=rows) <= 1.9 * peak + KEPT_MIB


@pytest.mark.parametrize("format_type", ["csv", "npz"])
def test_rows_tell_the_time_that_a_table_gets(format_type: str) -> None:
    known = identity(format_type, 100, GAIT)
    assert time_limit_s(known, rows=WEEK) == time_limit_s(
        identity("axivity", 1, GAIT), header("axivity", WEEK)
    )


def test_no_claim_of_a_header_asks_for_more_than_a_week() -> None:
    assert time_limit_s(identity("gt3x", 1, WRIST), header("gt3x", 10**18)) == 7 * 86400


def test_what_is_kept_of_a_task_is_what_launch_and_supervisor_keep() -> None:
    child = Path(__file__).parents[3] / "processor_image" / "wearline_processor" / "child.py"
    [kept] = re.findall(r"(?m)^SUPERVISOR_MIB = (\d+)$", child.read_text("utf-8"))
    assert SUPERVISOR_MIB + int(kept) == KEPT_MIB


def test_header_of_another_device_than_the_study_expects_counts_for_nothing() -> None:
    expected = identity("axivity", 258e6, WRIST)
    assert memory_mib(expected, header("gt3x", 5)) == memory_mib(expected)


def test_gyroscope_counts_where_a_step_reads_it() -> None:
    told = header("axivity", DAY, gyro=True)
    without, reading = ("Sleep",), ("GaitLumbar",)
    needs = [memory_mib(identity("axivity", 1, steps), told) for steps in (without, reading, ())]
    assert needs[0] < needs[1] == needs[2]


def test_gyroscope_counts_where_a_package_of_a_release_requires_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = ProcessSignature(module="team.turns", requires=("accel", "gyro"))
    release = release_signature("skdh-0.17.18")
    extended = release.model_copy(update={"processes": {**release.processes, "Turns": own}})
    monkeypatch.setattr(compute, "release_signature", lambda _: extended)
    told = header("axivity", DAY, gyro=True)
    needs = [memory_mib(identity("axivity", 1, (step,)), told) for step in ("Sleep", "Turns")]
    assert needs[0] < needs[1] == memory_mib(identity("axivity", 1, ("GaitLumbar",)), told)


def test_sit_to_stand_without_a_day_window_takes_the_whole_recording_at_once() -> None:
    by_day, at_once = (identity("axivity", 1, ("Sit2Stand",)) for _ in range(2))
    at_once["steps"][0]["parameters"] = {"day_window": None}
    needs = [memory_mib(each, header("axivity", WEEK)) for each in (by_day, at_once)]
    assert needs[1] - needs[0] == pytest.approx(6 * DAY * 130 * 1.1 / MIB, abs=1)


def test_time_limit_grows_with_the_length_of_the_recording() -> None:
    known = identity("axivity", 258e6, WRIST)
    limits = [time_limit_s(known, header("axivity", samples)) for samples in (0, DAY, WEEK)]
    assert limits == [900, 1159, 2714]
    assert time_limit_s(known) == pytest.approx(limits[-1], rel=0.01)


@pytest.mark.parametrize(("format_type", "size"), [("axivity", 258), ("geneactiv", 768)])
def test_a_week_at_100_hz_takes_four_gibibytes(format_type: str, size: int) -> None:
    chosen = task_size(identity(format_type, size * 1e6, WRIST))
    assert (chosen.cpu, chosen.memory_mib) == (1024, 4096)


def test_a_short_walk_takes_the_smallest_size() -> None:
    assert task_size(identity("csv", 5 * MIB, GAIT)).memory_mib == 2048


@pytest.mark.parametrize("tries", range(1, 5))
def test_each_try_that_lacked_memory_gets_the_next_size(tries: int) -> None:
    sizes = [memory for _, memory in MEMORY_SIZES]
    chosen = task_size(identity("csv", 5 * MIB, GAIT), tries)
    assert chosen.memory_mib == sizes[min(tries, len(sizes) - 1)]


@given(
    st.sampled_from([*FILE_BYTES_A_SAMPLE, "unheard of"]),
    st.integers(0, 5 * 1024**4),
    st.sampled_from([WRIST, GAIT, ()]),
    st.integers(0, 9),
)
def test_every_file_gets_a_size_that_fargate_has(
    format_type: str, size: int, steps: tuple[str, ...], tries: int
) -> None:
    chosen = task_size(identity(format_type, size, steps), tries)
    assert (chosen.cpu, chosen.memory_mib) in MEMORY_SIZES
    assert 21 <= chosen.storage_gib <= LARGEST_STORAGE_GIB
