"""The steps of a plan: checked against the allow-list, connected, and built as SKDH objects.

Nothing is imported because a plan names it: a name is looked up in what the release allows
(`registered.allowed`), and the class comes from there.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from wearline_processor.errors import ParameterInvalid, RegistrationInvalid, StepsDisconnected
from wearline_processor.processes import Parameter, Process
from wearline_processor.registered import allowed

FILLS_GAPS = "FillGaps"
_FIRST = (
    "FillGaps must be the first step: it moves samples, and days or wear that were found before "
    "would lie elsewhere."
)


@dataclass(frozen=True)
class Step:
    """A process and the parameters that the plan gives it; the rest are the release's defaults."""

    process: Process
    given: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.process.name

    @property
    def parameters(self) -> dict[str, Any]:
        """Every parameter with its value, given or default, in the order of SKDH's signature."""
        return {**defaults(self.process), **self.given}

    def build(self) -> Any:  # noqa: ANN401 - SKDH publishes no types
        """A fresh SKDH object: its processes keep state between recordings."""
        return process_class(self.process)(**self.given)


def process_class(process: Process) -> Any:  # noqa: ANN401
    """The class of an allowed process. Raises RegistrationInvalid for what is no SKDH process."""
    from skdh import BaseProcess

    found = getattr(import_module(process.module), process.name)
    if not issubclass(found, BaseProcess):
        raise RegistrationInvalid(f"{process.name} does not derive from skdh.BaseProcess")
    return found


def defaults(process: Process) -> dict[str, Any]:
    """The allowed parameters and their defaults, from the signature of the pinned release."""
    signature = inspect.signature(process_class(process).__init__)
    return {
        name: _plain(parameter.default)
        for name, parameter in signature.parameters.items()
        if name in process.parameters
    }


def parse(steps: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Check every name and value. Raises ParameterInvalid with the nearest allowed word."""
    parsed: list[Step] = []
    for step in steps:
        process = _process(step["process"])
        if any(earlier.name == process.name for earlier in parsed):
            raise ParameterInvalid(
                process.name, None, f"The step {process.name} comes twice; once is enough."
            )
        given = step.get("parameters") or {}
        for name, value in given.items():
            _check_value(process, name, value)
        parsed.append(Step(process, dict(given)))
    for step_ in parsed:
        _check_together(step_)
    return parsed


def connect(steps: Sequence[Step], signals: Iterable[str]) -> None:
    """Check that each step finds what it needs in `signals` or from an earlier step.

    Raises StepsDisconnected with the sentence that says what to add.
    """
    present = set(signals)
    windows: list[tuple[int, int]] = []
    for step in steps:
        if step.name == FILLS_GAPS and step is not steps[0]:
            raise StepsDisconnected(step.name, needs="to be first", sentence=_FIRST)
        for needed in step.process.requires:
            if needed == "day_windows":
                _check_window(step, windows)
            elif needed not in present:
                raise StepsDisconnected(step.name, needs=needed, sentence=_missing(step, needed))
        if step.name == "GetDayWindowIndices":
            windows = _windows(step)
        present.update(step.process.provides)


def _process(name: str) -> Process:
    processes = allowed()
    if name not in processes:
        raise ParameterInvalid(
            name, None, f"There is no step {name!r} in this release.{_nearest(name, processes)}"
        )
    return processes[name]


def _check_value(process: Process, name: str, value: Any) -> None:  # noqa: ANN401
    if name in process.refused:
        raise ParameterInvalid(
            process.name, name, f"{process.name} takes no {name}: {process.refused[name]}."
        )
    known = defaults(process)
    if name not in known:
        raise ParameterInvalid(
            process.name,
            name,
            f"{process.name} has no parameter {name!r}.{_nearest(name, known)}",
        )
    problem = violation(process.parameters[name], value)
    if problem:
        raise ParameterInvalid(
            process.name, name, f"{process.name}: {name} is {value!r}, and {problem}."
        )


def violation(parameter: Parameter, value: Any) -> str | None:  # noqa: ANN401
    """What is wrong with `value`, as the end of a sentence, or None."""
    if value is None:
        return None if parameter.nullable else "null is not allowed"
    if parameter.or_choices and any(_same(value, choice) for choice in parameter.or_choices):
        return None
    if parameter.type == "list":
        return _list_violation(parameter, value)
    if parameter.type == "object":
        return _object_violation(parameter, value)
    return _scalar_violation(parameter, parameter.type, value)


def _scalar_violation(parameter: Parameter, kind: str, value: Any) -> str | None:  # noqa: ANN401
    if not _is(kind, value):
        return f"it must be {_KINDS[kind]}"
    if parameter.choices is not None and value not in parameter.choices:
        words = [str(choice) for choice in parameter.choices]
        near = get_close_matches(str(value), words, n=1)
        hint = f"; the nearest is {near[0]}" if near else ""
        return f"it must be one of {', '.join(words)}{hint}"
    if parameter.minimum is not None and value < parameter.minimum:
        return f"it must be at least {parameter.minimum:g}"
    if parameter.maximum is not None and value > parameter.maximum:
        return f"it must be at most {parameter.maximum:g}"
    if parameter.multiple_of is not None and value % parameter.multiple_of:
        return f"it must be a multiple of {parameter.multiple_of}"
    return None


def _list_violation(parameter: Parameter, value: Any) -> str | None:  # noqa: ANN401
    if not isinstance(value, list) or not value:
        return "it must be a list"
    if parameter.length is not None and len(value) != parameter.length:
        return f"it must be a list of {parameter.length}"
    problems = (_scalar_violation(parameter, parameter.items or "number", item) for item in value)
    return next((f"of each item, {problem}" for problem in problems if problem), None)


def _object_violation(parameter: Parameter, value: Any) -> str | None:  # noqa: ANN401
    keys = parameter.keys or ()
    if not isinstance(value, Mapping):
        return "it must be a mapping"
    for key, number in value.items():
        if key not in keys:
            return f"{key!r} is not one of {', '.join(keys)}"
        if not _is("number", number):
            return f"{key!r} must be a number"
    return None


def _check_together(step: Step) -> None:
    """Values that are each fine, and together not."""
    values = step.parameters
    problem: tuple[str, str] | None = None
    if step.name == "GetDayWindowIndices":
        bases, periods = values["bases"], values["periods"]
        if not bases or not periods or len(bases) != len(periods):
            problem = ("bases", "bases and periods must be lists of the same length")
    elif step.name == "ActivityLevelClassification":
        if values["cutpoints"] == "white_met" and values["short_wlen"] != 60:
            problem = ("short_wlen", "the cut points white_met need short_wlen: 60")
        elif values["closed_bout"] and values["bout_metric"] != 1:
            problem = ("closed_bout", "only bout_metric: 1 heeds closed_bout")
    if problem:
        raise ParameterInvalid(step.name, problem[0], f"{step.name}: {problem[1]}.")


def _windows(step: Step) -> list[tuple[int, int]]:
    values = step.parameters
    return list(zip(values["bases"], values["periods"], strict=True))


def _check_window(step: Step, windows: list[tuple[int, int]]) -> None:
    wanted = step.parameters[step.process.day_window or "day_window"]
    if wanted is None or tuple(wanted) in windows:
        return
    base, period = wanted
    raise StepsDisconnected(
        step.name,
        needs="day_windows",
        sentence=f"{step.name} works on days that begin at {base:02d}:00 and last {period} hours, "
        f"and no earlier step makes them: add GetDayWindowIndices with {base} in bases and "
        f"{period} in periods before it.",
    )


_ADVICE = {
    "temperature": "the recording has none; use a wear detection without temperature "
    "(AccelThresholdWearDetection or CountWearDetection)",
    "gyro": "the recording has none",
    "height": "add height to the metadata and to `requires` of the pipeline, or SKDH would "
    "silently leave out every length and speed",
    "gait_bouts": "add PredictGaitLumbarLgbm before it, or SKDH would take the whole recording "
    "for walking",
}


def _missing(step: Step, needed: str) -> str:
    advice = _ADVICE.get(needed, "the recording has none")
    return f"{step.name} needs {needed.replace('_', ' ')}: {advice}."


_KINDS = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "a word",
}


def _is(kind: str, value: Any) -> bool:  # noqa: ANN401
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and math.isfinite(value)


def _same(value: Any, choice: Any) -> bool:  # noqa: ANN401
    """Equal and of one type: True is no 1."""
    return type(value) is type(choice) and bool(value == choice)


def _nearest(word: Any, words: Iterable[str]) -> str:  # noqa: ANN401
    near = get_close_matches(str(word), list(words), n=1)
    return f" Do you mean {near[0]!r}?" if near else ""


def _plain(value: Any) -> Any:  # noqa: ANN401 - tuples become lists, as JSON has them
    return list(value) if isinstance(value, tuple) else value
