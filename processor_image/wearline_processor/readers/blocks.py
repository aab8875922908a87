"""Putting the blocks of a recording in order.

Axivity and GENEActiv files are rows of blocks that each carry a sequence number and a time. Valid
files stand in order already. A restarted device begins its sequence again; copied or repaired
storage may hold blocks twice or out of place. SKDH places blocks by sequence number alone and so
overwrites, zero-fills or crashes; here the instants decide, and every repair is a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality.catalogue import finding
from wearline_processor.recording import Finding, Floats

Ints = NDArray[np.int64]
Digest = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Good blocks in file order, (K,) each: session and sequence numbers, the time of the first
    sample and the length in seconds of the device's clock."""

    session: Ints
    sequence: Ints
    start: Floats
    length: Floats


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The order to read blocks in.

    order (M,) indices into the blocks; follows (M,) whether a block continues the one before it
    in this order; findings say what was repaired.
    """

    order: Ints
    follows: NDArray[np.bool_]
    findings: list[Finding]


def tolerances(length: Floats) -> Floats:
    """How far each block may reach into the next one without time being wrong: under a second."""
    return np.minimum(1.0, length / 2)


def arrange(blocks: Blocks, digest: Digest, damaged: int = 0) -> Arrangement:
    """Order blocks by their instants, each once.

    digest(k) identifies the content of block k; it is asked only for blocks that look alike.
    damaged is the number of blocks known to be lost, which are not reported as missing again.
    """
    order: Ints = np.arange(blocks.start.size)
    findings: list[Finding] = []
    if not _is_in_time(blocks, order):
        order, findings = _repaired(blocks, order, digest)
    session, sequence = blocks.session[order], blocks.sequence[order]
    follows = np.zeros(order.size, dtype=bool)
    follows[1:] = (session[1:] == session[:-1]) & (sequence[1:] == sequence[:-1] + 1)
    findings += _sequence_findings(session, sequence, blocks.start[order], damaged)
    return Arrangement(order, follows, findings)


def _is_in_time(blocks: Blocks, order: Ints) -> bool:
    start, length = blocks.start[order], blocks.length[order]
    overlap = start[:-1] + length[:-1] - start[1:]
    return bool((overlap <= tolerances(length)[:-1]).all())


def _repaired(blocks: Blocks, order: Ints, digest: Digest) -> tuple[Ints, list[Finding]]:
    """Drop blocks that stand twice, then sort by time if the sequence numbers agree with that.

    Where they do not, the clock was changed, and the order of the file is the better one.
    """
    findings = []
    once = _without_duplicates(blocks, order, digest)
    if once.size < order.size:
        findings.append(finding("duplicated_blocks", count=int(order.size - once.size)))
    if _is_in_time(blocks, once):
        return once, findings
    by_time = once[np.argsort(blocks.start[once], kind="stable")]
    if not (_is_in_time(blocks, by_time) and _is_in_sequence(blocks, by_time)):
        return once, findings  # the timeline reports time_backwards
    places = int((np.diff(by_time) < 0).sum())
    return by_time, [*findings, finding("reordered_blocks", count=places)]


def _is_in_sequence(blocks: Blocks, order: Ints) -> bool:
    session, sequence = blocks.session[order], blocks.sequence[order]
    return bool(((np.diff(sequence) > 0) | (np.diff(session) != 0)).all())


def _without_duplicates(blocks: Blocks, order: Ints, digest: Digest) -> Ints:
    alike = np.stack([blocks.session, blocks.sequence, blocks.start.view(np.int64)], axis=1)
    _, group, sizes = np.unique(alike, axis=0, return_inverse=True, return_counts=True)
    keep = np.ones(order.size, dtype=bool)
    seen: set[tuple[int, bytes]] = set()
    for block in np.flatnonzero(sizes[group.ravel()] > 1).tolist():
        identity = (int(group.ravel()[block]), digest(block))
        keep[block] = identity not in seen
        seen.add(identity)
    return order[keep]


def _sequence_findings(session: Ints, sequence: Ints, start: Floats, damaged: int) -> list[Finding]:
    found = []
    same = session[1:] == session[:-1]
    steps = np.diff(sequence)
    restarts = np.flatnonzero(~same | (steps <= 0))
    if restarts.size:
        at = float(start[restarts[0] + 1])
        found.append(finding("restarted", count=int(restarts.size), first_at=at))
    leading = max(int(sequence[0]), 0)
    skipped = int((steps[same & (steps > 1)] - 1).sum())
    if skipped > damaged:
        found.append(finding("missing_blocks", count=skipped - damaged))
    if leading > max(damaged - skipped, 0):
        found.append(finding("sequence_offset", first=leading))
    return found
