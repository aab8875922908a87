"""The library of Wearline: decisions, protocols, and their AWS implementations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wearline_analysis.study import Study


def open(study: str, env: str = "local") -> Study:  # noqa: A001  wearline.open, as files are opened
    """A deployed study for a notebook: its status, tables, pictures and releases.

    ``env`` is local, dev, stage or prod; local is the embedded AWS of the checkout, or of the
    folder that ``WEARLINE_FOLDER`` names. Raises NotDeployed, UnknownStudy.

    >>> import wearline
    >>> study = wearline.open("parkinson-gait-01")     # doctest: +SKIP
    >>> study.table("night").asleep_min.describe()     # doctest: +SKIP
    """
    # By its name alone: functions and their layer know nothing of the analysis.
    found: Study = import_module("wearline_analysis").open_study(study, env)
    return found
