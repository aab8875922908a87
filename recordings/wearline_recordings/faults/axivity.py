"""Faults of a .cwa. Blocks count from 0; checksums are right again unless the fault is theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wearline_recordings.axivity import (
    BLOCK,
    HEADER_BYTES,
    packed_clocks,
    seal,
    unpacked_clocks,
)


def restarted(recording: bytes, at: int | None = None) -> bytes:
    """The device restarted at block `at`, by default half-way: sequence ids begin again at 0."""
    blocks = _blocks(recording)
    at = len(blocks) // 2 if at is None else at
    blocks["sequence"][at:] -= blocks["sequence"][at]
    return _sealed(recording, blocks)


def numbered_from(recording: bytes, first: int = 5000) -> bytes:
    """Sequence ids begin at `first`, as when the device was not cleared."""
    blocks = _blocks(recording)
    blocks["sequence"] += first
    return _sealed(recording, blocks)


def bad_checksums(recording: bytes, at: Sequence[int] = (1, 3, 4)) -> bytes:
    """One bit of the samples of each block in `at` is flipped."""
    blocks = _blocks(recording)
    blocks["samples"][list(at), 100] ^= 0x10
    return recording[:HEADER_BYTES] + blocks.tobytes()


def clock_goes_back(recording: bytes, at: int | None = None, seconds: int = 600) -> bytes:
    """From block `at`, by default half-way, the clock shows `seconds` less."""
    return gap(recording, at, -seconds)


def gap(recording: bytes, at: int | None = None, seconds: int = 7200) -> bytes:
    """From block `at`, by default half-way, the clock shows `seconds` more."""
    blocks = _blocks(recording)
    at = len(blocks) // 2 if at is None else at
    later = unpacked_clocks(blocks["clock"][at:]) + np.timedelta64(seconds, "s")
    blocks["clock"][at:] = packed_clocks(later)
    return _sealed(recording, blocks)


def lost_blocks(recording: bytes, at: int = 2, count: int = 3) -> bytes:
    """`count` blocks from `at` on are not in the file; the ids of the others stay."""
    blocks = _blocks(recording)
    return recording[:HEADER_BYTES] + np.delete(blocks, slice(at, at + count)).tobytes()


def repeated_blocks(recording: bytes, at: int = 2, count: int = 3) -> bytes:
    """`count` blocks from `at` on are in the file twice."""
    blocks = _blocks(recording)
    twice = np.concatenate((blocks[: at + count], blocks[at:]))
    return recording[:HEADER_BYTES] + twice.tobytes()


def zero_rows(recording: bytes, at: int = 2, count: int = 3) -> bytes:
    """All samples of `count` blocks from `at` on are zero."""
    blocks = _blocks(recording)
    blocks["samples"][at : at + count] = 0
    return _sealed(recording, blocks)


def _blocks(recording: bytes) -> NDArray[np.void]:
    whole = (len(recording) - HEADER_BYTES) // BLOCK.itemsize
    return np.frombuffer(recording, BLOCK, whole, HEADER_BYTES).copy()


def _sealed(recording: bytes, blocks: NDArray[np.void]) -> bytes:
    seal(blocks)
    return recording[:HEADER_BYTES] + blocks.tobytes()
