"""The headline biomarkers of the report, and which recordings lie far from the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any

# Names as in the summary of a run; the unit ends the name.
MEASURES: tuple[Mapping[str, str], ...] = (
    {"name": "asleep_mean_min", "label": "Total sleep time, mean of nights", "unit": "min"},
    {"name": "wake_after_sleep_onset_mean_min", "label": "Awake after sleep onset, mean of nights",
     "unit": "min"},
    {"name": "asleep_mean_pct", "label": "Sleep efficiency, mean of nights", "unit": "%"},
    {"name": "wake_mvpa_mean_min", "label": "Moderate to vigorous activity, mean of days",
     "unit": "min"},
    {"name": "wake_sedentary_mean_min", "label": "Sedentary time, mean of days", "unit": "min"},
    {"name": "gait_speed_mean_m_s", "label": "Gait speed, mean of strides", "unit": "m/s"},
    {"name": "cadence_mean_steps_min", "label": "Cadence, mean of strides", "unit": "steps/min"},
    {"name": "stride_time_mean_s", "label": "Stride time, mean of strides", "unit": "s"},
    {"name": "steps", "label": "Steps in bouts of gait", "unit": "steps"},
    {"name": "transfers", "label": "Sit-to-stand transfers", "unit": ""},
    {"name": "transfer_duration_mean_s", "label": "Duration of sit-to-stand, mean", "unit": "s"},
    {"name": "worn_h", "label": "Worn in all", "unit": "h"},
)  # fmt: skip
# Fences mean little for a handful of values.
FEWEST = 8
# Tukey, Exploratory Data Analysis (1977): beyond 1.5 interquartile ranges from the quartiles.
REACH = 1.5


def outliers(recordings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Recordings outside of Tukey's fences among those worn at the same place.

    Only of runs that succeeded, and where at least ``FEWEST`` of them have the measure. A file has
    one value, of the first of its pipelines that has the measure.
    """
    return [
        marked
        for measure in MEASURES
        for group in _groups(recordings, measure["name"]).values()
        for marked in _outside(measure["name"], group)
    ]


def _groups(
    recordings: Sequence[Mapping[str, Any]], measure: str
) -> dict[str, list[tuple[int, float]]]:
    groups: dict[str, list[tuple[int, float]]] = defaultdict(list)
    counted: set[tuple[str, str]] = set()
    for index, each in enumerate(recordings):
        value, file = each.get("values", {}).get(measure), (each["bucket"], each["key"])
        if each["state"] == "succeeded" and value is not None and file not in counted:
            counted.add(file)
            groups[each["location"] or ""].append((index, value))
    return groups


def _outside(measure: str, group: Sequence[tuple[int, float]]) -> list[dict[str, Any]]:
    if len(group) < FEWEST:
        return []
    first, _, third = quantiles((value for _, value in group), n=4, method="inclusive")
    low, high = first - REACH * (third - first), third + REACH * (third - first)
    return [
        {"measure": measure, "recording": index, "value": value, "low": low, "high": high}
        for index, value in group
        if not low <= value <= high
    ]
