"""What a reader hands on: the samples of a recording, and what is known of their quality.

Times are unix seconds in UTC. A gap is a jump in `Recording.time`; nothing is filled in, but for
the idle sleep mode of ActiGraph.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Severity = Literal["error", "warning", "info"]
Floats = NDArray[np.float64]


class RecordingUnreadable(Exception):
    """The file cannot be turned into a recording.

    `code` is one of the catalogue (`wearline_processor.quality.catalogue`), `sentence` says what
    was found in the file and what to do, for a data manager.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noteworthy about a recording, with a code of the catalogue.

    `count` says how often it was seen; `first_at` is the instant of the first, in unix seconds.
    """

    code: str
    severity: Severity
    sentence: str
    count: int = 1
    first_at: float | None = None

    def to_dict(self) -> dict[str, Any]:
        values = asdict(self)
        values["first_at"] = iso_utc(self.first_at)
        return values


@dataclass(slots=True)
class Quality:
    """The quality record: taken from every recording, before any algorithm runs.

    Header fields are copied by name (device, serial number, firmware); everything else that a
    header may hold (names, birth dates, notes) stays in the file. Measures are None where the
    recording does not have what they need.
    """

    format: str
    device: str | None = None
    serial_number: str | None = None
    firmware: str | None = None
    nominal_hz: float | None = None
    measured_hz: float | None = None
    start: float | None = None
    end: float | None = None
    rows: int = 0
    file_bytes: int = 0
    blocks: int | None = None
    blocks_lost: int | None = None
    gaps: int = 0
    gap_s: float = 0.0
    longest_gap_s: float = 0.0
    zero_rows: int = 0
    saturated_rows: int = 0
    temperature_min_c: float | None = None
    temperature_max_c: float | None = None
    wear_h: float | None = None
    calibration: Calibration | None = None
    findings: list[Finding] = field(default_factory=list)

    def codes(self) -> set[str]:
        """The codes of all findings."""
        return {finding.code for finding in self.findings}

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON values: instants as ISO 8601 in UTC, no number that is not finite."""
        values = {name: _json(getattr(self, name)) for name in self.__dataclass_fields__}
        values["start"], values["end"] = iso_utc(self.start), iso_utc(self.end)
        values["calibration"] = asdict(self.calibration) if self.calibration else None
        values["findings"] = [finding.to_dict() for finding in self.findings]
        return values


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether the accelerometer could be calibrated from its still periods, and what it gains.

    Errors are the mean distance of still periods from 1 g, in mg, as van Hees et al. (2014,
    doi:10.1152/japplphysiol.00421.2014) define them.
    """

    possible: bool
    reason: str | None
    error_before_mg: float | None
    error_after_mg: float | None


@dataclass(slots=True)
class Recording:
    """The samples of one recording.

    time         (N,) unix seconds, UTC
    accel        (N, 3) in g
    gyro         (N, 3) in rad/s, or None where the device has none
    temperature  (N,) in degrees Celsius, or None
    fs           nominal sampling rate in Hz, as SKDH's reader would give it
    """

    time: Floats
    accel: Floats
    fs: float
    gyro: Floats | None = None
    temperature: Floats | None = None

    @property
    def rows(self) -> int:
        return int(self.time.size)

    @property
    def start(self) -> float:
        return float(self.time[0])

    @property
    def end(self) -> float:
        return float(self.time[-1])


@dataclass(slots=True)
class Reading:
    """A file that was read: its quality, and its samples unless only the quality was asked for."""

    quality: Quality
    recording: Recording | None


def iso_utc(instant: float | None) -> str | None:
    """ISO 8601 with milliseconds and Z; None for no instant or one outside of the calendar."""
    if instant is None or not math.isfinite(instant):
        return None
    try:
        moment = datetime.fromtimestamp(round(instant, 3), UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: Any) -> Any:  # noqa: ANN401 - any field of the record
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
