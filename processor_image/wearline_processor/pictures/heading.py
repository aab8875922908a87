"""What stands above and below every picture: whose recording it is, and what was found in it."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from matplotlib.figure import Figure

from wearline_processor.pictures.style import FAINT
from wearline_processor.plan import Plan
from wearline_processor.recording import Quality

_MARKS = {"error": "✖", "warning": "▲", "info": "•"}
_LINES, _WIDTH = 7, 190


def heading(figure: Figure, plan: Plan, quality: Quality) -> None:
    """Subject, visit and location; device, span and rate; the run."""
    keys = plan.keys
    who = " · ".join(part for part in (keys.study, keys.subject, keys.visit, keys.location) if part)
    figure.text(0.02, 0.955, who, fontsize=13, fontweight="bold")
    figure.text(0.02, 0.93, _what(plan, quality), fontsize=8)
    figure.text(0.98, 0.955, keys.pipeline, fontsize=9, ha="right")
    figure.text(0.98, 0.93, f"run {keys.run[:12]}", fontsize=7, ha="right", color=FAINT)


def findings(figure: Figure, quality: Quality) -> None:
    """The findings, as many as there is room for."""
    lines = [
        line
        for finding in quality.findings
        for line in textwrap.wrap(
            f"{_MARKS[finding.severity]} {finding.sentence}", _WIDTH, subsequent_indent="   "
        )
    ]
    if len(lines) > _LINES:
        rest = f"   … and more: the table quality holds all {len(quality.findings)} findings."
        lines = [*lines[: _LINES - 1], rest]
    text = "\n".join(lines) or "No findings about the recording."
    figure.text(0.02, 0.115, text, fontsize=7, va="top", linespacing=1.35)


def _what(plan: Plan, quality: Quality) -> str:
    zone = ZoneInfo(plan.time_zone)
    parts = [quality.device or quality.format, quality.serial_number]
    if quality.start is not None and quality.end is not None:
        parts.append(f"{_local(quality.start, zone)} to {_local(quality.end, zone)}")
        parts.append(f"{(quality.end - quality.start) / 3600:.1f} h")
    if quality.nominal_hz:
        parts.append(f"{quality.nominal_hz:g} Hz")
    return "  |  ".join([*(part for part in parts if part), plan.time_zone])


def _local(instant: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(instant, UTC).astimezone(zone):%Y-%m-%d %H:%M}"
