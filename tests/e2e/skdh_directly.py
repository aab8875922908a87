"""What SKDH itself makes of a file. Runs where SKDH is installed, and uses nothing of Wearline.

    python skdh_directly.py < jobs.json > answers.json

A job is {"file", "format", "time_zone", "steps", "height"}: format as a plan writes it, with what
ReadCSV is to tell pandas beside it; steps as [name, parameters], as a study gives them. An answer
is {"recording": digests and sizes, "results": {process: {name: values}}}.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from datetime import UTC, datetime
from typing import Any

import numpy as np
import skdh
import skdh.activity
import skdh.context
import skdh.gait
import skdh.io
import skdh.preprocessing
import skdh.sit2stand
import skdh.sleep
from skdh.io.base import handle_naive_timestamps
from skdh.utility.internal import apply_resample

MODULES = (skdh.preprocessing, skdh.context, skdh.sleep, skdh.activity, skdh.gait, skdh.sit2stand)
SIGNALS = (
    "time",
    "accel",
    "gyro",
    "temperature",
    "day_ends",
)  # no results, but as long as the file
Signals = dict[str, Any]


def main() -> None:
    warnings.simplefilter("ignore")
    json.dump([answer(job) for job in json.load(sys.stdin)], sys.stdout, default=plain)


def answer(job: Signals) -> Signals:
    signals = read(job["file"], job["format"], job["time_zone"])
    return {"recording": about(signals), "results": run(signals, job)}


def read(file: str, form: Signals, zone: str) -> Signals:
    """The samples by SKDH's own reader; the gyroscope in rad/s, as SKDH's gait takes it."""
    readers = {
        "axivity": skdh.io.ReadCwa,
        "geneactiv": skdh.io.ReadBin,
        "empatica": skdh.io.ReadEmpaticaAvro,
        "npz": skdh.io.ReadNumpyFile,
    }
    if form["type"] == "csv":
        return read_csv(file, form, zone)
    signals: Signals = readers[form["type"]]().predict(file=file, tz_name=zone)
    if form["type"] == "axivity" and signals.get("gyro") is not None:
        signals["gyro"] = np.deg2rad(signals["gyro"])
    return signals


def read_csv(file: str, form: Signals, zone: str) -> Signals:
    columns = {name: form.get(name) for name in ("accel", "gyro", "temperature")}
    reader = skdh.io.ReadCSV(
        time_col_name=form["time"],
        column_names={name: value for name, value in columns.items() if value},
        fill_gaps=False,
        accel_in_g=form.get("unit", "g") == "g",
        to_datetime_kwargs=form.get("to_datetime"),
        read_csv_kwargs=form.get("pandas", {}),
    )
    signals: Signals = reader.predict(file=file)
    if "start" in form:  # the rows are counted, and SKDH is told what the study tells
        start = datetime.fromisoformat(form["start"]).replace(tzinfo=UTC).timestamp()
        signals["fs"] = form["sampling_rate"]
        signals["time"] = start + np.arange(len(signals["time"])) / signals["fs"]
    if form["clock"] == "local":
        signals["time"] = handle_naive_timestamps(signals["time"], is_local=True, tz_name=zone)
    if form.get("gyro_unit") == "deg/s":
        signals["gyro"] = np.deg2rad(signals["gyro"])
    return signals


def about(signals: Signals) -> Signals:
    samples = [signals.get(name) for name in ("accel", "gyro", "temperature")]
    return {
        "rows": len(signals["time"]),
        "first": float(signals["time"][0]),
        "last": float(signals["time"][-1]),
        "instants_sha256": digest(signals["time"]),
        "samples_sha256": digest(*(each for each in samples if each is not None)),
    }


def digest(*arrays: Any) -> str:
    rows = [np.ascontiguousarray(each, dtype="<f8").tobytes() for each in arrays]
    return hashlib.sha256(b"".join(rows)).hexdigest()


def run(signals: Signals, job: Signals) -> Signals:
    """Each step as SKDH's Pipeline calls it; what one passes on is there for the next."""
    signals = {**signals, "tz_name": job["time_zone"]}
    if job.get("height") is not None:
        signals["height"] = job["height"]
    signals.setdefault("fs", None)
    results: Signals = {}
    for name, parameters in job.get("steps", []):
        call = predict_gait if name == "PredictGaitLumbarLgbm" else step
        results[name] = call(process(name, parameters), signals)
    return results


def process(name: str, parameters: Signals) -> Any:
    made = next(getattr(module, name) for module in MODULES if hasattr(module, name))
    if name == "GetDayWindowIndices":
        return made(bases=tuple(parameters["bases"]), periods=tuple(parameters["periods"]))
    return made(**parameters)


def step(made: Any, signals: Signals) -> Signals:
    made._in_pipeline = True  # so that it answers what it passes on, and what it found
    passed_on, found = made.predict(**signals)
    signals.update(passed_on)
    return {name: values for name, values in found.items() if name not in SIGNALS}


def predict_gait(made: Any, signals: Signals) -> Signals:
    """On samples at 50 Hz: 0.17.18 resamples by itself, but filters for the rate before that."""
    made._in_pipeline = True
    time = signals["time"]
    fs = signals["fs"] or 1 / np.mean(np.diff(time))
    resampled, (accel,) = apply_resample(
        time=time, goal_fs=50.0, data=(signals["accel"],), aa_filter=True, fs=fs
    )
    passed_on, _ = made.predict(time=resampled, accel=accel, fs=50.0)
    bouts = np.interp(resampled[passed_on["gait_bouts"]], time, np.arange(time.size))
    signals["gait_bouts"] = np.around(bouts).astype(np.int64)
    return {}


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)


if __name__ == "__main__":
    main()
