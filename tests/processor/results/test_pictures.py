"""Pictures are drawn for every corner, and are the same bytes again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wearline_processor import pictures
from wearline_processor.engine import Outcome
from wearline_processor.pictures.days import by_minute, rows_with_hours
from wearline_processor.pictures.style import ACCENT, INK, LEVELS
from wearline_processor.plan import load
from wearline_processor.recording import Finding, Quality
from wearline_processor.tables.calendar import local_days

PNG = b"\x89PNG"
MIDNIGHT = 1709960400.0


@pytest.fixture
def draw(document: Callable[..., Any], plan_file: Callable[..., Any], tmp_path: Path) -> Any:
    def go(outcome: Outcome, quality: Quality | None = None) -> dict[str, bytes]:
        plan = load(plan_file(document()))
        known = quality or Quality("axivity", start=MIDNIGHT, end=MIDNIGHT + 3600)
        names = pictures.draw(plan, known, outcome, tmp_path)
        return {name: (tmp_path / name).read_bytes() for name in names}

    return go


@pytest.fixture
def worn(outcome: Outcome, found: Callable[..., Any], spans: Callable[..., Any]) -> Outcome:
    times = MIDNIGHT + 36000 + np.arange(0, 7200, 5.0)
    epochs = {
        "time": list(times),
        "state": ["wake"] * times.size,
        "metric": list(np.linspace(0, 0.4, times.size)),
        "intensity": [list(LEVELS)[index * 4 // times.size] for index in range(times.size)],
    }
    outcome.steps = [
        found("CtaWearDetection", {}),
        found("Sleep", {}),
        found("ActivityLevelClassification", {"epochs": epochs, "metric": "enmo"}),
    ]
    outcome.wear = spans((10, 20), (22, 60))
    outcome.sleep = np.vstack((spans((23, 31)), [[np.nan, np.nan]]))
    return outcome


def test_the_same_outcome_is_the_same_picture(draw: Any, worn: Outcome) -> None:
    first = draw(worn)
    assert list(first) == ["days.png"]
    assert first["days.png"].startswith(PNG)
    assert draw(worn) == first


def test_settings_of_the_machine_change_nothing(draw: Any, worn: Outcome) -> None:
    import matplotlib as mpl

    plain = draw(worn)
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "savefig.dpi": 30}):
        assert draw(worn) == plain


def test_days_without_epochs_wear_or_sleep_are_drawn(draw: Any, worn: Outcome) -> None:
    worn.wear = worn.sleep = None
    worn.steps[-1].results["epochs"]["time"].clear()
    assert draw(worn)["days.png"].startswith(PNG)


def test_many_and_long_findings_fit_below(draw: Any, worn: Outcome) -> None:
    findings = [Finding("gaps", "warning", "A sentence of some length. " * 12, 3)] * 9
    quality = Quality("axivity", start=MIDNIGHT, end=MIDNIGHT + 3600, findings=findings)
    assert draw(worn, quality)["days.png"].startswith(PNG)


def test_a_run_without_days_or_gait_has_no_picture(draw: Any, outcome: Outcome) -> None:
    assert draw(outcome) == {}


def test_gait_without_a_stride_is_a_picture_too(
    draw: Any, outcome: Outcome, found: Callable[..., Any]
) -> None:
    from wearline_processor.tables import gait_bout, stride

    names = [*stride.TABLE.by_skdh(), *gait_bout.TABLE.by_skdh(), "IC Timestamp", "Bout Starts"]
    outcome.steps = [found("GaitLumbar", {name: np.array([]) for name in names})]
    assert list(draw(outcome)) == ["gait.png"]


def test_days_last_as_long_as_the_clocks_say() -> None:
    recorded = np.array([[MIDNIGHT + 36000, MIDNIGHT + 60 * 3600]])
    days = local_days(recorded, ZoneInfo("America/New_York"))
    assert [(end - start) / 3600 for start, end in days] == [24, 23, 24]


def test_hours_stand_below_the_last_day_and_where_the_length_of_days_changes() -> None:
    def days(*hours: int) -> list[tuple[float, float]]:
        return [(0.0, each * 3600.0) for each in hours]

    assert rows_with_hours(days(24, 24, 24)) == [False, False, True]
    assert rows_with_hours(days(24, 24, 23, 24)) == [False, True, True, True]
    assert rows_with_hours(days(25)) == [True]


def test_colours_differ_in_lightness_so_that_print_and_every_eye_tell_them_apart() -> None:
    """By the contrast of WCAG 2.2 (1.4.11), which holds no hue."""
    levels = [*LEVELS.values()]
    assert all(_contrast(one, other) >= 1.25 for one, other in pairwise(levels))
    assert _contrast(levels[0], levels[-1]) >= 7
    for mark in (ACCENT, INK):
        assert _contrast(mark, "#ffffff") >= 3


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_minute_has_the_level_that_most_of_its_epochs_have(
    outcome: Outcome, found: Callable[..., Any]
) -> None:
    epochs = {
        "time": [MIDNIGHT + second for second in (0, 5, 10, 60)],
        "state": ["wake"] * 4,
        "metric": [0.1, 0.2, 0.6, 0.5],
        "intensity": ["light", "light", "vigorous", "moderate"],
    }
    results = {"epochs": epochs, "metric": "enmo"}
    outcome.steps = [found("ActivityLevelClassification", results)]
    minutes = by_minute(outcome)
    assert minutes is not None
    assert minutes.level.tolist() == [1, 2]
    np.testing.assert_allclose(minutes.mean, [0.3, 0.5])
