"""Time that passes only when the history says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


class SimulatedClock:
    """See ``wearline.ports.Clock``."""

    def __init__(self) -> None:
        self._now = BEGINNING

    def now(self) -> datetime:
        return self._now

    def pass_seconds(self, seconds: int) -> None:
        if seconds:
            self._now += timedelta(seconds=seconds)

    def second(self) -> str:
        """Now as S3 tells LastModified: to the second."""
        return self._now.isoformat(timespec="seconds")
