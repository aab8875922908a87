"""The plan file: what applying it would change, why, and what it rests on.

Canonical JSON. It names the revs of the rows that it was made from, so that applying it can
tell whether the world has moved on; and it says all that apply will do, and no more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wearline.core.changes import Difference
from wearline.core.directives import NewRun
from wearline.core.estimates import Estimate, total
from wearline.core.planning import Compared, Standing
from wearline.core.plans import canonical_json

SCHEMA = "wearline.change/1"
# What the file lists, and what of it must still be so when it is applied.
LISTED: tuple[Standing, ...] = ("changed", "new", "unwanted", "lacking", "under_way")
RESTED_ON: tuple[Standing, ...] = ("changed", "unwanted", "lacking")


class PlanFileInvalid(ValueError):
    """A file that is no plan file of this version of Wearline."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry: a pipeline of a file whose standing is not ``unchanged``."""

    compared: Compared
    because: Sequence[Difference] = ()
    estimate: Estimate = field(default_factory=Estimate)

    def as_json(self) -> dict[str, Any]:
        row, before, plan = self.compared.row, self.compared.before, self.compared.plan
        return {
            "bucket": row.bucket,
            "key": row.key,
            "rev": row.rev,
            "pipeline": self.compared.pipeline,
            "standing": self.compared.standing,
            "run": before.run_id if before else None,
            "since": before.since if before else None,
            "becomes": plan.run_id if plan else None,
            "because": [each.sentence for each in self.because] or [self.compared.why],
            "hours": round(self.estimate.hours, 4),
            "usd": round(self.estimate.usd, 4),
        }


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan was made from: the study's rev, and the configuration that it asks for.

    ``configuration_file`` is the file that ``--config`` named, which apply deploys first.
    """

    study: str
    study_rev: int
    configuration_sha256: str
    configuration_file: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "study_rev": self.study_rev,
            "configuration_sha256": self.configuration_sha256,
            "configuration_file": self.configuration_file,
        }


def document(basis: Basis, standings: Counter[str], changes: Iterable[Change]) -> dict[str, Any]:
    """The plan as its file holds it; the same world gives the same bytes."""
    listed = list(changes)
    costs = total(each.estimate for each in listed)
    return {
        "schema": SCHEMA,
        "study": basis.study,
        "rests_on": basis.as_json(),
        "standings": dict(standings),
        "changes": [each.as_json() for each in listed],
        "estimate": {"hours": round(costs.hours, 2), "usd": round(costs.usd, 2)},
    }


def as_bytes(document: Mapping[str, Any]) -> bytes:
    return canonical_json(document) + b"\n"


def read(content: bytes) -> dict[str, Any]:
    """A plan file's document. Raises PlanFileInvalid."""
    try:
        found = json.loads(content)
        if found["schema"] != SCHEMA:
            raise PlanFileInvalid(f"The file is of schema {found['schema']}, not {SCHEMA}.")
        _ = (found["study"], found["rests_on"]["study_rev"], found["changes"])
    except (ValueError, KeyError, TypeError) as broken:
        if isinstance(broken, PlanFileInvalid):
            raise
        raise PlanFileInvalid("The file is no plan file; wearline plan makes one.") from broken
    return dict(found)


def directives(plan: Mapping[str, Any]) -> Iterator[tuple[str, str, NewRun]]:
    """What apply directs: bucket, key and the new run, for each result that it replaces."""
    for each in plan["changes"]:
        if each["standing"] == "changed":
            yield (
                each["bucket"],
                each["key"],
                NewRun(each["pipeline"], each["run"], each["since"], each["becomes"]),
            )


def moved_on(plan: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is no longer as a plan found it, a sentence each; empty while it stands.

    Files that have no result yet start by themselves with any plan, and do not count.
    """
    found = []
    for name, what in (
        ("study_rev", "The study was deployed since."),
        ("configuration_sha256", "The configuration is another one."),
    ):
        if plan["rests_on"][name] != now["rests_on"][name]:
            found.append(what)
    before, after = _by_place(plan), _by_place(now)
    for place in sorted(before.keys() | after.keys()):
        if before.get(place) != after.get(place):
            bucket, key, pipeline = place
            found.append(f"{pipeline} of s3://{bucket}/{key} has changed.")
    return found


def _by_place(plan: Mapping[str, Any]) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    return {
        (each["bucket"], each["key"], each["pipeline"]): tuple(
            each[name] for name in ("rev", "standing", "run", "becomes")
        )
        for each in plan["changes"]
        if each["standing"] in RESTED_ON
    }
