"""The size and the time that a task gets, from what is known before it starts.

Fargate offers fixed pairs of vCPU and memory ("Task CPU and memory", Amazon ECS). SKDH
is single-threaded, so memory alone decides the size: the samples of a recording, times what the
hungriest step needs for each. A device's header tells the samples, the lines of a table or the
shape of arrays; where nothing does, the size of the file and its format, rather too many than too
few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wearline.core.recording_headers import RecordingHeader
from wearline.core.release_signatures import release_signature

MIB = 1024**2
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class TaskSize:
    """CPU units (1,024 a vCPU), memory in MiB, ephemeral storage in GiB."""

    cpu: int
    memory_mib: int
    storage_gib: int


MEMORY_SIZES: tuple[tuple[int, int], ...] = (
    (1024, 2048), (1024, 3072), (1024, 4096), (1024, 6144), (1024, 8192), (2048, 16384),
    (4096, 30720),
)  # fmt: skip
# The least that can be asked for beyond the 20 GiB that cost nothing.
SMALLEST_STORAGE_GIB = 21
IMAGE_AND_OUTPUTS_GIB = 10
LARGEST_STORAGE_GIB = 200
# A job of Batch has the storage of its job definition, so there is one for each of these.
JOB_STORAGE_GIB = (SMALLEST_STORAGE_GIB, 50, LARGEST_STORAGE_GIB)
# File bytes of a sample, at the least: packed .cwa, pages of .bin, arrays of small numbers that
# were compressed, lines of one digit a number.
FILE_BYTES_A_SAMPLE = {
    "axivity": 4.26, "geneactiv": 12.7, "gt3x": 2.0, "empatica": 4.0, "apdm": 32.0,
    "npz": 4.0, "csv": 6.0,
}  # fmt: skip
# Bytes of memory for each sample, measured between recordings of a day, three days and a week: a
# recording with its temperature, and a gyroscope beside it.
RECORDING_BYTES, GYRO_BYTES = 47, 24
# What is no device's own file needs this while it is parsed, measured over four million samples, of
# Empatica over half an hour; a table's columns of numbers beside acceleration come on top.
PARSING_BYTES = {"npz": 90, "apdm": 90, "empatica": 250, "csv": 120}
COLUMN_BYTES = 20
# What these steps need beside that; plain SKDH copies more than the lean engine. Sit-to-stand
# goes day by day, and keeps nothing of the one before, unless its day window is null.
STEP_BYTES = {"PredictGaitLumbarLgbm": 60}
DAY_BYTES = {"Sit2Stand": 130}
STOCK_BYTES, STOCK_DAY_BYTES = 70, {"Sit2Stand": 375}
# The reader leaves the gyroscope in the file unless one of these is there, a step that requires it,
# or no step at all.
GYRO_STEPS = frozenset({"FillGaps", "GaitLumbar"})
# Python and SKDH at rest (300 measured), and what the worker may not have of its task: 256 that
# `aws.tasks` keeps of it, and as much that the image's supervisor keeps of the rest.
AT_REST_MIB, KEPT_MIB = 340, 512
MARGIN = 1.1
DAY_S = 86400
LONGEST_S = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class Length:
    """Samples of a recording, and of the longest of its days."""

    samples: float
    of_a_day: float


def length(
    identity: Mapping[str, Any], header: RecordingHeader | None = None, rows: int | None = None
) -> Length:
    """By its header, if it is of the format that the plan is for; by its rows; else by its size."""
    format_type = identity["format"]["type"]
    if header is None or header.format != format_type or header.samples is None:
        by_size = identity["file"]["size"] / FILE_BYTES_A_SAMPLE.get(format_type, 2.0)
        samples = by_size if rows is None else float(rows)
        return Length(samples, samples)
    of_a_day = header.hz * DAY_S if header.hz else header.samples
    return Length(header.samples, min(header.samples, of_a_day))


def memory_mib(
    identity: Mapping[str, Any], header: RecordingHeader | None = None, rows: int | None = None
) -> int:
    """The memory that the run of a plan's identity needs, rather too much than too little."""
    known = length(identity, header, rows)
    recording = known.samples * (RECORDING_BYTES + _gyro_bytes(identity, header))
    parsing = known.samples * _parsing_bytes(identity["format"])
    needed = max(parsing, recording + _hungriest(identity, known)) * MARGIN
    return AT_REST_MIB + KEPT_MIB + int(needed / MIB)


def _hungriest(identity: Mapping[str, Any], known: Length) -> float:
    """Bytes that the step which needs most of them needs beside the recording."""
    stock = identity["processor"]["engine"] == "stock"
    of_a_day = STOCK_DAY_BYTES if stock else DAY_BYTES
    needs = [known.samples * STOCK_BYTES if stock else 0.0]
    for step in identity["steps"]:
        window = (step.get("parameters") or {}).get("day_window", "each day")
        at_once = known.samples if window is None else known.of_a_day
        needs.append(known.samples * STEP_BYTES.get(step["process"], 0))
        needs.append(at_once * of_a_day.get(step["process"], 0))
    return max(needs)


def _gyro_bytes(identity: Mapping[str, Any], header: RecordingHeader | None) -> int:
    told = identity["format"]
    if told["type"] in PARSING_BYTES:
        return GYRO_BYTES if told["type"] != "csv" or told.get("gyro") else 0
    has_gyro = header is not None and header.has_gyro
    return GYRO_BYTES if has_gyro and _reads_gyro(identity) else 0


def _reads_gyro(identity: Mapping[str, Any]) -> bool:
    steps = {step["process"] for step in identity["steps"]}
    try:
        known = release_signature(identity["processor"]["release"]).processes
    except KeyError:
        return True  # a release that is no longer there: rather too much
    required = {name for name, process in known.items() if "gyro" in process.requires}
    return not steps or not steps.isdisjoint(GYRO_STEPS | required)


def _parsing_bytes(told: Mapping[str, Any]) -> int:
    columns = len(told.get("gyro") or ()) + bool(told.get("temperature"))
    return PARSING_BYTES.get(told["type"], 0) + COLUMN_BYTES * columns


def task_size(
    identity: Mapping[str, Any],
    out_of_memory: int = 0,
    header: RecordingHeader | None = None,
    rows: int | None = None,
) -> TaskSize:
    """The smallest size that fits, one size larger for each try that lacked memory."""
    need_mib = memory_mib(identity, header, rows)
    return size_for(need_mib, identity["file"]["size"], out_of_memory)


def size_for(need_mib: int, file_bytes: int, larger: int = 0) -> TaskSize:
    """The smallest size with this memory and room for the file, or a number of sizes larger."""
    fitting = next(
        (i for i, (_, mib) in enumerate(MEMORY_SIZES) if mib >= need_mib), len(MEMORY_SIZES) - 1
    )
    cpu, memory = MEMORY_SIZES[min(fitting + larger, len(MEMORY_SIZES) - 1)]
    storage = max(SMALLEST_STORAGE_GIB, IMAGE_AND_OUTPUTS_GIB + 3 * file_bytes // GIB)
    return TaskSize(cpu, memory, min(storage, LARGEST_STORAGE_GIB))


def time_limit_s(
    identity: Mapping[str, Any], header: RecordingHeader | None = None, rows: int | None = None
) -> int:
    """Fifteen minutes, and thirty more for a week at 100 Hz: many times what it takes.

    A limit protects from a hang; it must never be what ends an honest run.
    """
    return min(900 + int(length(identity, header, rows).samples * 30e-6), LONGEST_S)
