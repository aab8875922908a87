"""Which pictures the page embeds: those of recordings that need attention, then the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

# Opens the picture of a path below the results prefix; None where it cannot be had.
Opened = Callable[[str], bytes | None]
_PNG = b"\x89PNG\r\n\x1a\n"


def embedded(model: Mapping[str, Any], opened: Opened, most_bytes: int) -> dict[str, bytes]:
    """PNG files by ``run id/name``, of at most so many bytes together."""
    taken: dict[str, bytes] = {}
    left = most_bytes
    for name, path in in_order(model):
        if left <= 0:
            break
        content = opened(path)
        if content is not None and content.startswith(_PNG) and len(content) <= left:
            taken[name] = content
            left -= len(content)
    return taken


def in_order(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """``run id/name`` and path of every picture, the most wanted first."""
    newest_first = sorted(model["recordings"], key=lambda each: str(each["since"]), reverse=True)
    for each in sorted(newest_first, key=lambda each: _rank(each, model["valid_day"]["min_days"])):
        for name in each.get("pictures", ()):
            if each.get("folder") and name.endswith(".png"):
                yield f"{each['run']}/{name}", f"{each['folder']}{name}"


def _rank(recording: Mapping[str, Any], min_days: int) -> int:
    severities = {severity for _, severity, _, _ in recording.get("findings", ())}
    days = recording.get("valid_days")
    if recording["outliers"] or "error" in severities or (days is not None and days < min_days):
        return 0
    return 1 if recording.get("stale") or "warning" in severities else 2
