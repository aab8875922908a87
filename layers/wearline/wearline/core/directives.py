"""What a person directs for one pipeline of a file: another run, or another attempt.

A directive names the standing that it was given for. Where that is no longer so, it does
nothing; so it may come twice, late, or never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wearline.core.ledger import PipelineRow


@dataclass(frozen=True, slots=True)
class NewRun:
    """An applied plan: ``run_id`` shall take the place of a run that succeeded at ``since``."""

    pipeline: str
    instead_of: str
    since: str
    run_id: str

    def stands(self, row: PipelineRow | None) -> bool:
        return row is not None and (row.disposition, row.run_id, row.since) == (
            "succeeded", self.instead_of, self.since,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """A retry: the failed attempt of ``run_id`` shall have a successor."""

    pipeline: str
    run_id: str
    attempt: int

    def stands(self, row: PipelineRow | None) -> bool:
        return row is not None and (row.disposition, row.run_id, row.attempt) == (
            "failed", self.run_id, self.attempt,
        )  # fmt: skip


Directive = NewRun | NextAttempt
_KINDS: Mapping[str, type[Directive]] = {"new_run": NewRun, "next_attempt": NextAttempt}


def as_message(directive: Directive, study: str, bucket: str, key: str) -> dict[str, Any]:
    """The body that takes a directive to the file, by way of the backlog."""
    kind = next(name for name, each in _KINDS.items() if isinstance(directive, each))
    return {
        "source": "wearline.person",
        "study": study,
        "bucket": bucket,
        "key": key,
        "directive": {"kind": kind, **asdict(directive)},
    }


def of_message(body: Mapping[str, Any]) -> Directive | None:
    """The directive in a message, if there is one. Raises KeyError or TypeError."""
    if "directive" not in body:
        return None
    told = dict(body["directive"])
    return _KINDS[told.pop("kind")](**told)
