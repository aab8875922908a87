"""Steps that reckon on the local clock, on the nights on which it changes.

SKDH 0.17.18 adds days to wall clock times and rounds them to minutes. Where the result is a time
that the clock skips or shows twice, pandas raises; a window whose end is skipped ends a day late
or not at all; and a window that begins within an hour of the first sample begins with that sample.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from wearline_processor.engine.signals import Floats, Signals

Indices = NDArray[np.int64]

# A window that holds a sample begins and ends within two days of it.
_AROUND = timedelta(days=2)


def on_local_clock(process: Any, signals: Signals) -> Any:  # noqa: ANN401 - SKDH has no types
    """GetDayWindowIndices, with windows of the local clock where that changes near the recording.

    A window from an hour that is skipped begins after it, one from an hour that comes twice with
    its first; a window that is skipped as a whole is none. Elsewhere its windows are SKDH's.
    """
    zone = ZoneInfo(signals["tz_name"])
    if process.window and _clocks_change(signals["time"], zone):
        keys = list(zip(process.bases, process.periods, strict=True))
        process.window_days = lambda time, _fs: {
            (base, period): local_windows(time, zone, int(base), int(period))
            for base, period in keys
        }
    return process


def on_even_clock(process: Any) -> Any:  # noqa: ANN401
    """A process for which each local time has an offset instead of a zone, so that it can round it
    and take days off it."""
    convert = process.convert_timestamps

    def converted(seconds: float) -> Any:  # noqa: ANN401 - a pandas Timestamp
        moment = convert(seconds)
        return moment.tz_convert(timezone(moment.utcoffset())) if moment.tzinfo else moment

    process.convert_timestamps = converted
    return process


def local_windows(time: Floats, zone: ZoneInfo, base: int, period: int) -> Indices:
    """The samples (D, 2) nearest to the start and end of each window that the recording touches."""
    spans = [
        (start, end)
        for date in _dates(time, zone)
        if (start := _instant(date + timedelta(hours=base), zone)) < time[-1]
        and (end := _instant(date + timedelta(hours=base + period), zone)) > max(start, time[0])
    ]
    return _nearest(time, np.array(spans, dtype=np.float64).reshape(-1, 2))


def _clocks_change(time: Floats, zone: ZoneInfo) -> bool:
    first, last = (datetime.fromtimestamp(float(time[end]), UTC) for end in (0, -1))
    days = range((last - first + 2 * _AROUND).days + 2)
    moments = (first - _AROUND + timedelta(days=day) for day in days)
    return len({moment.astimezone(zone).utcoffset() for moment in moments}) > 1


def _dates(time: Floats, zone: ZoneInfo) -> Iterable[datetime]:
    """Midnights on the wall clock, from the day before the first sample's to the last one's."""
    first, last = (datetime.fromtimestamp(float(time[end]), zone).date() for end in (0, -1))
    days = range(-1, (last - first).days + 1)
    midnight = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - a wall clock
    return [midnight + timedelta(days=day) for day in days]


def _instant(wall: datetime, zone: ZoneInfo) -> float:
    return wall.replace(tzinfo=zone).timestamp()


def _nearest(time: Floats, instants: Floats) -> Indices:
    after = np.clip(np.searchsorted(time, instants), 1, time.size - 1)
    is_before = instants - time[after - 1] <= time[after] - instants
    return np.asarray(after - is_before, dtype=np.int64)
