"""Gait bouts: stretches of walking in which strides were found."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from wearline_processor.engine import Outcome
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

_MEANS = (
    ("gait_speed_mean_m_s", "gait speed", "m/s"),
    ("cadence_mean_steps_min", "cadence", "1/min"),
    ("stride_time_mean_s", "stride time", "s"),
    ("stride_length_mean_m", "stride length", "m"),
    ("step_length_mean_m", "step length", "m"),
)

TABLE = Table(
    "gait_bout",
    "Each stretch of walking with at least one stride.",
    sealed(
        [
            Column(
                "gait_bout_n",
                "integer",
                "Number of the bout in the day, from 1; a bout "
                "without strides leaves a gap in the numbers.",
                None,
                "Bout N",
            ),
            Column(
                "day_n", "integer", "Number of the day in the recording, from 1.", None, "Day N"
            ),
            Column("date", "string", "Local date of the day.", None, "Date"),
        ],
        instants("start", "Start of the bout"),
        instants("end", "End of the bout"),
        [
            Column("duration_s", "number", "Length of the bout.", "s", "Bout Duration"),
            Column(
                "steps",
                "integer",
                "Initial contacts that passed quality control.",
                None,
                "Bout Steps",
            ),
            Column(
                "gait_cycles",
                "integer",
                "Those followed by two more contacts.",
                None,
                "Gait Cycles",
            ),
            Column(
                "step_frequency_hz", "number", "Mean step frequency.", "Hz", "debug:mean step freq"
            ),
            Column(
                "phase_coordination_index",
                "number",
                "Consistency of left and right timing.",
                None,
                "bout:phase coordination index",
            ),
            Column(
                "gait_symmetry_index",
                "number",
                "Likeness of left and right steps.",
                None,
                "bout:gait symmetry index",
            ),
            Column(
                "step_regularity",
                "number",
                "Autocovariance at the step, vertical.",
                None,
                "bout:step regularity - V",
            ),
            Column(
                "stride_regularity",
                "number",
                "Autocovariance at the stride, vertical.",
                None,
                "bout:stride regularity - V",
            ),
            Column(
                "autocovariance_symmetry",
                "number",
                "Difference of those two.",
                None,
                "bout:autocovariance symmetry - V",
            ),
            Column(
                "regularity_index",
                "number",
                "Their relative difference.",
                None,
                "bout:regularity index - V",
            ),
            Column(
                "vertical_axis",
                "integer",
                "Axis (0, 1, 2) taken as vertical.",
                None,
                "debug:v axis est",
            ),
            Column(
                "forward_axis",
                "integer",
                "Axis (0, 1, 2) taken as forward.",
                None,
                "debug:ap axis est",
            ),
        ],
        [
            Column(name, "number", f"Mean of `{skdh}` over the bout's strides, by Wearline.", unit)
            for name, skdh, unit in _MEANS
        ],
    ),
    process="GaitLumbar",
)


def rows(outcome: Outcome, zone: ZoneInfo) -> list[Row]:
    """A row for each bout, by day and number."""
    step = outcome.find("GaitLumbar")
    if step is None:
        return []
    results = step.results
    bouts = list(zip(results["Day N"].tolist(), results["Bout N"].tolist(), strict=True))
    return [
        _row(results, [index for index, _ in strides], zone)
        for _, strides in groupby(enumerate(bouts), key=lambda item: item[1])
    ]


def _row(results: Mapping[str, Any], strides: list[int], zone: ZoneInfo) -> Row:
    first = strides[0]
    row = {
        column.name: results[skdh][first]
        for skdh, column in TABLE.by_skdh().items()
        if skdh in results
    }
    for axis in ("vertical_axis", "forward_axis"):
        row[axis] = None if row[axis] == -1 else row[axis]
    start = float(results["Bout Starts"][first])
    means = {name: _mean(results[skdh][strides]) for name, skdh, _ in _MEANS if skdh in results}
    end = start + float(row["duration_s"])
    return {**row, **both("start", start, zone), **both("end", end, zone), **means}


def _mean(values: Any) -> float | None:  # noqa: ANN401
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None
