"""Bland-Altman plots: how two methods of the same measure agree.

Bland and Altman (1986), Statistical methods for assessing agreement between two methods of clinical
measurement, Lancet 327, 307-310.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wearline_comparison.columns import numbers
from wearline_comparison.tables import Pair

# What a study reports first; these are drawn where they differ.
HEADLINES = (
    ("night", "asleep_min"),
    ("night", "sleep_window_min"),
    ("day", "wake_mvpa_min"),
    ("day", "worn_h"),
    ("gait_bout", "gait_speed_mean_m_s"),
    ("stride", "gait_speed_m_s"),
)
LIMIT = 1.96  # standard deviations of the differences; 95 % of them, if normal


def draw(pair: Pair, column: str, names: tuple[str, str], folder: Path) -> Path:
    """Draw a column of both sides into `<table>.<column>.png` and answer its path."""
    values = (side[column].to_pylist() for side in (pair.before, pair.after))
    figure = bland_altman(*numbers(*values), f"{pair.table}.{column}", names)
    path = folder / f"{pair.table}.{column}.png"
    FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})
    return path


def bland_altman(
    before: NDArray[np.float64], after: NDArray[np.float64], title: str, names: tuple[str, str]
) -> Figure:
    """Difference over mean of each row, with the bias and the limits of agreement."""
    apart, mean = after - before, (after + before) / 2
    bias = float(apart.mean())
    spread = LIMIT * float(apart.std(ddof=1)) if apart.size > 1 else 0.0
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(mean, apart, "o", color="#0072b2", markersize=4, alpha=0.6)
        axes.axhline(0, color="0.8", linewidth=1, zorder=0)
        for level, style in ((bias, "-"), (bias - spread, "--"), (bias + spread, "--")):
            axes.axhline(level, color="black", linestyle=style, linewidth=1)
            axes.annotate(f" {level:.4g}", (1, level), xycoords=("axes fraction", "data"))
        axes.set_xlabel(f"mean of {names[0]} and {names[1]}")
        axes.set_ylabel(f"{names[1]} minus {names[0]}")
        axes.set_title(f"{title}: bias and limits of agreement, n = {apart.size}", loc="left")
    return figure
