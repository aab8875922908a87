"""Faults of a .bin. Pages count from 0."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from wearline_recordings.geneactiv import clock

BEGIN = b"Recorded Data\r\n"
TIME = re.compile(rb"Page Time:([^\r]*)")
NUMBER = re.compile(rb"Sequence Number:(\d+)")
SAMPLES = re.compile(rb"[0-9A-F]{3600}")


def restarted(recording: bytes, at: int | None = None) -> bytes:
    """Sequence numbers begin again at 0 on page `at`, by default half-way."""
    header, *pages = recording.split(BEGIN)
    at = len(pages) // 2 if at is None else at
    return _joined(header, pages[:at] + [_renumbered(page, -at) for page in pages[at:]])


def numbered_from(recording: bytes, first: int = 5000) -> bytes:
    """Sequence numbers begin at `first`."""
    header, *pages = recording.split(BEGIN)
    return _joined(header, [_renumbered(page, first) for page in pages])


def claims_fewer_pages(recording: bytes, pages: int = 3) -> bytes:
    """The header says that the file holds `pages` pages; it holds all."""
    claim = f"Number of Pages:{pages}".encode()
    return re.sub(rb"Number of Pages:\d+", claim, recording, count=1)


def clock_goes_back(recording: bytes, at: int | None = None, seconds: int = 600) -> bytes:
    """From page `at`, by default half-way, the clock shows `seconds` less."""
    return gap(recording, at, -seconds)


def gap(recording: bytes, at: int | None = None, seconds: int = 7200) -> bytes:
    """From page `at`, by default half-way, the clock shows `seconds` more."""
    header, *pages = recording.split(BEGIN)
    at = len(pages) // 2 if at is None else at
    shift = _shifted(timedelta(seconds=seconds))
    return _joined(header, pages[:at] + [TIME.sub(shift, page) for page in pages[at:]])


def zero_rows(recording: bytes, at: int = 2, count: int = 3) -> bytes:
    """All samples of `count` pages from `at` on are zero counts."""
    header, *pages = recording.split(BEGIN)
    for page in range(at, at + count):
        pages[page] = SAMPLES.sub(b"0" * 3600, pages[page])
    return _joined(header, pages)


def _joined(header: bytes, pages: list[bytes]) -> bytes:
    return BEGIN.join((header, *pages))


def _renumbered(page: bytes, shift: int) -> bytes:
    return NUMBER.sub(lambda found: b"Sequence Number:%d" % (int(found[1]) + shift), page)


def _shifted(shift: timedelta) -> Callable[[re.Match[bytes]], bytes]:
    def later(found: re.Match[bytes]) -> bytes:
        instant = datetime.strptime(found[1].decode(), "%Y-%m-%d %H:%M:%S:%f")  # noqa: DTZ007
        return b"Page Time:" + clock(instant + shift).encode()

    return later
