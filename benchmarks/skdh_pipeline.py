"""SKDH's own pipeline over a file, as its documentation has it. Imports nothing of Wearline, but
for the reader of .gt3x, which SKDH has not.

    python skdh_pipeline.py wrist FILE
    python skdh_pipeline.py lumbar FILE
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

TIME_ZONE = "America/New_York"
HEIGHT_M = 1.75


def wrist() -> list[Any]:
    from skdh.activity import ActivityLevelClassification
    from skdh.preprocessing import CalibrateAccelerometer, CtaWearDetection, GetDayWindowIndices
    from skdh.sleep import Sleep

    return [
        GetDayWindowIndices(bases=[0, 12], periods=[24, 24]),
        CalibrateAccelerometer(),
        CtaWearDetection(),
        Sleep(),
        ActivityLevelClassification(cutpoints="esliger_lwrist_adult"),
    ]


def without_temperature() -> list[Any]:
    """ActiGraph devices store no temperature, which CtaWearDetection needs."""
    from skdh.preprocessing import AccelThresholdWearDetection

    return [
        AccelThresholdWearDetection() if type(each).__name__ == "CtaWearDetection" else each
        for each in wrist()
    ]


def lumbar() -> list[Any]:
    from skdh.context import PredictGaitLumbarLgbm
    from skdh.gait import GaitLumbar
    from skdh.preprocessing import GetDayWindowIndices
    from skdh.sit2stand import Sit2Stand

    return [
        GetDayWindowIndices(bases=[0], periods=[24]),
        PredictGaitLumbarLgbm(),
        GaitLumbar(),
        Sit2Stand(),
    ]


def main(kind: str, file: str) -> None:
    warnings.simplefilter("ignore")
    from skdh import Pipeline

    suffix = Path(file).suffix
    processes = lumbar() if kind == "lumbar" else wrist()
    if suffix == ".gt3x":
        given = read_gt3x(file)
        processes = without_temperature()
    else:
        from skdh.io import ReadBin, ReadCwa

        given = {"file": file}
        processes.insert(0, ReadBin() if suffix == ".bin" else ReadCwa())
    pipeline = Pipeline()
    for process in processes:
        pipeline.add(process)
    pipeline.run(**given, tz_name=TIME_ZONE, height=HEIGHT_M)


def read_gt3x(file: str) -> dict[str, Any]:
    """Wearline's reader. What stands beside it is the same samples, then SKDH alone."""
    from wearline_processor.readers import read

    recording = read(Path(file), {"type": "gt3x"}, TIME_ZONE).recording
    assert recording is not None
    return {"time": recording.time, "accel": recording.accel, "fs": recording.fs}


if __name__ == "__main__":
    main(*sys.argv[1:])
