"""SKDH as it stands, called as its own Pipeline calls it.

Six steps are helped: days follow the local clock also where it changes, wear detection bears a
first window that it cannot judge, activity is asked to keep its epochs, gait prediction is given
50 Hz, sit-to-stand is refused where it could find nothing, and gaps are filled so that samples
keep their times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pywt import scale2frequency
from skdh.utility.internal import apply_resample, rle

from wearline_processor.engine.local_clock import on_even_clock, on_local_clock
from wearline_processor.engine.signals import Signals
from wearline_processor.engine.substitution import Substitute, substituted
from wearline_processor.errors import GapsTooLong, RateUnsuitable
from wearline_processor.steps import Step

MODEL_RATES_HZ = (50.0, 20.0)
# SKDH's sit-to-stand looks at the wavelet scales 1 to 64 and, unless told otherwise, below 0.5 Hz.
_COARSEST_SCALE, _POWER_BAND_HZ = 64, (0, 0.5)
# As SKDH's FillGaps: a device that lies still, so that wear detection finds it not worn.
FILLED_WITH: Mapping[str, Any] = {"accel": [0.0, 0.0, 1.0], "gyro": 0.0, "temperature": 0.0}
RAW = ("accel", "time", "gyro", "temperature")


def plain(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Run the step; what it passes on goes into `signals`, what it found is answered."""
    return call(step.build(), signals)


def call(process: Any, signals: Signals) -> Mapping[str, Any]:  # noqa: ANN401
    """What `skdh.Pipeline.run` does for one process, without keeping samples as results."""
    process._in_pipeline = True  # noqa: SLF001 - so SKDH answers (signals, results)
    passed_on, results = process.predict(**signals)
    signals.update(passed_on)
    return {name: value for name, value in results.items() if name not in RAW}


def windows(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Day windows on the local clock, whatever it does."""
    return call(on_local_clock(step.build(), signals), signals)


def activity(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Activity levels, with SKDH's epochs and the name of their metric beside the results."""
    process = on_even_clock(step.build())
    process.save_epochs = True
    results = call(process, signals)
    metric = process.cutpoints["metric"].removeprefix("metric_")
    return {**results, "epochs": process.epoch_data, "metric": metric}


def gait_prediction(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Gait bouts, predicted on samples at the rate that the model was trained on.

    SKDH 0.17.18 resamples to 50 Hz (20 Hz below that) but designs its band-pass filter for the
    rate before, so that at 100 Hz it passes half of the band that the model knows. It is handed
    resampled samples instead, with SKDH's own function, and the bouts are put back on the
    recording's own samples as SKDH does it.
    """
    time, fs = signals["time"], signals["fs"]
    rate = MODEL_RATES_HZ[0] if fs >= MODEL_RATES_HZ[0] else MODEL_RATES_HZ[1]
    if fs in (rate, None) or fs < rate:
        return plain(step, signals)
    resampled_time, (accel,) = apply_resample(
        time=time,
        goal_fs=rate,
        data=(signals["accel"],),
        aa_filter=step.parameters["downsample_aa_filter"],
        fs=fs,
    )
    at_rate: Signals = {**signals, "time": resampled_time, "accel": accel, "fs": rate}
    results = dict(call(step.build(), at_rate))
    bouts = np.interp(resampled_time[at_rate["gait_bouts"]], time, np.arange(time.size))
    signals["gait_bouts"] = np.around(bouts).astype(np.int64)
    starts, stops = signals["gait_bouts"].T
    results["Gait Bout Start Index"], results["Gait Bout Stop Index"] = starts, stops
    results["Gait Bout Start"], results["Gait Bout Stop"] = time[starts], time[stops]
    return results


def wear(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Wear, also where CtaWearDetection cannot judge the first window.

    It compares a window that is cold and moves with the one before; the first has none. SKDH counts
    it as not worn where wear follows, and raises where none does: a device that was set up by hand
    and then put into its box.
    """
    with substituted(_JUDGED):
        return plain(step, signals)


def _judged(to_encode: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401 - as skdh's `rle`
    """Runs of equal values; an undecided one (-1) at the beginning goes, and with it the run of no
    wear after it, whose end SKDH would take for the end of wear."""
    lengths, starts, values = rle(to_encode)
    gone = 2 if tuple(values[:2]) == (-1, 0) else 0
    return lengths[gone:], starts[gone:], values[gone:]


_JUDGED = Substitute("skdh.preprocessing.wear_detection", "rle", _judged)


def filling(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Gaps filled with SKDH's values, every sample left at its own time.

    SKDH puts what lies between two gaps at its first instant and counts on by the nominal rate.
    No device holds that: within days its samples are minutes off, or have no room at the end, and
    SKDH raises. Raises GapsTooLong for more to fill than was recorded.
    """
    time, fs = signals["time"], signals["fs"]
    steps = np.diff(time)
    gaps = np.flatnonzero(steps > 1.5 / fs)
    missing = np.rint(steps[gaps] * fs).astype(np.int64) - 1
    if missing.sum() > time.size:
        raise GapsTooLong(step.name, missing.sum() / fs / 3600)
    places = np.repeat(gaps + 1, missing)
    within = np.arange(places.size) - np.repeat(np.cumsum(missing) - missing, missing) + 1
    each = np.repeat(steps[gaps] / (missing + 1), missing)
    signals["time"] = np.insert(time, places, time[places - 1] + within * each)
    for name, value in FILLED_WITH.items():
        if name in signals:
            signals[name] = np.insert(signals[name], places, value, axis=0)
    return {}


def transfers(step: Step, signals: Signals) -> Mapping[str, Any]:
    """Sit-to-stand transfers. Raises RateUnsuitable where no wavelet lies in the power band."""
    check_power_band(step, signals)
    return plain(step, signals)


def check_power_band(step: Step, signals: Signals) -> None:
    """Above 160 Hz no scale is as slow as 0.5 Hz: SKDH sums nothing and finds no transfer."""
    _, highest = step.parameters["power_band"] or _POWER_BAND_HZ
    rate = 1 / float(np.mean(np.diff(signals["time"][:500])))
    slowest = float(scale2frequency("gaus1", _COARSEST_SCALE)) * rate
    if slowest > highest:
        raise RateUnsuitable(
            step.name,
            f"At {rate:.0f} Hz the slowest wavelet of Sit2Stand is at {slowest:.2f} Hz, above its "
            f"power band that ends at {highest:g} Hz, so that it would find no transfer at all: "
            "set a higher power_band, or leave the step out.",
        )
