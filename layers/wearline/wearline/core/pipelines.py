"""Pipelines of a study configuration: the steps that a processor release runs in order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from wearline.core.model import Model, form

Version = Annotated[str, form(r"[0-9]+(\.[0-9]+)*", "a version such as 0.17.18")]
FROM = "from"


class Step(Model):
    """One SKDH process with its parameters.

    A parameter may be a choice by value: `{from: location, left_wrist: ..., right_wrist: ...}`.
    """

    process: str
    parameters: dict[str, JsonValue] = Field(default_factory=dict)


def normalised_step(written: object) -> object:
    """`Sleep`, and `{Sleep: {...}}`, as `{"process": "Sleep", "parameters": {...}}`."""
    if isinstance(written, str):
        return {"process": written}
    if isinstance(written, dict) and len(written) == 1 and "process" not in written:
        [(process, parameters)] = written.items()
        return {"process": process, "parameters": {} if parameters is None else parameters}
    return written


class Pipeline(Model):
    """`steps` follow reading and quality, with which every run begins; none just reads.

    A `definition` names the file that SKDH saved, relative to the study file. Checking the study
    reads it into `steps`, so that whatever is deployed has them.
    """

    skdh: Version
    release: str | None = None
    engine: Literal["lean", "stock"] = "lean"
    definition: str | None = None
    steps: tuple[Annotated[Step, BeforeValidator(normalised_step)], ...]
    requires: tuple[str, ...] = ()

    @property
    def processor_release(self) -> str:
        """The release that runs it: the one named, or the plain one of its SKDH version."""
        return self.release or f"skdh-{self.skdh}"


def choice_source(parameter: JsonValue) -> str | None:
    """What a parameter is chosen by (`location`, a field, a metadata value), if it is a choice."""
    source = parameter.get(FROM) if isinstance(parameter, dict) else None
    return source if isinstance(source, str) else None
