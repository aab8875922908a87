"""Days: activity in each window of 24 hours from midnight, also for one not worn enough."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from wearline_processor.engine import Outcome, StepOutcome
from wearline_processor.tables.calendar import calendar_hours, local_date
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

LEVELS = {
    "MVPA": ("mvpa", "moderate or vigorous"),
    "sed": ("sedentary", "sedentary"),
    "light": ("light", "light"),
    "mod": ("moderate", "moderate"),
    "vig": ("vigorous", "vigorous"),
}
_FRAGMENTED = {**LEVELS, "SLPA": ("sedentary_or_light", "sedentary or light")}
_FRAGMENTATION = (
    ("mean_duration_min", "avg duration", "min", "Mean length of {} bouts"),
    ("transition_probability", "transition probability", None, "Chance per minute to leave {}"),
    ("gini_index", "gini index", None, "Inequality of the lengths of {} bouts, 0 to 1"),
    ("mean_hazard", "avg hazard", None, "Mean hazard of a {} bout ending"),
    ("power_law", "power law distribution", None, "Exponent of the lengths of {} bouts"),
)
FEATURE_WINDOWS_MIN = (15, 30, 60)
_FEATURES = (
    ("signal_entropy", "signal entropy"),
    ("sample_entropy", "sample entropy"),
    ("permutation_entropy", "permutation entropy"),
    ("power_spectral_sum", "power spectral sum"),
    ("spectral_flatness_db", "spectral flatness"),
    ("spectral_entropy", "spectral entropy"),
    ("sparc", "sparc"),
)
# SKDH always computes these two beside `max_accel_lens`, from windows at least half full.
_LONG_WINDOWS_MIN = (300, 600)

_HEAD = sealed(
    [
        Column("day_n", "integer", "Number of the window in the recording, from 1.", skdh="Day N"),
        Column("date", "string", "Local date on which the window begins.", skdh="Date"),
        Column("weekday", "string", "Day of the week of `date`.", skdh="Weekday"),
        Column(
            "calendar_h", "number", "Length of the whole window: 23 or 25 where clocks change.", "h"
        ),
        Column(
            "reason",
            "string",
            "Why the day has no activity measures: worn_too_short, no_waking_wear; else null.",
        ),
        Column(
            "sleep_excluded",
            "boolean",
            "Whether sleep windows were found out and left out of "
            "the `wake_` columns; false where the pipeline has no Sleep.",
        ),
    ],
    instants("window_start", "Start of the part of the window that was recorded"),
    instants("window_end", "End of the part of the window that was recorded"),
    [
        Column("recorded_h", "number", "Recorded part of the window, rounded.", "h", "N hours"),
        Column("recorded_min", "number", "Recorded part of the window.", "min", "Total Minutes"),
        Column(
            "worn_h",
            "number",
            "Worn part, rounded; what min_wear_time is compared with.",
            "h",
            "N wear hours",
        ),
        Column("worn_min", "number", "Worn part of the window.", "min", "Wear Minutes"),
        Column(
            "worn_wake_h",
            "number",
            "Worn part outside of sleep windows, rounded.",
            "h",
            "N wear wake hours",
        ),
        Column(
            "worn_wake_min",
            "number",
            "Worn part outside of sleep windows.",
            "min",
            "Wear Wake Minutes",
        ),
    ],
    [
        Column(
            "wake_intensity_gradient",
            "number",
            "Slope of log time over log acceleration.",
            None,
            "wake intensity gradient",
        ),
        Column(
            "wake_intensity_gradient_intercept",
            "number",
            "Its intercept.",
            None,
            "wake ig intercept",
        ),
        Column(
            "wake_intensity_gradient_r2",
            "number",
            "Its coefficient of determination.",
            None,
            "wake ig r-squared",
        ),
    ],
)


def _levels(state: str) -> tuple[Column, ...]:
    return tuple(
        Column(
            f"{state}_{name}_min",
            "number",
            f"Time in {word} activity, from epochs.",
            "min",
            f"{state} {level} {{epoch}}s epoch [min]",
        )
        for level, (name, word) in LEVELS.items()
    )


def _fragmentation(level: str) -> tuple[Column, ...]:
    name, word = _FRAGMENTED[level]
    return tuple(
        Column(
            f"wake_{name}_{column}",
            "number",
            f"{meaning.format(word)}, from minutes.",
            unit,
            f"wake {level} {skdh}",
        )
        for column, skdh, unit, meaning in _FRAGMENTATION
    )


_TAIL = sealed(
    [column for level in ("sed", "SLPA", "MVPA") for column in _fragmentation(level)],
    [
        Column(
            "wake_dfa_alpha",
            "number",
            "Exponent of detrended fluctuation analysis, mean of the day's worn blocks.",
            None,
            "wake dfa alpha",
        ),
        Column(
            "wake_activity_balance_index",
            "number",
            "Nearness of that exponent to 1, 0 to 1.",
            None,
            "wake dfa activity balance index",
        ),
        Column(
            "wake_equal_duration_threshold_g",
            "number",
            "Threshold that makes bouts above and below it equally long.",
            "g",
            "wake threshold equal avg duration [g]",
        ),
        Column(
            "wake_equal_duration_min",
            "number",
            "Their length.",
            "min",
            "wake duration equal avg duration [min]",
        ),
    ],
    [
        Column(
            f"wake_{name}_{minutes}min",
            "number",
            f"Mean {skdh} of the acceleration metric in windows of {minutes} min.",
            "dB" if name.endswith("_db") else None,
            f"wake {minutes}min {skdh}",
        )
        for minutes in FEATURE_WINDOWS_MIN
        for name, skdh in _FEATURES
    ],
    _levels("sleep"),
)


def table(parameters: Mapping[str, Any]) -> Table:
    """The day table for the parameters of ActivityLevelClassification.

    Columns that a parameter names (`bout_lens`, `max_accel_lens`) come once for each value.
    """
    windows = dict.fromkeys((*parameters["max_accel_lens"], *_LONG_WINDOWS_MIN))
    maxima = [
        Column(
            f"wake_max_acc_{minutes}min_g",
            "number",
            f"Largest mean acceleration over {minutes} min.",
            "g",
            f"wake max acc {minutes}min [g]",
        )
        for minutes in windows
    ]
    minimum = Column(
        "wake_min_acc_300min_g",
        "number",
        "Smallest mean acceleration over 300 min. SKDH 0.17.18 "
        "starts its search from 0 and so gives 0 for every day, which is null here.",
        "g",
        "wake min acc 300min [g]",
    )
    bouts = [
        Column(
            f"wake_{name}_bout{minutes}min_min",
            "number",
            f"Time in bouts of {word} activity of at least {minutes} min.",
            "min",
            f"wake {level} {minutes}min bout [min]",
        )
        for level, (name, word) in LEVELS.items()
        for minutes in dict.fromkeys(parameters["bout_lens"])
    ]
    columns = sealed(_HEAD, maxima, [minimum], _levels("wake"), bouts, _TAIL)
    return Table(
        "day",
        "Activity in each window of 24 hours from midnight (or the configured day_window).",
        columns,
        process="ActivityLevelClassification",
    )


def rows(outcome: Outcome, zone: ZoneInfo) -> list[Row]:
    """A row for each window that the recording touches, in order."""
    step = outcome.find("ActivityLevelClassification")
    if step is None:
        return []
    names = _names(table(step.step.parameters), step.step.parameters["short_wlen"])
    results = {name: values for name, values in step.results.items() if name in names}
    return [
        _row(dict(zip(results, values, strict=True)), index, outcome, step, zone)
        for index, values in enumerate(_each_day(results))
    ]


def unmapped(results: Mapping[str, Any], step: StepOutcome) -> set[str]:
    """What SKDH computed and this table has no column for."""
    names = _names(table(step.step.parameters), step.step.parameters["short_wlen"])
    return (
        set(results) - set(names) - {"Day Start Timestamp", "Day End Timestamp", "epochs", "metric"}
    )


def _each_day(results: Mapping[str, Sequence[Any]]) -> list[tuple[Any, ...]]:
    return list(zip(*(_listed(values) for values in results.values()), strict=True))


def _listed(values: Any) -> list[Any]:  # noqa: ANN401
    return list(values.tolist())


def _names(day: Table, epoch_s: int) -> dict[str, str]:
    """Column names by SKDH's names, the length of the epoch filled in."""
    return {name.format(epoch=epoch_s): column.name for name, column in day.by_skdh().items()}


def _row(
    found: Mapping[str, Any], index: int, outcome: Outcome, step: StepOutcome, zone: ZoneInfo
) -> Row:
    parameters = step.step.parameters
    window = parameters["day_window"]
    start, end = outcome.windows(window)[index]
    names = _names(table(parameters), parameters["short_wlen"])
    values = {names[name]: value for name, value in found.items()}
    date = local_date(start, zone, window[0] if window else 0)
    return {
        **_computed_only(values, sleep=outcome.sleep is not None),
        "date": date,
        "calendar_h": calendar_hours(date, zone, *window) if window else None,
        "reason": _reason(values, parameters["min_wear_time"]),
        "sleep_excluded": outcome.sleep is not None,
        **both("window_start", start, zone),
        **both("window_end", end, zone),
    }


def _reason(values: Mapping[str, Any], min_wear_h: int) -> str | None:
    if values["worn_h"] < min_wear_h:
        return "worn_too_short"
    return "no_waking_wear" if values["wake_dfa_alpha"] == 0 else None


def _computed_only(values: Mapping[str, Any], *, sleep: bool) -> dict[str, Any]:
    """Null where SKDH left a placeholder: it starts every measure of a worn day from 0.

    No such measure can be 0 once it is computed: an exponent or a spectral sum of 0 needs a
    signal of nothing, a bout lasts a minute or more, and a worn device always moves.
    """
    empty: set[str] = set()
    if not sleep:
        empty |= {name for name in values if name.startswith("sleep_")}
    if values["wake_dfa_alpha"] == 0:
        empty |= {name for name in values if name.startswith("wake_")}
    empty |= {
        name
        for name in values
        if re.fullmatch(r"wake_(max|min)_acc_.*", name) and values[name] == 0
    }
    for minutes in FEATURE_WINDOWS_MIN:
        if values[f"wake_power_spectral_sum_{minutes}min"] == 0:
            empty |= {f"wake_{name}_{minutes}min" for name, _ in _FEATURES}
    for level in ("sed", "SLPA", "MVPA"):
        columns = [column.name for column in _fragmentation(level)]
        if values[columns[0]] == 0:
            empty |= set(columns)
    return {name: None if name in empty else value for name, value in values.items()}
