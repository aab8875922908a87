"""What a processor release can run: formats, processes and the signature of each parameter.

The files in `wearline/releases` are generated from the pinned release, so that a configuration is
checked where no SKDH is installed.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

Kind = Literal["number", "integer", "boolean", "string", "list", "object"]


class _Signature(BaseModel):
    # A newer generator may say more than this reader needs.
    model_config = ConfigDict(frozen=True, extra="ignore")


class ParameterSignature(_Signature):
    """`or_choices` are values beside the kind; `items` and `length` are of a list's items."""

    type: Kind
    default: JsonValue = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[JsonValue, ...] | None = None
    or_choices: tuple[JsonValue, ...] | None = None
    multiple_of: int | None = None
    items: Kind | None = None
    length: int | None = None
    keys: tuple[str, ...] | None = None
    nullable: bool = False


class ProcessSignature(_Signature):
    """`refused` are SKDH's parameters that Wearline does not take, with the reason.

    `requires` and `provides` name signals, such as accel, temperature, height, day_windows or
    gait_bouts. `day_window` names the parameter that must be one of the day windows made before.
    The `saved_` parts are what SKDH writes into a saved pipeline: its defaults, names other than
    those it takes, and tables in place of their names.
    """

    module: str
    parameters: dict[str, ParameterSignature] = {}
    refused: dict[str, str] = {}
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    day_window: str | None = None
    saved_defaults: dict[str, JsonValue] = {}
    saved_as: dict[str, str] = {}
    saved_values: dict[str, dict[str, JsonValue]] = {}


class FormatSignature(_Signature):
    """The signals that recordings of a format can hold."""

    provides: tuple[str, ...]


class Release(_Signature):
    release: str
    skdh: str
    hash: str
    formats: dict[str, FormatSignature]
    processes: dict[str, ProcessSignature]
    findings: tuple[str, ...] = ()


@cache
def known_releases() -> tuple[str, ...]:
    """The releases whose signatures are part of this installation."""
    names = (entry.name for entry in resources.files("wearline").joinpath("releases").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


@cache
def release_signature(release: str) -> Release:
    """The signature of a known release. Raises KeyError for another."""
    if release not in known_releases():
        raise KeyError(release)
    source = resources.files("wearline").joinpath("releases", f"{release}.json")
    return Release.model_validate_json(source.read_bytes())
