"""How many samples a file holds, from its first bytes and its size.

For choosing the memory of a task before anything is read, so it imports the standard library alone
and never raises about content. What a header claims is ignored where the size tells.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

HEAD_BYTES = 65536

# Bytes of a file for one sample, by files of real devices: where the head does not tell.
_BYTES_A_SAMPLE = {"gt3x": 2.0, "empatica": 8.0, "apdm": 32.0, "npz": 16.0, "csv": 24.0}
_PACKED_CWA, _GENEACTIV_PAGE = 120, 3820


@dataclass(frozen=True, slots=True)
class Prediction:
    """Samples, at most or nearly; their rate in Hz and the hours, None where the head is silent."""

    rows: int
    hz: float | None

    @property
    def hours(self) -> float | None:
        return self.rows / self.hz / 3600 if self.hz else None


def predict(head: bytes, size: int, format_type: str) -> Prediction:
    """Predict by the first bytes of a file (up to `HEAD_BYTES`), its size and its format's name."""
    if format_type == "axivity":
        return _axivity(head, size)
    if format_type == "geneactiv":
        return _geneactiv(head, size)
    if format_type == "csv":
        return _table(head, size)
    return Prediction(int(size / _BYTES_A_SAMPLE.get(format_type, 2.0)), None)


def _axivity(head: bytes, size: int) -> Prediction:
    blocks = max(size // 512 - 2, 0)
    hz = 3200 / (1 << (15 - (head[36] & 0x0F))) if len(head) > 36 else None
    samples = struct.unpack_from("<H", head, 1024 + 28)[0] if len(head) >= 1054 else 0
    return Prediction(blocks * (samples if 0 < samples <= _PACKED_CWA else _PACKED_CWA), hz)


def _geneactiv(head: bytes, size: int) -> Prediction:
    marks = [match.start() for match in re.finditer(rb"(?m)^Recorded Data", head)]
    page = marks[1] - marks[0] if len(marks) > 1 else _GENEACTIV_PAGE
    found = re.search(rb"(?m)^Measurement Frequency:(\d{1,4}(?:\.\d{1,3})?)", head)
    hz = float(found[1]) if found else None
    return Prediction(-(-size // max(page, 3600)) * 300, hz or None)


def _table(head: bytes, size: int) -> Prediction:
    """By the mean length of the last whole lines of the head, which are data."""
    lines = head.splitlines()[:-1][-100:]
    length = sum(len(line) + 1 for line in lines) / len(lines) if lines else 24.0
    return Prediction(int(size / max(length, 6.0)), None)
