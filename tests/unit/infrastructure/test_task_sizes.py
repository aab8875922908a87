"""A task's size follows from its file and its steps; measured peaks hold the prediction."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.compute import (
    FILE_BYTES_A_SAMPLE,
    LARGEST_STORAGE_GIB,
    MEMORY_SIZES,
    memory_mib,
    task_size,
    time_limit_s,
)
from wearline.core.recording_headers import RecordingHeader

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
        "processor": {"engine": engine},
    }


@pytest.mark.parametrize(("format_type", "size", "steps", "engine", "peak"), MEASURED)
def test_measured_runs_fit_their_prediction_with_room_for_the_supervisor(
    format_type: str, size: float, steps: tuple[str, ...], engine: str, peak: int
) -> None:
    assert memory_mib(identity(format_type, size * MIB, steps, engine)) >= peak + 768


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
    assert peak + 768 <= predicted <= most * peak + 768


def test_header_of_another_device_than_the_study_expects_counts_for_nothing() -> None:
    expected = identity("axivity", 258e6, WRIST)
    assert memory_mib(expected, header("gt3x", 5)) == memory_mib(expected)


def test_gyroscope_counts_where_a_step_reads_it() -> None:
    told = header("axivity", DAY, gyro=True)
    without, reading = ("Sleep",), ("GaitLumbar",)
    needs = [memory_mib(identity("axivity", 1, steps), told) for steps in (without, reading, ())]
    assert needs[0] < needs[1] == needs[2]


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
