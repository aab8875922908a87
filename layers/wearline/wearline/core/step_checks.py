"""Do the steps of a pipeline exist, take these parameters, and connect?

SKDH answers each of these mistakes with a warning or with silence, and a result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from wearline.core.faults import Fault, unknown
from wearline.core.parameter_values import value_faults
from wearline.core.pipelines import FROM, Pipeline, Step
from wearline.core.release_signatures import ProcessSignature, Release
from wearline.core.steps import cases

_DAY_WINDOWS, _FILLS_GAPS = "GetDayWindowIndices", "FillGaps"


@dataclass(frozen=True)
class Recording:
    """What is known of the recordings of one file pattern before any has come.

    `names` are the texts a parameter may be chosen by; of a location without fields the one
    possible value is known too.
    """

    pattern: str
    signals: Collection[str]
    names: Collection[str]
    fixed: Mapping[str, str] = field(default_factory=dict)


def parameter_faults(pipeline: Pipeline, release: Release) -> Iterator[Fault]:
    """Unknown steps and parameters, and values that the release does not take."""
    seen: set[str] = set()
    for index, step in enumerate(pipeline.steps):
        place = ("steps", index, step.process)
        signature = release.processes.get(step.process)
        if signature is None:
            what = f"step of {release.release}"
            yield unknown(place, what, step.process, release.processes, on_key=True)
            continue
        if step.process in seen:
            yield Fault(place, f"{step.process} comes twice; once is enough", on_key=True)
        if step.process == _FILLS_GAPS and index:
            sentence = (
                "FillGaps must be the first step: it moves samples, and days or wear that were "
                "found before would lie elsewhere"
            )
            yield Fault(place, sentence, on_key=True)
        seen.add(step.process)
        for fault in (*_step_faults(step, signature), *_together_faults(step, signature)):
            yield fault.below(*place)


def _step_faults(step: Step, signature: ProcessSignature) -> Iterator[Fault]:
    for name, value in step.parameters.items():
        if name in signature.refused:
            reason = signature.refused[name]
            yield Fault((name,), f"{step.process} takes no {name}: {reason}", on_key=True)
        elif name not in signature.parameters:
            what = f"parameter of {step.process}"
            yield unknown((name,), what, name, signature.parameters, on_key=True)
        else:
            for place, case in _each_value(value):
                for fault in value_faults(signature.parameters[name], case):
                    yield fault.below(name, *place)


def _each_value(value: JsonValue) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
    if isinstance(value, dict) and FROM in value:
        yield from (((case,), given) for case, given in cases(value).items())
    else:
        yield (), value


def _together_faults(step: Step, signature: ProcessSignature) -> Iterator[Fault]:
    """Values that are each fine, and together not."""
    values = {name: _value(step, signature, name) for name in signature.parameters}
    if step.process == _DAY_WINDOWS and not _windows(step, signature):
        sentence = "bases and periods must be lists of one length, such as [0, 12] and [24, 24]"
        yield Fault((), sentence, on_key=True)
    if values.get("cutpoints") == "white_met" and values.get("short_wlen") != 60:
        yield Fault(("cutpoints",), "the cut points white_met need short_wlen: 60")
    if values.get("closed_bout") is True and values.get("bout_metric") != 1:
        yield Fault(("closed_bout",), "only bout_metric: 1 heeds closed_bout")


def _value(step: Step, signature: ProcessSignature, name: str) -> JsonValue:
    parameter = signature.parameters.get(name)
    return step.parameters.get(name, parameter.default if parameter else None)


def _windows(step: Step, signature: ProcessSignature) -> list[tuple[JsonValue, JsonValue]]:
    bases, periods = (_value(step, signature, name) for name in ("bases", "periods"))
    if not isinstance(bases, list) or not isinstance(periods, list) or len(bases) != len(periods):
        return []
    return list(zip(bases, periods, strict=True))


def choice_faults(pipeline: Pipeline, recording: Recording) -> Iterator[Fault]:
    """Choices by something that the recordings of a pattern do not have."""
    for index, step in enumerate(pipeline.steps):
        for name, value in step.parameters.items():
            if isinstance(value, dict) and FROM in value:
                for fault in _choice_faults(value, recording):
                    yield fault.below("steps", index, step.process, name)


def _choice_faults(choice: Mapping[str, JsonValue], recording: Recording) -> Iterator[Fault]:
    source = choice[FROM]
    if not cases(choice):
        yield Fault((FROM,), "the choice has no cases; write value: parameter beside from")
    if not isinstance(source, str) or source not in recording.names:
        what = f"field, location or required metadata value of files.{recording.pattern}"
        yield unknown((FROM,), what, str(source), recording.names)
    elif source in recording.fixed and recording.fixed[source] not in cases(choice):
        value = recording.fixed[source]
        yield Fault((FROM,), f"files.{recording.pattern} has {source} '{value}': add a case for it")


def connection_faults(
    pipeline: Pipeline, release: Release, recording: Recording
) -> Iterator[Fault]:
    """Steps whose inputs neither the recordings nor an earlier step make."""
    present = set(recording.signals) | set(pipeline.requires)
    windows: list[tuple[JsonValue, JsonValue]] = []
    for index, step in enumerate(pipeline.steps):
        signature = release.processes.get(step.process)
        if signature is None:
            continue
        place = ("steps", index, step.process)
        for needed in signature.requires:
            if needed == "day_windows":
                sentence = _window_fault(step, signature, windows)
            else:
                sentence = None if _met(needed, present) else _missing(step, needed, recording)
            if sentence:
                yield Fault(place, sentence, on_key=True)
        if step.process == _DAY_WINDOWS:
            windows = _windows(step, signature)
        present.update(signature.provides)


def _met(needed: str, present: Collection[str]) -> bool:
    return needed in present or (needed == "height" and "leg_length" in present)


def _window_fault(
    step: Step, signature: ProcessSignature, windows: list[tuple[JsonValue, JsonValue]]
) -> str | None:
    window = _value(step, signature, signature.day_window or "day_window")
    if not isinstance(window, list) or len(window) != 2 or tuple(window) in windows:
        return None
    base, period = window
    return (
        f"{step.process} works on days that begin at hour {base} and last {period} hours, and no "
        f"earlier step makes them; add {_DAY_WINDOWS} with {base} in bases and {period} in periods"
    )


def _missing(step: Step, needed: str, recording: Recording) -> str:
    advice = {
        "temperature": f"which files.{recording.pattern} does not record; use "
        "AccelThresholdWearDetection or CountWearDetection",
        "height": "or SKDH would leave out every length and speed; add `requires: [height]` "
        "or `requires: [leg_length]` to the pipeline",
        "gait_bouts": "or SKDH would take the whole recording for walking; add "
        "PredictGaitLumbarLgbm before it",
    }.get(needed, f"which files.{recording.pattern} does not record and no earlier step makes")
    return f"{step.process} needs {needed.replace('_', ' ')}, {advice}"
