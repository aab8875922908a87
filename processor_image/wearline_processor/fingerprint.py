"""What was read, in two digests: a run without steps has nothing else to show for its samples.

Whoever reads the same file, with SKDH or anything else, gets the same digests if, and only if,
every number is the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from wearline_processor.recording import Floats, Recording

_ROWS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Fingerprint:
    """SHA-256 over little-endian float64.

    instants  (N,) unix seconds, UTC
    samples   (N, 3) acceleration in g by rows; then (N, 3) gyroscope in rad/s and (N,) temperature
              in degrees Celsius, each where the recording has it
    """

    instants: str
    samples: str


def fingerprint(recording: Recording) -> Fingerprint:
    """The digests of a recording."""
    signals = (recording.accel, recording.gyro, recording.temperature)
    return Fingerprint(_digest(recording.time), _digest(*(s for s in signals if s is not None)))


def _digest(*signals: Floats) -> str:
    digest = hashlib.sha256()
    for signal in signals:
        for begin in range(0, len(signal), _ROWS_AT_ONCE):  # by rows, however they lie in memory
            rows = signal[begin : begin + _ROWS_AT_ONCE]
            digest.update(np.ascontiguousarray(rows, dtype="<f8").data)
    return digest.hexdigest()
