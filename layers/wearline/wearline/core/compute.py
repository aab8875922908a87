"""The size and the time that a task gets, from what is known before it starts.

Fargate offers fixed pairs of vCPU and memory ("Task CPU and memory", Amazon ECS). SKDH
is single-threaded, so memory alone decides the size.
"""

from __future__ import annotations

from dataclasses import dataclass

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class TaskSize:
    """CPU units (1,024 a vCPU), memory in MiB, ephemeral storage in GiB."""

    cpu: int
    memory_mib: int
    storage_gib: int


MEMORY_SIZES: tuple[tuple[int, int], ...] = (
    (1024, 4096), (1024, 8192), (2048, 16384), (4096, 30720),
)  # fmt: skip
# The least that can be asked for beyond the 20 GiB that cost nothing.
SMALLEST_STORAGE_GIB = 21
IMAGE_AND_OUTPUTS_GIB = 10
LARGEST_STORAGE_GIB = 200
# A job of Batch has the storage of its job definition, so there is one for each of these.
JOB_STORAGE_GIB = (SMALLEST_STORAGE_GIB, 50, LARGEST_STORAGE_GIB)
# Memory that a run needs for each byte of its file, by measurement of the largest
# ratio (packed .cwa: 6 bytes a sample of 84), and what Python and SKDH take at rest.
BYTES_PER_FILE_BYTE = 14
AT_REST = GIB


def task_size(file_bytes: int, out_of_memory: int = 0) -> TaskSize:
    """The smallest size that fits, one size larger for each try that lacked memory."""
    need = AT_REST + BYTES_PER_FILE_BYTE * file_bytes
    fitting = next(
        (i for i, (_, mib) in enumerate(MEMORY_SIZES) if mib * 1024**2 >= need),
        len(MEMORY_SIZES) - 1,
    )
    cpu, memory = MEMORY_SIZES[min(fitting + out_of_memory, len(MEMORY_SIZES) - 1)]
    storage = max(SMALLEST_STORAGE_GIB, IMAGE_AND_OUTPUTS_GIB + 3 * file_bytes // GIB)
    return TaskSize(cpu, memory, min(storage, LARGEST_STORAGE_GIB))


def time_limit_s(file_bytes: int) -> int:
    """Fifteen minutes, and forty for each GiB: about ten times what a week takes.

    A limit protects from a hang; it must never be what ends an honest run.
    """
    return 900 + 2400 * file_bytes // GIB
