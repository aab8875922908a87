"""Strides: every measure that GaitLumbar gives of one gait cycle."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from wearline_processor.engine import Outcome
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

# name, SKDH's name, unit, meaning; each has an asymmetry beside it
_SYMMETRIC = (
    ("stride_time_s", "stride time", "s", "From initial contact to the next of the same foot"),
    ("stance_time_s", "stance time", "s", "Time that the foot is on the ground"),
    ("swing_time_s", "swing time", "s", "Time that the foot is in the air"),
    ("step_time_s", "step time", "s", "From initial contact to that of the other foot"),
    (
        "initial_double_support_s",
        "initial double support",
        "s",
        "Both feet on the ground, at the start of stance",
    ),
    (
        "terminal_double_support_s",
        "terminal double support",
        "s",
        "Both feet on the ground, at the end of stance",
    ),
    ("double_support_s", "double support", "s", "Both feet on the ground"),
    ("single_support_s", "single support", "s", "One foot on the ground"),
    ("step_length_m", "step length", "m", "Length of the step, model 2 (Zijlstra, corrected)"),
    ("stride_length_m", "stride length", "m", "Length of the stride, model 2"),
    ("gait_speed_m_s", "gait speed", "m/s", "Speed over the stride, model 2"),
    ("step_length_model1_m", "step length m1", "m", "Length of the step, model 1 (pendulum)"),
    ("stride_length_model1_m", "stride length m1", "m", "Length of the stride, model 1"),
    ("gait_speed_model1_m_s", "gait speed m1", "m/s", "Speed over the stride, model 1"),
)
_SINGLE = (
    ("vertical_travel_m", "m2 delta h", "m", "Vertical travel of the trunk in the step, model 2"),
    (
        "vertical_travel_stance_m",
        "m2 delta h prime",
        "m",
        "Vertical travel in double support, model 2",
    ),
    ("vertical_travel_model1_m", "m1 delta h", "m", "Vertical travel in the step, model 1"),
    ("cadence_steps_min", "cadence", "1/min", "Steps a minute at this step's time"),
    (
        "intra_step_covariance",
        "intra-step covariance - V",
        None,
        "Likeness of this step and the next, vertical",
    ),
    (
        "intra_stride_covariance",
        "intra-stride covariance - V",
        None,
        "Likeness of this stride and the next, vertical",
    ),
    ("harmonic_ratio", "harmonic ratio - V", None, "Smoothness of the stride, vertical"),
    ("stride_sparc", "stride SPARC", None, "Smoothness of the stride, spectral arc length"),
)


def _symmetric(name: str, skdh: str, unit: str, meaning: str) -> tuple[Column, Column]:
    asymmetry = f"{name.removesuffix('_' + _suffix(unit))}_asymmetry_{_suffix(unit)}"
    return (
        Column(name, "number", f"{meaning}.", unit, skdh),
        Column(
            asymmetry, "number", f"{skdh.capitalize()}: next minus this.", unit, f"{skdh} asymmetry"
        ),
    )


def _suffix(unit: str) -> str:
    return unit.replace("/", "_")


TABLE = Table(
    "stride",
    "Each gait cycle that passed SKDH's quality control, null where it has no next contact.",
    sealed(
        [
            Column("stride_n", "integer", "Number of the stride in its bout, from 1."),
            Column(
                "gait_bout_n", "integer", "Number of its bout in the day, from 1.", None, "Bout N"
            ),
            Column(
                "day_n", "integer", "Number of its day in the recording, from 1.", None, "Day N"
            ),
        ],
        instants("initial_contact", "Initial contact of the foot"),
        [
            Column(
                "initial_contact_in_bout_s",
                "number",
                "Time since the start of the bout.",
                "s",
                "IC Rel Timestamp",
            ),
            Column(
                "turn",
                "integer",
                "0 no turn, 1 a turn at one contact, 2 at both; null without a gyroscope.",
                None,
                "Turn",
            ),
        ],
        [column for measure in _SYMMETRIC for column in _symmetric(*measure)],
        [
            Column(name, "number", f"{meaning}.", unit, skdh)
            for name, skdh, unit, meaning in _SINGLE
        ],
    ),
    process="GaitLumbar",
)


def rows(outcome: Outcome, zone: ZoneInfo) -> list[Row]:
    """A row for each stride, in SKDH's order: by day, bout, time."""
    step = outcome.find("GaitLumbar")
    if step is None:
        return []
    columns = {
        name: column.name for name, column in TABLE.by_skdh().items() if name in step.results
    }
    table_rows: list[Row] = []
    bout, number = None, 0
    for index, instant in enumerate(step.results["IC Timestamp"]):
        row = {name: step.results[skdh][index] for skdh, name in columns.items()}
        number = number + 1 if bout == (row["day_n"], row["gait_bout_n"]) else 1
        bout = (row["day_n"], row["gait_bout_n"])
        turn = None if row["turn"] == -1 else row["turn"]
        table_rows.append(
            {**row, "stride_n": number, "turn": turn, **both("initial_contact", instant, zone)}
        )
    return table_rows
