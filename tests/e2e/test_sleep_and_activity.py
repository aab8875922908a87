"""Sleep and activity of a day and a half, from upload to tables: every number is that of SKDH."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.trials import Trial
from wearline_recordings import axivity, wrist

from .comparison import same_numbers
from .conftest import Answers, Columns

pytestmark = [pytest.mark.engine, pytest.mark.slow]

TIME_ZONE = "America/New_York"
CUTPOINTS = "esliger_lwrist_adult"
STEPS = [
    ("GetDayWindowIndices", {"bases": [0, 12], "periods": [24, 24]}),
    ("CalibrateAccelerometer", {}),
    ("CtaWearDetection", {}),
    ("Sleep", {}),
    ("ActivityLevelClassification", {"cutpoints": CUTPOINTS}),
]
STUDY = f"""
study: <study>
timezone: {{default: {TIME_ZONE}}}
buckets: [{{name: <study>-data}}]
results: {{bucket: <study>-data, prefix: biomarkers/}}
files:
  lean: {{kind: data, key: "lean/{{subject}}.cwa", format: axivity, pipelines: [lean]}}
  stock: {{kind: data, key: "stock/{{subject}}.cwa", format: axivity, pipelines: [stock]}}
pipelines:
  lean: &steps
    skdh: 0.17.18
    steps:
      - GetDayWindowIndices: {{bases: [0, 12], periods: [24, 24]}}
      - CalibrateAccelerometer: {{}}
      - CtaWearDetection: {{}}
      - Sleep: {{}}
      - ActivityLevelClassification: {{cutpoints: {CUTPOINTS}}}
"""
STOCK = "  stock:\n    engine: stock" + STUDY.partition("&steps")[2]

# The lean engine fits the DFA's lines by their closed form: the last bits of its exponent differ.
CLOSE_ENOUGH = {"lean": 1e-12, "stock": 0.0}


def test_nights_and_days_of_a_recording_are_those_of_skdh(
    shared_trial: Callable[[str, str], Trial],
    skdh_directly: Answers,
    columns: Columns,
    tmp_path: Path,
) -> None:
    study = shared_trial("days-and-nights", STUDY.replace("&steps", "") + STOCK)
    recording = day_and_a_half(tmp_path)
    for engine in CLOSE_ENOUGH:
        study.put(f"{engine}/S1.cwa", recording.read_bytes())
    skdh = _by_skdh(recording, skdh_directly)
    for engine, relative in CLOSE_ENOUGH.items():
        pipeline = study.pipeline(f"{engine}/S1.cwa", "succeeded")
        assert study.record(pipeline)["processor"]["engine"] == engine
        _compare_nights(study.table(pipeline, "night"), skdh["Sleep"], columns("night"))
        activity = skdh["ActivityLevelClassification"]
        _compare_days(study.table(pipeline, "day"), activity, columns("day"), relative)


def day_and_a_half(folder: Path) -> Path:
    """From nine in the morning to nine in the evening of the next day."""
    start = datetime(2024, 3, 11, 9)  # noqa: DTZ001 - a device's clock knows no zone
    axivity.write(folder / "wrist.cwa", wrist.signal(hours=36, hz=25, start=start, seed=7))
    return folder / "wrist.cwa"


def _by_skdh(recording: Path, skdh_directly: Answers) -> dict[str, Any]:
    form = {"type": "axivity"}
    job = {"file": str(recording), "format": form, "time_zone": TIME_ZONE, "steps": STEPS}
    [answer] = skdh_directly([job])
    found: dict[str, Any] = answer["results"]
    return found


def _compare_nights(
    nights: list[dict[str, Any]], skdh: dict[str, Any], columns: dict[str, str]
) -> None:
    """SKDH says nothing of a window that is too short; the last one here is too short to sleep."""
    told = [row for row in nights if row["reason"] != "window_too_short"]
    assert told[0]["asleep_min"] == skdh["total sleep time"][0] > 300
    assert told[0]["sleep_window_min"] == skdh["TSO Duration"][0]
    assert same_numbers(told, skdh, columns, placeholders=[0, 1]) > 18


def _compare_days(
    days: list[dict[str, Any]], skdh: dict[str, Any], columns: dict[str, str], relative: float
) -> None:
    assert [row["worn_min"] for row in days] == skdh["Wear Minutes"]
    assert [row["wake_mvpa_min"] for row in days] == skdh["wake MVPA 5s epoch [min]"]
    compared = same_numbers(days, skdh, columns, placeholders=[0, 1], relative=relative)
    assert compared > 60 * len(days)
