"""Which pictures a run gets."""

from __future__ import annotations

from pathlib import Path

from wearline_processor.engine import Outcome
from wearline_processor.pictures import days, gait
from wearline_processor.pictures.style import page, save
from wearline_processor.plan import Plan
from wearline_processor.recording import Quality

DAYS, GAIT = "days.png", "gait.png"


def draw(plan: Plan, quality: Quality, outcome: Outcome, folder: Path) -> list[str]:
    """Draw the pictures of a run into `folder` and answer their names."""
    wanted = {
        DAYS: days.draw if outcome.wear is not None or _has_days(outcome) else None,
        GAIT: gait.draw if outcome.find("GaitLumbar") else None,
    }
    drawn = []
    for name, picture in wanted.items():
        if picture is None:
            continue
        with page() as figure:
            picture(figure, plan, quality, outcome)
            save(figure, folder / name)
        drawn.append(name)
    return drawn


def _has_days(outcome: Outcome) -> bool:
    return any(outcome.find(name) for name in ("Sleep", "ActivityLevelClassification"))
