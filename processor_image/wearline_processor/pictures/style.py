"""One look for all pictures: readable in print and by colour-blind people, the same bytes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Levels differ in lightness, so that they differ in grey too.
LEVELS = {
    "sedentary": "#dcdcdc",
    "light": "#8fc4e8",
    "moderate": "#2b7bba",
    "vigorous": "#08306b",
}
# Okabe and Ito's vermilion and black, for the marks that lie over the levels.
ACCENT = "#d55e00"
INK = "#222222"
FAINT = "#999999"
HATCH = "////"

PAGE_INCHES = (11.69, 8.27)  # A4, landscape
DPI = 130
_STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.4,
    "legend.frameon": False,
    "svg.hashsalt": "wearline",
}


@contextmanager
def page() -> Iterator[Figure]:
    """A page to draw on, untouched by any settings of the machine."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=PAGE_INCHES, dpi=DPI)
        FigureCanvasAgg(figure)
        yield figure


def save(figure: Figure, path: Path) -> None:
    """Write the page as PNG, without the time or the version of its making."""
    figure.savefig(path, format="png", metadata={"Software": None})
