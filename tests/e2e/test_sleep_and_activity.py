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


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From nine in the morning to nine in the evening of the next day."""
    path = tmp_path_factory.mktemp("recording") / "wrist.cwa"
    start = datetime(2024, 3, 11, 9)  # noqa: DTZ001 - a device's clock knows no zone
    axivity.write(path, wrist.signal(hours=36, hz=25, start=start, seed=7))
    return path


@pytest.fixture(scope="module")
def by_skdh(recording: Path, skdh_directly: Answers) -> dict[str, Any]:
    form = {"type": "axivity"}
    job = {"file": str(recording), "format": form, "time_zone": TIME_ZONE, "steps": STEPS}
    [answer] = skdh_directly([job])
    found: dict[str, Any] = answer["results"]
    return found


@pytest.mark.parametrize("by", ["lean", "stock"])
@pytest.mark.xdist_group("a day and a half")
def test_nights_and_days_of_a_recording_are_those_of_skdh(
    by: str,
    recording: Path,
    by_skdh: dict[str, Any],
    shared_trial: Callable[[str, str], Trial],
    columns: Columns,
) -> None:
    study = shared_trial("days-and-nights", STUDY.replace("&steps", "") + STOCK)
    key = f"{by}/S1.cwa"
    study.put(key, recording.read_bytes())
    pipeline = study.pipeline(key, "succeeded")
    assert study.record(pipeline)["processor"]["engine"] == by

    # SKDH says nothing of a window that is too short; the last one here is too short for sleep.
    nights = [row for row in study.table(pipeline, "night") if row["reason"] != "window_too_short"]
    sleep = by_skdh["Sleep"]
    assert nights[0]["asleep_min"] == sleep["total sleep time"][0] > 300
    assert nights[0]["sleep_window_min"] == sleep["TSO Duration"][0]
    assert same_numbers(nights, sleep, columns("night"), placeholders=[0, 1]) > 18

    days = study.table(pipeline, "day")
    activity = by_skdh["ActivityLevelClassification"]
    assert [row["worn_min"] for row in days] == activity["Wear Minutes"]
    assert [row["wake_mvpa_min"] for row in days] == activity["wake MVPA 5s epoch [min]"]
    compared = same_numbers(
        days, activity, columns("day"), placeholders=[0, 1], relative=CLOSE_ENOUGH[by]
    )
    assert compared > 60 * len(days)
