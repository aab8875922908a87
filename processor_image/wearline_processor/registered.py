"""What a release allows as steps: SKDH's processes, and algorithms of the team's own.

A release registers an algorithm in its `processes.json` (docs/releases.md): the module and class,
from a package that the release's lock file installs, its parameters, and the table that its
results become. Nothing else is ever imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from wearline_processor.errors import RegistrationInvalid
from wearline_processor.processes import PROCESSES, Parameter, Process
from wearline_processor.release import REGISTERED, RELEASES, installed

_TUPLES = ("choices", "or_choices", "keys")


@cache
def allowed() -> Mapping[str, Process]:
    """Every process that a step may name, by that name.

    Raises RegistrationInvalid when an algorithm takes the name of a process of SKDH, or is not
    registered as docs/releases.md says.
    """
    try:
        own = {name: _process(name, facts) for name, facts in registrations().items()}
    except (KeyError, TypeError, AttributeError) as problem:
        raise RegistrationInvalid(f"it is not of the shape ({problem})") from problem
    if taken := PROCESSES.keys() & own.keys():
        raise RegistrationInvalid(f"{min(taken)} is the name of a process of SKDH")
    return {**PROCESSES, **own}


@cache
def registrations() -> Mapping[str, Mapping[str, Any]]:
    """The algorithms of the team's own in the installed release, as they are written."""
    path = RELEASES / installed() / REGISTERED
    try:
        written = json.loads(path.read_text("utf-8")) if path.exists() else {}
    except ValueError as problem:
        raise RegistrationInvalid(f"it is not JSON ({problem})") from problem
    if not isinstance(written, dict):
        raise RegistrationInvalid("it is not a mapping of algorithms by their names")
    return written


def _process(name: str, facts: Mapping[str, Any]) -> Process:
    return Process(
        name,
        facts["module"],
        {each: _parameter(given) for each, given in facts.get("parameters", {}).items()},
        requires=tuple(facts["requires"]),
        provides=tuple(facts.get("provides", ())),
        day_window=facts.get("day_window"),
        tables=(facts["table"]["name"],),
    )


def _parameter(facts: Mapping[str, Any]) -> Parameter:
    given: dict[str, Any] = dict(facts)
    given |= {name: tuple(given[name]) for name in _TUPLES if name in given}
    return Parameter(**given)
