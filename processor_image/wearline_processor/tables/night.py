"""Nights: one row for each window from noon to noon, also for one that was skipped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from wearline_processor.engine import Outcome, StepOutcome
from wearline_processor.tables.calendar import local_date
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

_FRAGMENTATION = (
    ("mean_duration_min", "average {} duration", "min", "Mean length of {} bouts."),
    ("gini_index", "{} gini index", None, "Inequality of the lengths of {} bouts, 0 to 1."),
    ("mean_hazard", "{} average hazard", None, "Mean hazard of a {} bout ending."),
    ("power_law", "{} power law distribution", None, "Exponent of the lengths of {} bouts."),
)


def _fragmentation(state: str, other: str) -> tuple[Column, ...]:
    return (
        *(
            Column(f"{state}_{name}", "number", meaning.format(state), unit, skdh.format(state))
            for name, skdh, unit, meaning in _FRAGMENTATION
        ),
        Column(
            f"{state}_to_{other}_probability",
            "number",
            f"Probability of passing from {state} to {other} from one minute to the next.",
            skdh=f"{state} {other} transition probability",
        ),
    )


TABLE = Table(
    "night",
    "Sleep in each window of 24 hours from noon (or the configured day_window).",
    sealed(
        [
            Column(
                "night_n", "integer", "Number of the window in the recording, from 1.", skdh="Day N"
            ),
            Column("date", "string", "Local date on which the window begins.", skdh="Date"),
            Column(
                "reason",
                "string",
                "Why the night has no sleep measures: window_too_short, "
                "worn_too_short, no_sleep_window, sleep_window_too_short; else null.",
            ),
        ],
        instants("window_start", "Start of the part of the window that was recorded"),
        instants("window_end", "End of the part of the window that was recorded"),
        [
            Column(
                "recorded_min", "number", "Recorded part of the window.", "min", "Total Minutes"
            ),
            Column("worn_min", "number", "Worn part of the window.", "min", "Wear Minutes"),
        ],
        instants("sleep_window_start", "Start of the sleep window (total sleep opportunity)"),
        instants("sleep_window_end", "End of the sleep window (total sleep opportunity)"),
        [
            Column(
                "sleep_window_min", "number", "Length of the sleep window.", "min", "TSO Duration"
            ),
            Column(
                "asleep_min",
                "number",
                "Time asleep in the sleep window.",
                "min",
                "total sleep time",
            ),
            Column(
                "asleep_pct",
                "number",
                "Share of the sleep window asleep.",
                "%",
                "percent time asleep",
            ),
            Column(
                "wake_bouts",
                "integer",
                "Waking bouts between first and last sleep.",
                None,
                "number of wake bouts",
            ),
            Column(
                "sleep_onset_latency_min",
                "number",
                "From the start of the sleep window to the first sleep.",
                "min",
                "sleep onset latency",
            ),
            Column(
                "wake_after_sleep_onset_min",
                "number",
                "Time awake between first and last sleep.",
                "min",
                "wake after sleep onset",
            ),
        ],
        _fragmentation("sleep", "wake"),
        _fragmentation("wake", "sleep"),
    ),
    process="Sleep",
)

_UNMAPPED = frozenset(
    {"Day Start Timestamp", "Day End Timestamp", "TSO Start Timestamp", "TSO Start"}
)


def rows(outcome: Outcome, zone: ZoneInfo) -> list[Row]:
    """A row for each window that the recording touches, in order."""
    step = outcome.find("Sleep")
    if step is None:
        return []
    found = {row["Day N"]: row for row in _skdh_rows(step.results)}
    windows = outcome.windows(step.step.parameters["day_window"])
    return [
        _row(number, outcome, step, found.get(number), zone)
        for number in range(1, len(windows) + 1)
    ]


def _skdh_rows(results: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        dict(zip(results, values, strict=True)) for values in zip(*results.values(), strict=True)
    ]


def _row(
    number: int,
    outcome: Outcome,
    step: StepOutcome,
    found: Mapping[str, Any] | None,
    zone: ZoneInfo,
) -> Row:
    day_window = step.step.parameters["day_window"]
    start, end = outcome.windows(day_window)[number - 1]
    row: dict[str, Any] = {
        "night_n": number,
        "date": local_date(start, zone, day_window[0]),
        "reason": _reason(found, step.step.parameters["min_wear_time"]),
        **both("window_start", start, zone),
        **both("window_end", end, zone),
        "recorded_min": (end - start) / 60,
    }
    if found is None or outcome.sleep is None:
        return row
    columns = TABLE.by_skdh()
    row |= {columns[name].name: found[name] for name in found if name not in _UNMAPPED}
    sleep_end = outcome.sleep[number - 1, 1]
    row |= both("sleep_window_start", found["TSO Start Timestamp"], zone)
    row |= both("sleep_window_end", sleep_end, zone)
    return _without_placeholders(row)


def _reason(found: Mapping[str, Any] | None, min_wear_h: float) -> str | None:
    if found is None:
        return "window_too_short"
    if found["Wear Minutes"] / 60 < min_wear_h:
        return "worn_too_short"
    if math.isnan(found["TSO Start Timestamp"]):
        return "no_sleep_window"
    return "sleep_window_too_short" if math.isnan(found["total sleep time"]) else None


def _without_placeholders(row: dict[str, Any]) -> Row:
    """SKDH gives 0, 0 and 1 as mean, Gini index and exponent of bouts where there is no bout."""
    for state in ("sleep", "wake"):
        if row[f"{state}_mean_duration_min"] == 0:
            for name, *_ in _FRAGMENTATION:
                row[f"{state}_{name}"] = None
    return row
