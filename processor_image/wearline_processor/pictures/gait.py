"""Gait: when the wearer walked, and the measures of the strides by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wearline_processor.engine import Outcome
from wearline_processor.pictures.heading import findings, heading
from wearline_processor.pictures.style import ACCENT, FAINT, INK, LEVELS
from wearline_processor.plan import Plan
from wearline_processor.recording import Quality
from wearline_processor.tables import gait_bout, schema, stride
from wearline_processor.tables.calendar import local_days

_MEASURES = (
    ("gait_speed_m_s", "gait speed (m/s)"),
    ("stride_length_m", "stride length (m)"),
    ("cadence_steps_min", "cadence (steps/min)"),
    ("stride_time_s", "stride time (s)"),
    ("double_support_s", "double support (s)"),
    ("step_time_asymmetry_s", "step time asymmetry (s)"),
)
_MOST_POINTS = 400


def draw(figure: Figure, plan: Plan, quality: Quality, outcome: Outcome) -> None:
    """Draw the page."""
    zone = ZoneInfo(plan.time_zone)
    days = local_days(outcome.recorded, zone)
    strides = stride.rows(outcome, zone)
    heading(figure, plan, quality)
    grid = figure.add_gridspec(
        3,
        3,
        left=0.07,
        right=0.975,
        top=0.87,
        bottom=0.2,
        hspace=0.55,
        wspace=0.25,
        height_ratios=[1, 2, 2],
    )
    _bouts(figure.add_subplot(grid[0, :]), gait_bout.rows(outcome, zone), days, zone)
    groups = [[row for row in strides if _within(row, day)] for day in days]
    labels = [_label(day, zone, len(group)) for day, group in zip(days, groups, strict=True)]
    for number, (name, title) in enumerate(_MEASURES):
        axes = figure.add_subplot(grid[1 + number // 3, number % 3])
        _by_day(axes, [_values(group, name) for group in groups], labels)
        axes.set_title(title, loc="left", fontsize=8.5)
    findings(figure, quality)


def _bouts(
    axes: Axes, bouts: list[schema.Row], days: list[tuple[float, float]], zone: ZoneInfo
) -> None:
    """A line for each day, with its bouts where they lie in it."""
    for level, (start, end) in enumerate(days):
        spans = [
            ((row["start_utc"].timestamp() - start) / 3600, max(row["duration_s"], 60) / 3600)
            for row in bouts
            if start <= row["start_utc"].timestamp() < end
        ]
        axes.broken_barh(spans, (level - 0.36, 0.72), facecolors=LEVELS["moderate"], linewidth=0)
    axes.set_xlim(0, 24)
    axes.set_xticks(range(0, 25, 3), [f"{hour:02d}:00" for hour in range(0, 25, 3)])
    axes.set_ylim(len(days) - 0.5, -0.5)
    axes.set_yticks(range(len(days)), [_date(start, zone) for start, _ in days])
    axes.tick_params(length=2, color=FAINT)
    minutes = sum(row["duration_s"] for row in bouts) / 60
    axes.set_title(
        f"{len(bouts)} gait bouts, {minutes:.1f} min in all, by time of day",
        loc="left",
        fontsize=8.5,
    )


def _by_day(axes: Axes, groups: list[NDArray[np.float64]], labels: list[str]) -> None:
    """Each stride as a faint point; the middle half as a bar, the median as a line across it."""
    for position, values in enumerate(groups):
        if not values.size:
            continue
        thinned = values[:: -(-values.size // _MOST_POINTS)]
        spread = np.linspace(-0.28, 0.28, thinned.size) if thinned.size > 1 else np.zeros(1)
        axes.plot(position + spread, thinned, ".", color=LEVELS["light"], markersize=2.5, zorder=1)
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        axes.plot([position] * 2, [low, high], color=INK, linewidth=2.5, solid_capstyle="butt")
        axes.plot([position - 0.2, position + 0.2], [middle] * 2, color=ACCENT, linewidth=2)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.set_xticks(range(len(groups)), labels, fontsize=7 if len(groups) <= 7 else 5)
    axes.tick_params(length=2, color=FAINT)
    axes.grid(visible=True, axis="y", color="#eeeeee", linewidth=0.6, zorder=0)


def _within(row: schema.Row, day: tuple[float, float]) -> bool:
    instant: datetime = row["initial_contact_utc"]
    return day[0] <= instant.timestamp() < day[1]


def _values(rows: list[schema.Row], name: str) -> NDArray[np.float64]:
    values = np.array([row.get(name, np.nan) for row in rows], dtype=np.float64)
    return np.asarray(values[np.isfinite(values)])


def _label(day: tuple[float, float], zone: ZoneInfo, strides: int) -> str:
    return f"{_date(day[0], zone)}\nn = {strides}"


def _date(start: float, zone: ZoneInfo) -> str:
    day = datetime.fromtimestamp(start, UTC).astimezone(zone) + timedelta(hours=1)
    return f"{day:%a %d %b}"
