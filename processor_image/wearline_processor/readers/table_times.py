"""The times of a table: text or numbers, down to the second or finer, on which clock.

Times of a valid table equal those of SKDH 0.17.18's ReadCSV bit for bit: nanoseconds divided by
1e9, and where several rows carry the same second, `second + i / n`.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from wearline_processor.quality.catalogue import finding, unreadable
from wearline_processor.recording import Finding, Floats

_UNITS = ((1e8, 1e11, "s"), (1e11, 1e14, "ms"), (1e14, 1e17, "us"), (1e17, 1e20, "ns"))
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.|Z|[+-]|$)")
_PREVIEW = 2500  # as ReadCSV takes the rate from


def unit_of(first: float) -> str | None:
    """The unit of unix times, which their size tells; None where they are none."""
    return next((unit for low, high, unit in _UNITS if low <= first < high), None)


def marks(text: str) -> tuple[bool, bool]:
    """Whether a time carries an offset from UTC, and whether it is marked Z."""
    return bool(_OFFSET.search(text.strip())), text.strip().endswith("Z")


def seconds(column: Any, date_format: str | None) -> Floats:  # noqa: ANN401 - a pandas column
    """Unix seconds of a column of times, naive ones as if UTC; NaN where a cell holds none."""
    if column.dtype.kind == "f":
        unit = unit_of(float(column.iloc[0])) or "s"
        instants = pd.to_datetime(column, unit=unit, utc=True, errors="coerce")
    else:
        text = _format_of(str(column.iloc[0]), date_format)
        instants = pd.to_datetime(column, format=text, utc=True, errors="coerce")
    missing = instants.isna().to_numpy()
    values = instants.dt.as_unit("ns").to_numpy(dtype="datetime64[ns]").astype(np.int64) / 1e9
    values[missing] = np.nan
    return np.asarray(values, dtype=np.float64)


def spread(time: Floats) -> tuple[Floats, slice, float | None, list[Finding]]:
    """Spread rows that share a time over the step to the next one.

    Returns the times, the rows to keep (partial groups at either end are left out, since where in
    their second they lie is unknown), the rate, and findings. Raises RecordingUnreadable where
    groups differ.
    """
    if not _is_grouped(time):
        return time, slice(None), None, []
    begins = np.flatnonzero(np.diff(time, prepend=np.nan) != 0)
    counts = np.diff(np.append(begins, time.size))
    size = int(np.bincount(counts).argmax())
    first = int(counts[0]) if counts[0] < size else 0
    last = int(counts[-1]) if counts.size > 1 and counts[-1] < size else 0
    rows = slice(first, time.size - last)
    inner = counts[bool(first) : counts.size - bool(last)]
    if inner.size == 0 or (inner != size).any():
        listed = ", ".join(str(count) for count in np.unique(counts)[:5])
        raise unreadable("time_uneven", counts=listed)
    step = float(np.median(np.diff(time[rows][::size]))) if inner.size > 1 else 1.0
    within = np.arange(size) * (step / size)
    found = [finding("partial_second", count=each) for each in (first, last) if each]
    return time[rows] + np.tile(within, inner.size), rows, size / step, found


def rate(time: Floats) -> float | None:
    """The rate of ReadCSV: the median of the first steps, to six decimals."""
    steps = np.diff(time[:_PREVIEW])
    with np.errstate(divide="ignore"):
        value = float(np.round(np.median(1 / steps), decimals=6)) if steps.size else np.nan
    return value if np.isfinite(value) and value > 0 else None


def _is_grouped(time: Floats) -> bool:
    same = int((np.diff(time[:_PREVIEW]) == 0).sum())
    return bool(time.size > 1 and (time[1] == time[0] or same > min(time.size, _PREVIEW) // 2))


def _format_of(first: str, date_format: str | None) -> str:
    """ISO 8601 unless the device has a format of its own and this is not ISO."""
    if date_format is None or _ISO.match(first):
        return "ISO8601"
    return date_format if "%f" in date_format and "." in first else date_format.removesuffix(".%f")
