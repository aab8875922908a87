"""Damage to recordings, by name, as real studies see it. Each takes and gives the bytes of a file.

`BY_FORMAT` holds those that need no choice of where: fault name to function, for each suffix.
"""

from __future__ import annotations

from collections.abc import Callable

from wearline_recordings.faults import axivity, geneactiv, gt3x

Fault = Callable[[bytes], bytes]


def truncated_tail(recording: bytes, lost: int = 700) -> bytes:
    """The last `lost` bytes are missing, as after a broken copy."""
    return recording[:-lost]


def empty(recording: bytes) -> bytes:  # noqa: ARG001 - as every fault
    """Nothing arrived."""
    return b""


ANY: dict[str, Fault] = {"truncated-tail": truncated_tail, "empty": empty}
BY_FORMAT: dict[str, dict[str, Fault]] = {
    "cwa": {
        **ANY,
        "restarted": axivity.restarted,
        "numbered-from-5000": axivity.numbered_from,
        "bad-checksums": axivity.bad_checksums,
        "clock-goes-back": axivity.clock_goes_back,
        "gap": axivity.gap,
        "lost-blocks": axivity.lost_blocks,
        "repeated-blocks": axivity.repeated_blocks,
        "zero-rows": axivity.zero_rows,
    },
    "bin": {
        **ANY,
        "restarted": geneactiv.restarted,
        "numbered-from-5000": geneactiv.numbered_from,
        "claims-fewer-pages": geneactiv.claims_fewer_pages,
        "clock-goes-back": geneactiv.clock_goes_back,
        "gap": geneactiv.gap,
        "zero-rows": geneactiv.zero_rows,
    },
    "gt3x": {
        **ANY,
        "bad-checksums": gt3x.bad_checksums,
        "clock-goes-back": gt3x.clock_goes_back,
        "gap": gt3x.gap,
        "zeros-between-records": gt3x.zeros_between_records,
        "docked": gt3x.docked,
    },
    "csv": dict(ANY),
}
