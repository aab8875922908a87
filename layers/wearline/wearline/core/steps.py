"""The steps of a pipeline for one recording: its choices by value, made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from wearline.core.pipelines import FROM, Pipeline, choice_source


class NoCaseForValue(Exception):
    """A parameter is chosen by a value that the configuration has no case for."""

    def __init__(
        self, process: str, parameter: str, source: str, value: str | None, cases: tuple[str, ...]
    ) -> None:
        self.process = process
        self.parameter = parameter
        self.source = source
        self.value = value
        self.cases = cases
        found = f"is '{value}'" if value is not None else "is not known"
        super().__init__(
            f"The {parameter} of {process} is chosen by {source}, which {found}; "
            f"the cases are {', '.join(cases)}. Add a case, or correct the {source}."
        )


def resolve_steps(pipeline: Pipeline, context: Mapping[str, object]) -> list[dict[str, Any]]:
    """The steps as a plan holds them. `context` has the location, key fields, metadata values.

    Raises NoCaseForValue where a choice has no case for this recording.
    """
    return [
        {
            "process": step.process,
            "parameters": {
                name: _resolved(step.process, name, parameter, context)
                for name, parameter in step.parameters.items()
            },
        }
        for step in pipeline.steps
    ]


def _resolved(
    process: str, name: str, parameter: JsonValue, context: Mapping[str, object]
) -> JsonValue:
    source = choice_source(parameter)
    if source is None or not isinstance(parameter, dict):
        return parameter
    value = context.get(source)
    text = None if value is None else str(value)
    if text is None or text == FROM or text not in parameter:
        raise NoCaseForValue(process, name, source, text, tuple(cases(parameter)))
    return parameter[text]


def cases(choice: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The values of a choice and what each gives."""
    return {value: given for value, given in choice.items() if value != FROM}
