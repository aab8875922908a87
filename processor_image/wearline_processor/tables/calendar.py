"""Local days: their dates, and how long they last where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from wearline_processor.engine import Spans

# SKDH's windows end on the sample nearest to the hour, which may lie just before it.
_NEAR = timedelta(seconds=15)


def local_date(start: float, zone: ZoneInfo, base: int) -> str:
    """The date on which the window that holds `start` begins, for windows that begin at `base`.

    A recording that starts at 10:00 is, for windows from noon, in the window of the day before.
    """
    moment = datetime.fromtimestamp(start, UTC).astimezone(zone) + _NEAR
    day = moment.date() - timedelta(days=1) if moment.hour < base else moment.date()
    return day.isoformat()


def calendar_hours(date: str, zone: ZoneInfo, base: int = 0, period: int = 24) -> float:
    """Hours that really pass in the window of `date`: 23 or 25 for a day on which clocks change."""
    first = datetime.fromisoformat(date).replace(hour=base)
    last = first + timedelta(hours=period)
    length = last.replace(tzinfo=zone).astimezone(UTC) - first.replace(tzinfo=zone).astimezone(UTC)
    return length.total_seconds() / 3600


def local_days(recorded: Spans, zone: ZoneInfo) -> list[tuple[float, float]]:
    """From local midnight to midnight, for each day that the recording touches: 23 to 25 hours."""
    first, last = recorded[0]
    midnight = (
        datetime.fromtimestamp(first, UTC)
        .astimezone(zone)
        .replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    )
    days = []
    while midnight.timestamp() < last:
        following = midnight + timedelta(days=1)  # on the wall clock
        days.append((midnight.timestamp(), following.timestamp()))
        midnight = following
    return days
