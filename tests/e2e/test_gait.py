"""Lumbar recordings of real walks: gait waits for the subject's height, and equals SKDH's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.trials import Trial

from .comparison import same_numbers
from .conftest import Answers, Columns

pytestmark = pytest.mark.engine

TIME_ZONE = "Europe/London"
START = "%Y-%m-%dT%H%M"
STEPS = [
    ("GetDayWindowIndices", {"bases": [0], "periods": [24]}),
    ("PredictGaitLumbarLgbm", {}),
    ("GaitLumbar", {}),
]
STUDY = f"""
study: <study>
timezone: {{default: {TIME_ZONE}}}
buckets: [{{name: <study>-data}}]
results: {{bucket: <study>-data, prefix: biomarkers/}}
files:
  arrays: {{kind: data, key: "walks/{{subject}}.npz", format: npz, pipelines: [gait]}}
  table:
    kind: data
    key: walks/{{subject}}_{{date:{START}}}.csv
    format:
      csv:
        {{accel: [acc_x, acc_y, acc_z], gyro: [gyr_x, gyr_y, gyr_z], gyro_unit: deg/s,
         sampling_rate: 100, start: "{{date}}", clock: local}}
    pipelines: [gait]
  heights:
    kind: metadata
    key: clinical/heights_{{version}}.csv
    entity: {{subject: {{column: SUBJECT}}}}
    values:
      height: {{column: HEIGHT_CM, unit: cm, minimum: 50, maximum: 250}}
pipelines:
  gait:
    skdh: 0.17.18
    requires: [height]
    steps:
      - GetDayWindowIndices: {{bases: [0], periods: [24]}}
      - PredictGaitLumbarLgbm: {{}}
      - GaitLumbar: {{}}
"""


@dataclass(frozen=True)
class Walk:
    """A real walk, its walker's height, and the instant of a table's first row."""

    file: str
    height_cm: str
    height_m: float
    start: str | None = None

    def key(self, subject: str) -> str:
        if self.start is None:
            return f"walks/{subject}.npz"
        return f"walks/{subject}_{self.start}.csv"


WALKS = (
    Walk("scikit-digital-health-gait_input.npz", "188.2", 1.882),
    Walk("scikit-digital-health-gait_input2.npz", "174", 1.74),
    Walk("mobgap-HA_001-TimeMeasure1_Test11_Trial1.csv", "166.5", 1.665, "2024-03-11T1030"),
)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.file)
def test_walk_waits_for_a_height_in_centimetres_and_every_number_is_that_of_skdh(
    walk: Walk,
    real_data: Path,
    shared_trial: Callable[[str, str], Trial],
    skdh_directly: Answers,
    columns: Columns,
) -> None:
    study, subject = shared_trial("real-walks", STUDY), f"S{uuid.uuid4().hex[:6]}"
    key = walk.key(subject)
    study.put(key, (real_data / walk.file).read_bytes())
    [unmet] = study.pipeline(key, "waiting").unmet
    assert (unmet.name, unmet.subject) == ("height", subject)
    study.put(f"clinical/heights_{subject}.csv", f"SUBJECT,HEIGHT_CM\n{subject},{walk.height_cm}\n")
    pipeline = study.pipeline(key, "succeeded")

    [expected] = skdh_directly([_job(walk, real_data)])
    gait = expected["results"]["GaitLumbar"]
    assert len(gait["gait speed"]) > 10, "SKDH found next to no strides: nothing to compare"
    found = study.table(pipeline, "stride")
    compared = same_numbers(found, gait, columns("stride"), placeholders=[-1])
    assert compared > 20 * len(found)
    assert [row["gait_speed_m_s"] for row in found] == _null(gait["gait speed"])
    assert [row["stride_time_s"] for row in found] == _null(gait["stride time"])
    contacts = [row["initial_contact_utc"].timestamp() for row in found]
    assert contacts == pytest.approx(gait["IC Timestamp"], abs=1e-6)
    bouts = study.table(pipeline, "gait_bout")
    assert same_numbers(bouts, _of_bouts(gait), columns("gait_bout"), placeholders=[-1])


def _of_bouts(gait: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """SKDH repeats what it says of a bout with each of its strides; said once."""
    bouts = list(zip(gait["Day N"], gait["Bout N"], strict=True))
    firsts = [bouts.index(bout) for bout in dict.fromkeys(bouts)]
    return {
        name: [values[n] for n in firsts]
        for name, values in gait.items()
        if len(values) == len(bouts)
    }


def _null(values: list[float]) -> list[float | None]:
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN


def _job(walk: Walk, folder: Path) -> dict[str, Any]:
    form: dict[str, Any] = {"type": "npz"}
    if walk.start is not None:
        form = {
            "type": "csv", "accel": ["acc_x", "acc_y", "acc_z"], "clock": "local",
            "gyro": ["gyr_x", "gyr_y", "gyr_z"], "gyro_unit": "deg/s", "sampling_rate": 100.0,
            "start": datetime.strptime(walk.start, START).isoformat(),  # noqa: DTZ007
            "time": "samples", "to_datetime": {"unit": "ms"},
        }  # fmt: skip
    return {
        "file": str(folder / walk.file), "format": form, "time_zone": TIME_ZONE,
        "height": walk.height_m, "steps": STEPS,
    }  # fmt: skip
