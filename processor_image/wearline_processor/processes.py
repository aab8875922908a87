"""The SKDH processes that a study may name, and what each of their parameters may be.

SKDH takes any value for any parameter, and replaces or ignores what it does not like. This list
is narrower: a parameter that SKDH 0.17.18 accepts and then ignores is *refused* with the reason,
and so is one whose value it would replace. Defaults are not repeated here: they are read from the
signature of the pinned release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["number", "integer", "boolean", "string", "list", "object"]


@dataclass(frozen=True)
class Parameter:
    """What one parameter may be.

    `or_choices` are values allowed beside the kind (`"default"` where a number is expected);
    `items` and `length` describe a list, `keys` the numbers of an object.
    """

    type: Kind
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] | None = None
    or_choices: tuple[Any, ...] | None = None
    multiple_of: int | None = None
    items: Kind | None = None
    length: int | None = None
    keys: tuple[str, ...] | None = None
    nullable: bool = False
    unit: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Process:
    """One allowed process: where its class is, its parameters, and how it connects to others.

    `requires` and `provides` name signals: accel, gyro, temperature, height, day_windows, wear,
    sleep, gait_bouts. `day_window` names the parameter whose (base, period) must be one of the
    windows that GetDayWindowIndices made.
    """

    name: str
    module: str
    parameters: Mapping[str, Parameter]
    refused: Mapping[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ("accel",)
    provides: tuple[str, ...] = ()
    day_window: str | None = None
    tables: tuple[str, ...] = ()


IGNORED = "SKDH 0.17.18 accepts it and ignores it"
WRITES = "Wearline writes the tables and pictures itself"

# `vaha-ypya_hip_adult` is missing on purpose: SKDH 0.17.18 gives it no sedentary level and raises.
CUTPOINTS = (
    "esliger_lwrist_adult",
    "esliger_rwirst_adult",
    "esliger_lumbar_adult",
    "schaefer_ndomwrist_child6-11",
    "phillips_rwrist_child8-14",
    "phillips_lwrist_child8-14",
    "phillips_hip_child8-14",
    "hildebrand_hip_adult_actigraph",
    "hildebrand_hip_adult_geneactv",
    "hildebrand_wrist_adult_actigraph",
    "hildebrand_wrist_adult_geneactiv",
    "hildebrand_hip_child7-11_actigraph",
    "hildebrand_hip_child7-11_geneactiv",
    "hildebrand_wrist_child7-11_actigraph",
    "hildebrand_wrist_child7-11_geneactiv",
    "migueles_wrist_adult",
    "white_met",
)
EPOCH_LENGTHS_S = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
STILLNESS_THRESHOLDS = (
    "stand displacement",
    "displacement factor",
    "transition velocity",
    "duration factor",
    "accel moving avg",
    "accel moving std",
    "jerk moving avg",
    "jerk moving std",
)

DAY_WINDOW = Parameter("list", 0, 24, items="integer", length=2, nullable=True)
FRACTION = Parameter("number", 0, 1)
POSITIVE = Parameter("number", 0)
FLAG = Parameter("boolean")
HOURS = Parameter("integer", 0, 24, unit="h")


def _by_name(*processes: Process) -> dict[str, Process]:
    return {process.name: process for process in processes}


PROCESSES: Mapping[str, Process] = _by_name(
    Process(
        "FillGaps",
        "skdh.preprocessing",
        {},
        refused={"fill_values": "the values that SKDH fills with are fixed for every study"},
    ),
    Process(
        "GetDayWindowIndices",
        "skdh.preprocessing",
        {
            "bases": Parameter("list", 0, 23, items="integer", unit="h"),
            "periods": Parameter("list", 1, 24, items="integer", unit="h"),
        },
        requires=(),
        provides=("day_windows",),
    ),
    Process(
        "CalibrateAccelerometer",
        "skdh.preprocessing",
        {
            "sphere_crit": Parameter("number", 0, 1, unit="g"),
            "min_hours": Parameter("integer", 12, 240, multiple_of=12, unit="h"),
            "sd_criteria": Parameter("number", 0, 1, unit="g"),
            "max_iter": Parameter("integer", 1, 100_000),
            "tol": POSITIVE,
        },
    ),
    Process(
        "CtaWearDetection",
        "skdh.preprocessing",
        {
            "temp_threshold": Parameter("number", unit="degC"),
            "sd_crit": Parameter("number", 0, 1, unit="g"),
            "window_length": Parameter("integer", 1, 1440, unit="min"),
        },
        refused={"window_skip": IGNORED},
        requires=("accel", "temperature"),
        provides=("wear",),
        tables=("wear_bout",),
    ),
    Process(
        "DETACH",
        "skdh.preprocessing",
        {
            "sd_thresh": Parameter("number", 0, 1, unit="g"),
            "low_temperature_threshold": Parameter("number", unit="degC"),
            "high_temperature_threshold": Parameter("number", unit="degC"),
            "decrease_threshold": Parameter("number", unit="degC/min"),
            "increase_threshold": Parameter("number", unit="degC/min"),
            "n_axes_threshold": Parameter("integer", choices=(1, 2, 3)),
            "window_size": Parameter("integer", 1, 15, or_choices=("scaled", "original"), unit="s"),
        },
        requires=("accel", "temperature"),
        provides=("wear",),
        tables=("wear_bout",),
    ),
    Process(
        "CountWearDetection",
        "skdh.preprocessing",
        {
            "nonwear_window_min": Parameter("integer", 1, 1440, unit="min"),
            "epoch_seconds": Parameter("integer", 1, 3600, unit="s"),
        },
        refused={"use_actigraph_package": "the package agcounts is not part of this release"},
        provides=("wear",),
        tables=("wear_bout",),
    ),
    Process(
        "AccelThresholdWearDetection",
        "skdh.preprocessing",
        {
            "sd_crit": Parameter("number", 0, 1, unit="g"),
            "range_crit": Parameter("number", 0, unit="g"),
            "apply_setup_criteria": FLAG,
            "shipping_criteria": Parameter(
                "list", 0, 240, or_choices=(True, False), items="integer", length=2, unit="h"
            ),
            "window_length": Parameter("integer", 1, 1440, unit="min"),
            "window_skip": Parameter("integer", 1, 60, unit="min"),
        },
        refused={"shipping_temperature": IGNORED},
        provides=("wear",),
        tables=("wear_bout",),
    ),
    Process(
        "Sleep",
        "skdh.sleep",
        {
            "internal_wear_temp_thresh": Parameter("number", 0, unit="degC"),
            "internal_wear_move_thresh": Parameter("number", 0, unit="g"),
            "min_rest_block": Parameter("integer", 1, 1440, unit="min"),
            "max_activity_break": Parameter("integer", 1, 1440, unit="min"),
            "tso_min_thresh": POSITIVE,
            "tso_max_thresh": POSITIVE,
            "tso_perc": Parameter("integer", 0, 100),
            "tso_factor": POSITIVE,
            "min_wear_time": Parameter(
                "number",
                0,
                24,
                unit="h",
                note="SKDH documents minutes and compares hours; Wearline takes hours",
            ),
            "min_day_hours": Parameter("number", 0, 24, unit="h"),
            "downsample": FLAG,
            "downsample_aa_filter": FLAG,
            "day_window": Parameter("list", 0, 24, items="integer", length=2),
        },
        refused={
            "start_buffer": IGNORED,
            "stop_buffer": IGNORED,
            "min_rest_period": IGNORED,
            "nonwear_move_thresh": IGNORED,
            "add_active_time": "SKDH adds random numbers without a seed, so that no run could be "
            "made again",
            "save_per_minute_results": WRITES,
        },
        requires=("accel", "day_windows"),
        provides=("sleep",),
        day_window="day_window",
        tables=("night",),
    ),
    Process(
        "ActivityLevelClassification",
        "skdh.activity",
        {
            "short_wlen": Parameter("integer", choices=EPOCH_LENGTHS_S, unit="s"),
            "max_accel_lens": Parameter("list", 1, 1440, items="integer", unit="min"),
            "bout_lens": Parameter("list", 1, 1440, items="integer", unit="min"),
            "bout_criteria": FRACTION,
            "bout_metric": Parameter("integer", choices=(1, 2, 3, 4)),
            "closed_bout": FLAG,
            "wear_wake_times_round": Parameter("integer", 1, 3600, nullable=True, unit="s"),
            "min_wear_time": HOURS,
            "cutpoints": Parameter("string", choices=CUTPOINTS),
            "day_window": DAY_WINDOW,
        },
        refused={"save_epoch_data": WRITES},
        requires=("accel", "day_windows"),
        day_window="day_window",
        tables=("day", "epoch"),
    ),
    Process(
        "PredictGaitLumbarLgbm",
        "skdh.context",
        {"downsample_aa_filter": FLAG},
        provides=("gait_bouts",),
    ),
    Process(
        "GaitLumbar",
        "skdh.gait",
        {
            "downsample": FLAG,
            "height_factor": FRACTION,
            "min_bout_time": Parameter("number", 0, unit="s"),
            "max_bout_separation_time": Parameter("number", 0, unit="s"),
            "gait_event_method": Parameter("string", choices=("AP CWT", "Vertical CWT")),
            "correct_orientation": FLAG,
            "filter_cutoff": Parameter("number", 0, unit="Hz"),
            "filter_order": Parameter("integer", 1, 10),
            "ic_prom_factor": POSITIVE,
            "ic_dist_factor": POSITIVE,
            "fc_prom_factor": POSITIVE,
            "fc_dist_factor": POSITIVE,
            "use_cwt_scale_relation": FLAG,
            "wavelet_scale": Parameter("number", 0, or_choices=("default",)),
            "round_scale": FLAG,
            "max_stride_time": Parameter("number", 0, or_choices=("default",), unit="s"),
            "loading_factor": Parameter("number", 0, 1, or_choices=("default",)),
            "day_window": DAY_WINDOW,
        },
        refused={
            "ap_axis_filter_kw": "a free dictionary cannot be checked",
            "bout_processing_pipeline": "a pipeline inside a step cannot be checked",
        },
        requires=("accel", "gait_bouts", "height", "day_windows"),
        day_window="day_window",
        tables=("gait_bout", "stride"),
    ),
    Process(
        "Sit2Stand",
        "skdh.sit2stand",
        {
            "stillness_constraint": FLAG,
            "gravity": Parameter("number", 9, 10, unit="m/s2"),
            "thresholds": Parameter("object", keys=STILLNESS_THRESHOLDS, nullable=True),
            "long_still": Parameter("number", 0, unit="s"),
            "still_window": Parameter("number", 0, unit="s"),
            "gravity_pass_order": Parameter("integer", 1, 10),
            "gravity_pass_cutoff": Parameter("number", 0, unit="Hz"),
            "power_band": Parameter("list", 0, items="number", length=2, nullable=True, unit="Hz"),
            "lowpass_order": Parameter("integer", 1, 10),
            "lowpass_cutoff": Parameter("number", 0, unit="Hz"),
            "reconstruction_window": Parameter("number", 0, unit="s"),
            "day_window": DAY_WINDOW,
        },
        refused={
            "continuous_wavelet": "its coefficients were validated for gaus1 only",
            "power_peak_kw": "a free dictionary cannot be checked",
            "power_std_height": "without it the peak height depends on the sampling rate",
            "power_std_trim": IGNORED,
        },
        requires=("accel", "day_windows"),
        day_window="day_window",
        tables=("transfer",),
    ),
)
