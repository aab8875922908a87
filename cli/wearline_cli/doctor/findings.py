"""What a look finds: one line, and the command that mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from wearline_cli.environments import CommandError, Environment, NotDeployed

State = Literal["well", "warning", "ill", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``ill`` keeps work from being done; ``unknown`` could not be seen."""

    state: State
    what: str
    mend: str | None = None


Look = Callable[[Environment], Iterator[Finding]]


def well(what: str) -> Finding:
    return Finding("well", what)


def ill(what: str, mend: str) -> Finding:
    return Finding("ill", what, mend)


def warning(what: str, mend: str) -> Finding:
    return Finding("warning", what, mend)


def examine(there: Environment, looks: dict[str, Look]) -> Iterator[Finding]:
    """Every look's findings. One that AWS refuses is a finding too, and the others go on."""
    for subject, look in looks.items():
        try:
            yield from look(there)
        except (ClientError, BotoCoreError) as refused:
            again = f"AWS_PROFILE=WHO-MAY wearline doctor --env {there.name}"
            yield Finding("unknown", f"{subject}: {refused}", again)
        except NotDeployed:
            continue  # the look at the stack says so
        except CommandError as missing:
            yield Finding("ill", f"{subject}: {missing.message}")


def deployed_again(study: str, there: Environment) -> str:
    """What deploys a study again: the check of the deployment itself comes from no file."""
    from wearline_cli.verification import STUDY

    if study == STUDY:
        return f"wearline deploy {there.name}"
    return f"wearline study deploy FILE --env {there.name}"


def is_ill(findings: list[Finding]) -> bool:
    return any(each.state == "ill" for each in findings)
