"""What a plan may ask for: checked again in the worker, against the signature of the release."""

from __future__ import annotations

import inspect
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline_processor.errors import ParameterInvalid, StepsDisconnected
from wearline_processor.processes import CUTPOINTS, PROCESSES, Parameter
from wearline_processor.steps import connect, defaults, parse, process_class, violation

DAYS = {"process": "GetDayWindowIndices", "parameters": {"bases": [0, 12], "periods": [24, 24]}}
ALWAYS = {"time", "accel", "fs", "tz_name"}


@pytest.mark.parametrize("name", PROCESSES)
def test_every_parameter_of_the_release_is_allowed_or_refused_with_a_reason(name: str) -> None:
    process = PROCESSES[name]
    signature = inspect.signature(process_class(process).__init__)
    assert set(signature.parameters) - {"self"} == {*process.parameters, *process.refused}
    assert not set(process.parameters) & set(process.refused)


@pytest.mark.parametrize("name", sorted(set(PROCESSES) - {"GetDayWindowIndices"}))
def test_defaults_of_the_release_pass_their_own_check(name: str) -> None:
    process = PROCESSES[name]
    for parameter, value in defaults(process).items():
        assert violation(process.parameters[parameter], value) is None, parameter


def test_day_windows_have_no_default_that_makes_any() -> None:
    with pytest.raises(ParameterInvalid, match="same length"):
        parse([{"process": "GetDayWindowIndices"}])


@pytest.mark.parametrize("name", CUTPOINTS)
def test_allowed_cut_points_are_taken_as_they_are(name: str) -> None:
    parameters: dict[str, Any] = {"cutpoints": name}
    if name == "white_met":
        parameters["short_wlen"] = 60
    (step,) = parse([{"process": "ActivityLevelClassification", "parameters": parameters}])
    levels = step.build().cutpoints
    from skdh.activity.cutpoints import _base_cutpoints

    assert levels is _base_cutpoints[name]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("Slep", {}, "Do you mean 'Sleep'"),
    ("os.system", {}, "no step 'os.system'"),
    ("Sleep", {"min_rest_blok": 3}, "Do you mean 'min_rest_block'"),
    ("Sleep", {"start_buffer": 60}, "accepts it and ignores it"),
    ("Sleep", {"add_active_time": 1.0}, "no run could be made again"),
    ("Sleep", {"min_wear_time": 300}, "at most 24"),
    ("Sleep", {"day_window": None}, "null is not allowed"),
    ("Sleep", {"day_window": [12]}, "a list of 2"),
    ("Sleep", {"tso_factor": float("nan")}, "must be a number"),
    ("Sleep", {"downsample": 1}, "true or false"),
    ("CtaWearDetection", {"window_skip": 2}, "accepts it and ignores it"),
    ("CtaWearDetection", {"window_length": 1.5}, "a whole number"),
    ("CalibrateAccelerometer", {"min_hours": 20}, "multiple of 12"),
    ("CalibrateAccelerometer", {"min_hours": True}, "a whole number"),
    ("ActivityLevelClassification", {"cutpoints": "esliger_rwrist_adult"}, "esliger_rwirst_adult"),
    ("ActivityLevelClassification", {"cutpoints": "vaha-ypya_hip_adult"}, "must be one of"),
    ("ActivityLevelClassification", {"cutpoints": "white_met"}, "need short_wlen: 60"),
    ("ActivityLevelClassification", {"bout_metric": 5}, "must be one of 1, 2, 3, 4"),
    ("ActivityLevelClassification", {"short_wlen": 7}, "must be one of"),
    ("ActivityLevelClassification", {"closed_bout": True}, "only bout_metric: 1 heeds"),
    ("ActivityLevelClassification", {"bout_lens": []}, "must be a list"),
    ("GaitLumbar", {"gait_event_method": "AP"}, "must be one of AP CWT, Vertical CWT"),
    ("GaitLumbar", {"bout_processing_pipeline": "x"}, "cannot be checked"),
    ("Sit2Stand", {"thresholds": {"speed": 1}}, "'speed' is not one of"),
    ("Sit2Stand", {"thresholds": {"stand displacement": "far"}}, "must be a number"),
    ("Sit2Stand", {"power_std_trim": 0.5}, "accepts it and ignores it"),
    ("DETACH", {"window_size": 20}, "at most 15"),
    ("GetDayWindowIndices", {"bases": [0, 12], "periods": [24]}, "same length"),
]


@pytest.mark.parametrize(("process", "parameters", "said"), REFUSED)
def test_what_skdh_would_replace_or_ignore_is_refused(
    process: str, parameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(ParameterInvalid) as refusal:
        parse([{"process": process, "parameters": parameters}])
    assert said in refusal.value.sentence
    assert refusal.value.code == "parameter_invalid"


def test_a_step_twice_is_refused() -> None:
    with pytest.raises(ParameterInvalid, match="comes twice"):
        parse([{"process": "Sleep"}, {"process": "Sleep"}])


@pytest.mark.parametrize(
    ("process", "value"),
    [("DETACH", "scaled"), ("DETACH", 4)],
)
def test_words_beside_numbers_are_taken(process: str, value: Any) -> None:
    (step,) = parse([{"process": process, "parameters": {"window_size": value}}])
    assert step.parameters["window_size"] == value


@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())
    )
)
def test_any_value_is_judged_without_an_error(value: Any) -> None:
    for process in PROCESSES.values():
        for parameter in process.parameters.values():
            assert (
                violation(parameter, value) is None or value is not None or not parameter.nullable
            )


def test_true_is_no_one() -> None:
    assert violation(Parameter("integer", or_choices=(1,)), True) is not None


CONNECTED: list[tuple[list[dict[str, Any]], set[str]]] = [
    ([DAYS, {"process": "Sleep"}], set()),
    ([{"process": "FillGaps"}, DAYS, {"process": "Sleep"}], set()),
    ([DAYS, {"process": "CtaWearDetection"}, {"process": "Sleep"}], {"temperature"}),
    ([{"process": "ActivityLevelClassification", "parameters": {"day_window": None}}], set()),
    ([DAYS, {"process": "PredictGaitLumbarLgbm"}, {"process": "GaitLumbar"}], {"height"}),
]


@pytest.mark.parametrize(("steps", "signals"), CONNECTED)
def test_steps_that_find_what_they_need_connect(
    steps: list[dict[str, Any]], signals: set[str]
) -> None:
    connect(parse(steps), ALWAYS | signals)


DISCONNECTED: list[tuple[list[dict[str, Any]], set[str], str, str]] = [
    ([{"process": "Sleep"}], set(), "day_windows", "12 in bases and 24 in periods"),
    (
        [
            {"process": "GetDayWindowIndices", "parameters": {"bases": [0], "periods": [24]}},
            {"process": "Sleep"},
        ],
        set(),
        "day_windows",
        "begin at 12:00",
    ),
    ([{"process": "Sleep"}, DAYS], set(), "day_windows", "no earlier step makes them"),
    ([DAYS, {"process": "FillGaps"}], set(), "to be first", "must be the first step"),
    ([{"process": "CtaWearDetection"}], set(), "temperature", "the recording has none"),
    ([{"process": "DETACH"}], set(), "temperature", "AccelThresholdWearDetection"),
    ([DAYS, {"process": "GaitLumbar"}], {"height"}, "gait_bouts", "add PredictGaitLumbarLgbm"),
    (
        [DAYS, {"process": "PredictGaitLumbarLgbm"}, {"process": "GaitLumbar"}],
        set(),
        "height",
        "add height to the metadata",
    ),
]


@pytest.mark.parametrize(("steps", "signals", "needs", "said"), DISCONNECTED)
def test_steps_that_lack_something_are_refused_with_what_to_add(
    steps: list[dict[str, Any]], signals: set[str], needs: str, said: str
) -> None:
    with pytest.raises(StepsDisconnected) as refusal:
        connect(parse(steps), ALWAYS | signals)
    assert refusal.value.needs == needs
    assert said in refusal.value.sentence


def test_steps_are_built_afresh_each_time() -> None:
    (step,) = parse([{"process": "ActivityLevelClassification"}])
    assert step.build() is not step.build()


def test_min_wear_time_of_sleep_is_in_hours(sleepless: Any) -> None:
    """SKDH documents minutes; were they minutes, 2 would keep every night."""
    results = sleepless(min_wear_time=2)
    assert len(results["TSO Duration"]) == 1
    assert all(math.isnan(value) for value in results["TSO Duration"])


@pytest.fixture
def sleepless() -> Any:
    """Sleep over 8 hours of which 90 minutes were worn."""
    import numpy as np

    def results(**parameters: Any) -> Any:
        samples = 8 * 3600 * 20
        (step,) = parse([{"process": "Sleep", "parameters": parameters}])
        return step.build().predict(
            time=1.7e9 + np.arange(samples) / 20,
            accel=np.tile([0.0, 0.0, 1.0], (samples, 1)),
            fs=20.0,
            wear=np.array([[0, 90 * 60 * 20]]),
            day_ends={(12, 24): np.array([[0, samples - 1]])},
            tz_name="UTC",
        )

    return results
