"""The size and the time that a task gets, from what is known before it starts.

Fargate offers fixed pairs of vCPU and memory ("Task CPU and memory", Amazon ECS). SKDH
is single-threaded, so memory alone decides the size: the samples of a recording, times what the
hungriest step needs for each. A device's header tells the samples; where there is none, the size
of the file and its format do, rather too many than too few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wearline.core.recording_headers import RecordingHeader

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
# File bytes of a sample, at the least: packed .cwa, pages of .bin, and real devices' files.
FILE_BYTES_A_SAMPLE = {
    "axivity": 4.26, "geneactiv": 12.7, "gt3x": 2.0, "empatica": 8.0, "apdm": 32.0,
    "npz": 16.0, "csv": 24.0,
}  # fmt: skip
# Bytes of memory for each sample, measured between recordings of a day, three days and a week: a
# recording with its temperature, a gyroscope beside it, and a table while it is parsed.
RECORDING_BYTES, GYRO_BYTES, TABLE_BYTES = 47, 24, 110
# What these steps need beside that; plain SKDH copies more than the lean engine. Sit-to-stand
# goes day by day, and keeps nothing of the one before.
STEP_BYTES = {"PredictGaitLumbarLgbm": 60}
DAY_BYTES = {"Sit2Stand": 130}
STOCK_BYTES, STOCK_DAY_BYTES = 70, {"Sit2Stand": 375}
# The reader leaves the gyroscope in the file unless one of these is there, or no step at all.
GYRO_STEPS = frozenset({"FillGaps", "GaitLumbar"})
DEVICE_FORMATS = ("axivity", "geneactiv", "gt3x")
# Python and SKDH at rest (300 measured), and what supervisor and launch keep.
AT_REST_MIB, SUPERVISOR_MIB = 340, 768
MARGIN = 1.1
DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Length:
    """Samples of a recording, and of the longest of its days."""

    samples: float
    of_a_day: float


def length(identity: Mapping[str, Any], header: RecordingHeader | None = None) -> Length:
    """By its header, if it is of the format that the plan is for; else by its size."""
    format_type = identity["format"]["type"]
    if header is None or header.format != format_type or header.samples is None:
        samples = identity["file"]["size"] / FILE_BYTES_A_SAMPLE.get(format_type, 2.0)
        return Length(samples, samples)
    of_a_day = header.hz * DAY_S if header.hz else header.samples
    return Length(header.samples, min(header.samples, of_a_day))


def memory_mib(identity: Mapping[str, Any], header: RecordingHeader | None = None) -> int:
    """The memory that the run of a plan's identity needs, rather too much than too little."""
    steps = [step["process"] for step in identity["steps"]]
    stock = identity["processor"]["engine"] == "stock"
    reading = RECORDING_BYTES if identity["format"]["type"] in DEVICE_FORMATS else TABLE_BYTES
    if header is not None and header.has_gyro and (not steps or GYRO_STEPS.intersection(steps)):
        reading += GYRO_BYTES
    beside = max((STEP_BYTES.get(step, 0) for step in steps), default=0)
    of_a_day = STOCK_DAY_BYTES if stock else DAY_BYTES
    in_a_day = max((of_a_day.get(step, 0) for step in steps), default=0)
    known = length(identity, header)
    hungriest = max(
        known.samples * max(beside, STOCK_BYTES if stock else 0), known.of_a_day * in_a_day
    )
    needed = (known.samples * reading + hungriest) * MARGIN
    return AT_REST_MIB + SUPERVISOR_MIB + int(needed / MIB)


def task_size(
    identity: Mapping[str, Any], out_of_memory: int = 0, header: RecordingHeader | None = None
) -> TaskSize:
    """The smallest size that fits, one size larger for each try that lacked memory."""
    return size_for(memory_mib(identity, header), identity["file"]["size"], out_of_memory)


def size_for(need_mib: int, file_bytes: int, larger: int = 0) -> TaskSize:
    """The smallest size with this memory and room for the file, or a number of sizes larger."""
    fitting = next(
        (i for i, (_, mib) in enumerate(MEMORY_SIZES) if mib >= need_mib), len(MEMORY_SIZES) - 1
    )
    cpu, memory = MEMORY_SIZES[min(fitting + larger, len(MEMORY_SIZES) - 1)]
    storage = max(SMALLEST_STORAGE_GIB, IMAGE_AND_OUTPUTS_GIB + 3 * file_bytes // GIB)
    return TaskSize(cpu, memory, min(storage, LARGEST_STORAGE_GIB))


def time_limit_s(identity: Mapping[str, Any], header: RecordingHeader | None = None) -> int:
    """Fifteen minutes, and thirty more for a week at 100 Hz: many times what it takes.

    A limit protects from a hang; it must never be what ends an honest run.
    """
    return 900 + int(length(identity, header).samples * 30e-6)
