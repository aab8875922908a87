"""The days of a recording, one below the other: intensity, levels, sleep windows, wear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from wearline_processor.engine import Outcome, Spans
from wearline_processor.pictures.heading import findings, heading
from wearline_processor.pictures.style import ACCENT, FAINT, HATCH, INK, LEVELS
from wearline_processor.plan import Plan
from wearline_processor.recording import Quality
from wearline_processor.tables.calendar import local_days

_MINUTE = 60.0
_MOST_DAYS = 31
# The strip of levels lies below the curve, sleep windows above it.
_STRIP = (-0.32, -0.06)
_SLEEP_AT = 1.06


@dataclass(frozen=True)
class Minutes:
    """The metric by minute: start (M,) unix seconds, mean (M,) in g, level (M,) from 0 to 3."""

    start: NDArray[np.float64]
    mean: NDArray[np.float64]
    level: NDArray[np.int64]


def draw(figure: Figure, plan: Plan, quality: Quality, outcome: Outcome) -> None:
    """Draw the page."""
    zone = ZoneInfo(plan.time_zone)
    days = local_days(outcome.recorded, zone)[:_MOST_DAYS]
    minutes = by_minute(outcome)
    ceiling = _ceiling(minutes)
    heading(figure, plan, quality)
    rows = figure.subplots(
        len(days),
        1,
        squeeze=False,
        gridspec_kw={"left": 0.09, "right": 0.975, "top": 0.845, "bottom": 0.17, "hspace": 0.35},
    )[:, 0]
    labelled = rows_with_hours(days)
    for axes, (start, end), has_labels in zip(rows, days, labelled, strict=True):
        _frame(axes, start, end, zone, has_labels=has_labels)
        _unrecorded_and_unworn(axes, outcome, start, end)
        if minutes is not None:
            _intensity(axes, minutes, start, end, ceiling)
        _sleep(axes, outcome.sleep, start, end)
    _legend(figure, outcome, minutes, ceiling)
    findings(figure, quality)


def rows_with_hours(days: list[tuple[float, float]]) -> list[bool]:
    """Which rows tell their hours: the last, and each above a day of another length, since the
    hours of a day of 23 or 25 stand elsewhere."""
    lengths = [end - start for start, end in days]
    return [one != below for one, below in zip(lengths, [*lengths[1:], None], strict=True)]


def by_minute(outcome: Outcome) -> Minutes | None:
    """Epochs gathered by minute; None where the pipeline has no activity step or found none."""
    step = outcome.find("ActivityLevelClassification")
    if step is None or not step.results["epochs"]["time"]:
        return None
    epochs = step.results["epochs"]
    values = np.asarray(epochs["metric"])
    order = list(LEVELS)
    levels = np.array([order.index(str(name)) for name in epochs["intensity"]])
    minute = np.floor(np.asarray(epochs["time"]) / _MINUTE).astype(np.int64)
    unique, inverse = np.unique(minute, return_inverse=True)
    counts = np.bincount(inverse)
    mean = (np.bincount(inverse, values) / counts).astype(np.float64)
    shares = np.stack([np.bincount(inverse, levels == level) for level in range(len(order))])
    return Minutes((unique * _MINUTE).astype(np.float64), mean, shares.argmax(axis=0))


def _ceiling(minutes: Minutes | None) -> float:
    if minutes is None:
        return 1.0
    return max(float(np.quantile(minutes.mean, 0.995)), 0.02)


def _frame(axes: Axes, start: float, end: float, zone: ZoneInfo, *, has_labels: bool) -> None:
    day = datetime.fromtimestamp(start, UTC).astimezone(zone)
    hours = round((end - start) / 3600, 2)
    odd = f"\n{hours:g} h" if hours != 24 else ""
    axes.set_xlim(start, end)
    axes.set_ylim(_STRIP[0], 1.2)
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_ylabel(
        f"{day:%a}\n{day:%Y-%m-%d}{odd}", rotation=0, ha="right", va="center", labelpad=8
    )
    ticks = [day + timedelta(hours=hour) for hour in range(0, 25, 3)]
    axes.set_xticks([tick.timestamp() for tick in ticks])
    axes.set_xticklabels([f"{tick:%H:%M}" for tick in ticks] if has_labels else [])
    axes.tick_params(length=2, color=FAINT)
    axes.grid(visible=True, axis="x", color="#eeeeee", linewidth=0.6, zorder=0)


def _unrecorded_and_unworn(axes: Axes, outcome: Outcome, start: float, end: float) -> None:
    for left, right in _outside(outcome.recorded, start, end):
        axes.axvspan(left, right, color="#f3f3f3", zorder=1, linewidth=0)
    if outcome.wear is None:
        return
    recorded = (max(start, outcome.recorded[0, 0]), min(end, outcome.recorded[0, 1]))
    for left, right in _outside(outcome.wear, *recorded):
        axes.axvspan(
            left, right, facecolor="white", edgecolor=FAINT, hatch=HATCH, linewidth=0, zorder=4
        )


def _intensity(axes: Axes, minutes: Minutes, start: float, end: float, ceiling: float) -> None:
    within = (minutes.start >= start) & (minutes.start < end)
    at, mean = minutes.start[within], minutes.mean[within]
    level = minutes.level[within]
    if not at.size:
        return
    breaks = np.flatnonzero(np.diff(at) > _MINUTE * 1.5) + 1
    for piece in np.split(np.arange(at.size), breaks):
        edges = np.append(at[piece], at[piece][-1] + _MINUTE)
        heights = np.minimum(np.append(mean[piece], mean[piece][-1]) / ceiling, 1.0)
        axes.fill_between(edges, heights, step="post", color=INK, linewidth=0, zorder=3)
    for number, colour in enumerate(LEVELS.values()):
        spans = [(left, _MINUTE) for left in at[level == number]]
        low, high = _STRIP
        axes.broken_barh(spans, (low, high - low), facecolors=colour, linewidth=0, zorder=3)


def _sleep(axes: Axes, sleep: Spans | None, start: float, end: float) -> None:
    if sleep is None:
        return
    for left, right in sleep[~np.isnan(sleep[:, 0])]:
        begin, stop = max(left, start), min(right, end)
        if begin < stop:
            axes.plot(
                [begin, stop],
                [_SLEEP_AT] * 2,
                color=ACCENT,
                linewidth=3.2,
                solid_capstyle="butt",
                zorder=5,
            )


def _outside(spans: Spans, start: float, end: float) -> list[tuple[float, float]]:
    """The parts of start to end that no span covers."""
    parts, reached = [], start
    for left, right in spans:
        if left > reached and reached < end:
            parts.append((reached, min(left, end)))
        reached = max(reached, right)
    if reached < end:
        parts.append((max(reached, start), end))
    return parts


def _legend(figure: Figure, outcome: Outcome, minutes: Minutes | None, ceiling: float) -> None:
    entries: list[Patch] = []
    if minutes is not None:
        step = outcome.find("ActivityLevelClassification")
        metric = step.results["metric"] if step else "acceleration"
        entries.append(Patch(color=INK, label=f"{metric}, 0 to {ceiling:.2g} g, by minute"))
        entries += [Patch(color=colour, label=name) for name, colour in LEVELS.items()]
    if outcome.sleep is not None:
        entries.append(Patch(color=ACCENT, label="sleep window"))
    if outcome.wear is not None:
        entries.append(Patch(facecolor="white", edgecolor=FAINT, hatch=HATCH, label="not worn"))
    entries.append(Patch(color="#f3f3f3", label="not recorded"))
    figure.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(0.085, 0.905),
        ncols=len(entries),
        handlelength=1.4,
        columnspacing=1.4,
        fontsize=7.5,
    )
