"""The size and the time that a task gets, from what is known before it starts.

Fargate offers fixed pairs of vCPU and memory ("Task CPU and memory", Amazon ECS). SKDH
is single-threaded, so memory alone decides the size: samples, by the size of the file and
its format, times what the hungriest step needs for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MIB = 1024**2
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class TaskSize:
    """CPU units (1,024 a vCPU), memory in MiB, ephemeral storage in GiB."""

    cpu: int
    memory_mib: int
    storage_gib: int


MEMORY_SIZES: tuple[tuple[int, int], ...] = (
    (1024, 2048), (1024, 4096), (1024, 8192), (2048, 16384), (4096, 30720),
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
# Bytes of memory for each sample, measured between recordings of 1, 8, 24 and 48 hours: a
# recording with its temperature, a table while it is parsed (gyroscope included), and what
# these steps need at their peak. Plain SKDH copies more than the lean engine.
RECORDING_BYTES, TABLE_BYTES, STOCK_BYTES = 40, 110, 120
STEP_BYTES = {"PredictGaitLumbarLgbm": 145, "GaitLumbar": 145, "Sit2Stand": 210}
DEVICE_FORMATS = ("axivity", "geneactiv", "gt3x")
# Python and SKDH at rest (400 to 430 measured), and what supervisor and launch keep.
AT_REST_MIB, SUPERVISOR_MIB = 450, 768
MARGIN = 1.1


def memory_mib(identity: Mapping[str, Any]) -> int:
    """The memory that the run of a plan's identity needs, rather too much than too little."""
    format_type = identity["format"]["type"]
    samples = identity["file"]["size"] / FILE_BYTES_A_SAMPLE.get(format_type, 2.0)
    reading = RECORDING_BYTES if format_type in DEVICE_FORMATS else TABLE_BYTES
    engine = STOCK_BYTES if identity["processor"]["engine"] == "stock" else 0
    steps = (STEP_BYTES.get(step["process"], 0) for step in identity["steps"])
    of_samples = samples * max(reading, engine, *steps, 0) * MARGIN
    return AT_REST_MIB + SUPERVISOR_MIB + int(of_samples / MIB)


def task_size(identity: Mapping[str, Any], out_of_memory: int = 0) -> TaskSize:
    """The smallest size that fits, one size larger for each try that lacked memory."""
    return size_for(memory_mib(identity), identity["file"]["size"], out_of_memory)


def size_for(need_mib: int, file_bytes: int, larger: int = 0) -> TaskSize:
    """The smallest size with this memory and room for the file, or a number of sizes larger."""
    fitting = next(
        (i for i, (_, mib) in enumerate(MEMORY_SIZES) if mib >= need_mib), len(MEMORY_SIZES) - 1
    )
    cpu, memory = MEMORY_SIZES[min(fitting + larger, len(MEMORY_SIZES) - 1)]
    storage = max(SMALLEST_STORAGE_GIB, IMAGE_AND_OUTPUTS_GIB + 3 * file_bytes // GIB)
    return TaskSize(cpu, memory, min(storage, LARGEST_STORAGE_GIB))


def time_limit_s(file_bytes: int) -> int:
    """Fifteen minutes, and forty for each GiB: about ten times what a week takes.

    A limit protects from a hang; it must never be what ends an honest run.
    """
    return 900 + 2400 * file_bytes // GIB
