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
)

MIB = 1024**2
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
