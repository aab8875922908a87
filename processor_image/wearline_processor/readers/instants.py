"""From the wall clock of a device to instants.

The rule, for every reader: a device that knows no time zone is set once, when it is configured,
and then counts. Its clock does not follow a change of the clocks. So the offset from UTC at the
first sample holds for the whole recording:

    instant = wall clock - offset of the time zone at the first wall clock time

This is what SKDH 0.17.18 does in ReadCwa, ReadBin and ReadNumpyFile (`handle_naive_timestamps`
with `tz_name`); its ReadCSV takes a naive time for UTC instead, which Wearline does only where
the configuration says `clock: utc`. A file that followed the clocks shows an hour twice in autumn
(found as `time_backwards`) or an hour missing in spring (found as `gaps`).

An ambiguous first time takes the earlier instant, one that does not exist the offset before the
change; both are errors of the catalogue. (SKDH raises for both.)
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wearline_processor.quality.catalogue import finding, unreadable
from wearline_processor.recording import Finding

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
_EARLIEST = datetime(2000, 6, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of a name. Raises RecordingUnreadable(time_zone_unknown)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise unreadable("time_zone_unknown", time_zone=repr(name)) from error


def wall_clock(seconds: float) -> datetime | None:
    """The wall clock time of naive unix seconds; None outside of the calendar."""
    if not math.isfinite(seconds):
        return None
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None


def utc_offset(first_wall_s: float, time_zone: str) -> tuple[float, list[Finding]]:
    """What to add to naive unix seconds to get instants, and what is doubtful about it.

    Raises RecordingUnreadable where the time zone is unknown.
    """
    tz = zone(time_zone)
    wall = wall_clock(first_wall_s)
    if wall is None or not _EARLIEST <= first_wall_s < _LATEST:
        return 0.0, [finding("clock_implausible", instant=str(wall))]
    earlier, later = (_offset_s(wall, tz, fold) for fold in (0, 1))
    if earlier == later:
        return -earlier, []
    code = "start_ambiguous" if earlier > later else "start_nonexistent"
    at, written = first_wall_s - earlier, wall.isoformat(" ", "seconds")
    return -earlier, [finding(code, first_at=at, wall=written, time_zone=time_zone)]


def clock_findings(start: float, end: float, time_zone: str) -> list[Finding]:
    """What an instant range says about the clock: impossible dates, and clocks that changed."""
    tz = zone(time_zone)
    for instant in (start, end):
        if not _EARLIEST <= instant < _LATEST:
            return [finding("clock_implausible", instant=str(wall_clock(instant)))]
    offsets = {datetime.fromtimestamp(at, tz).utcoffset() for at in (start, end)}
    return [finding("clock_change", time_zone=time_zone)] if len(offsets) > 1 else []


def offset_findings(file_offset_s: float | None, first: float, time_zone: str) -> list[Finding]:
    """Whether the offset that a file states is one of its time zone's, in summer or winter.

    Devices are set up by computers that often state the offset of winter all year.
    """
    tz = zone(time_zone)
    if file_offset_s is None or not _EARLIEST <= first < _LATEST:
        return []
    year = datetime.fromtimestamp(first, tz).year
    days = (datetime(year, month, 1, tzinfo=tz) for month in (1, 7))
    offsets = {offset.total_seconds() for day in days if (offset := day.utcoffset()) is not None}
    if file_offset_s in offsets:
        return []
    return [finding("offset_conflict", file_h=file_offset_s / 3600, time_zone=time_zone)]


def _offset_s(wall: datetime, tz: ZoneInfo, fold: int) -> float:
    offset = wall.replace(tzinfo=tz, fold=fold).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
