"""What a data manager decided about recordings, and what it makes of one file.

A decision is kept with the subject that its file's key names, beside the subject's metadata:
one read tells both, and one wake-up serves both. Where a key names no subject, since a device
log does, a decision about that key is kept by the key. It selects recordings as they came, by
key and device log, so that no decision depends on another.

Of decisions that say different things of the same, the later ``date`` counts, then the newer
file, then the later row. Whatever excludes a recording, excludes it; trims all cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from wearline.core.assignments import Assigned, assigned
from wearline.core.ledger import MetadataRow, ObjectRow, Reason, Unmet
from wearline.core.plans import sha256_hex
from wearline.core.resolution import source_instant
from wearline.core.study import StudyConfiguration

Action = Literal["exclude", "accept", "reassign", "trim"]
ACTIONS: tuple[Action, ...] = ("exclude", "accept", "reassign", "trim")
REASSIGNED = ("subject", "visit", "location")
_KEY = "key:"


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of a decisions file. A selector that is None selects whatever is there.

    ``details``: of accept the ``findings``; of reassign any of subject, visit, location; of
    trim ``from`` and ``to``, ISO 8601, without an offset on the wall clock of the recording.
    """

    action: Action
    subject: str | None
    bucket: str | None
    key: str | None
    visit: str | None
    location: str | None
    details: Mapping[str, Any]
    reason: str
    author: str
    date: str

    @property
    def sentence(self) -> str:
        return f"{self.reason} ({self.author}, {self.date})"

    @property
    def entity(self) -> str:
        """What the ledger keeps it with: a subject, or a key that names none."""
        return self.subject or key_entity(self.key or "")

    def selects(self, row: ObjectRow, location: str | None) -> bool:
        """Whether a data file, as it came, is among what the decision names."""
        there = {
            "subject": row.whose.get("subject"),
            "bucket": row.bucket,
            "key": row.key,
            "visit": row.whose.get("visit"),
            "location": location,
        }
        return all(getattr(self, name) in (None, value) for name, value in there.items())


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that applies, and the row of the ledger and of the file that holds it."""

    decision: Decision
    held_by: MetadataRow
    row: int

    @property
    def order(self) -> tuple[str, float, int]:
        newness = source_instant(self.held_by.source).timestamp()
        return (self.decision.date, newness, self.row)

    def origin(self) -> dict[str, Any]:
        """For the plan's origin: who decided what, why, and where it is written."""
        source = asdict(self.held_by.source)
        return {**asdict(self.decision), "source": source, "row": self.row}


@dataclass(frozen=True, slots=True)
class Applying:
    """All decisions that apply to one file, in the order in which they count.

    ``fields`` are the subject and visit that they, or else the device log, say; ``location``
    likewise. ``assigned`` is what the device log says.
    """

    decided: tuple[Decided, ...] = ()
    excluded: Reason | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    location: str | None = None
    accepted: tuple[str, ...] = ()
    assigned: Assigned = field(default_factory=Assigned)

    def of(self, row: ObjectRow) -> ObjectRow:
        """The file as it is to be read: with the subject and visit that were decided."""
        return replace(row, fields={**row.fields, **self.fields}) if self.fields else row

    @property
    def unmet(self) -> Unmet | None:
        """Why nobody can tell whose the file is, though a device log might yet."""
        return None if "subject" in self.fields else self.assigned.unmet

    @property
    def unknown(self) -> Reason | None:
        """Why no device log will ever tell."""
        return None if "subject" in self.fields else self.assigned.unknown

    def trim(self, time_zone: str) -> list[dict[str, str | None]]:
        """What is left after every cut, as a plan holds it: at most one, in UTC."""
        trims = [each.decision.details for each in self.decided if each.decision.action == "trim"]
        if not trims:
            return []
        starts = [_utc(trim["from"], time_zone) for trim in trims if trim["from"]]
        ends = [_utc(trim["to"], time_zone) for trim in trims if trim["to"]]
        start, end = max(starts, default=None), min(ends, default=None)
        return [{"action": "trim", "from": start, "to": end}]


def applying(
    configuration: StudyConfiguration, row: ObjectRow, rows: Iterable[MetadataRow]
) -> Applying:
    """What was decided about a file, and what a device log says of it. ``rows`` may hold
    metadata, and other subjects' too."""
    rows = list(rows)
    told = assigned(configuration, row, rows)
    came = replace(row, assigned=told.said)
    decided = sorted(_decided(configuration, came, rows), key=lambda each: each.order)
    if not decided:
        return Applying(fields=told.fields, location=told.location, assigned=told)
    by_action: dict[str, list[Decision]] = {action: [] for action in ACTIONS}
    for each in decided:
        by_action[each.decision.action].append(each.decision)
    reassigned: dict[str, str] = {}
    for decision in by_action["reassign"]:
        reassigned |= decision.details
    location = reassigned.pop("location", None)
    accepted = {code for decision in by_action["accept"] for code in decision.details["findings"]}
    excluded = by_action["exclude"]
    return Applying(
        decided=tuple(decided),
        excluded=Reason("excluded", excluded[-1].sentence) if excluded else None,
        fields={**told.fields, **reassigned},
        location=location or told.location,
        accepted=tuple(sorted(accepted)),
        assigned=told,
    )


def key_entity(key: str) -> str:
    """What the ledger keeps decisions under whose key names no subject."""
    return f"{_KEY}{sha256_hex(key.encode())[:40]}"


def is_key(entity: str) -> bool:
    return entity.startswith(_KEY)


def decision_value(decision: Decision, row: int) -> tuple[str, dict[str, Any]]:
    """Name and value of a decision in a row of metadata. No metadata value has such a name."""
    return f"decision {row}", {"value": asdict(decision), "row": row}


def decisions_of(rows: Iterable[MetadataRow]) -> Iterator[Decided]:
    """Every decision that stands in rows of metadata."""
    for row in rows:
        for name, said in row.values.items():
            if name.startswith("decision ") and not row.withdrawn:
                yield Decided(Decision(**said["value"]), row, said["row"])


def _decided(
    configuration: StudyConfiguration, row: ObjectRow, rows: Iterable[MetadataRow]
) -> list[Decided]:
    patterns = configuration.decisions_files()
    if not patterns:
        return []
    location = location_of(configuration, row)
    return [
        each
        for each in decisions_of(rows)
        if each.held_by.pattern in patterns and each.decision.selects(row, location)
    ]


def location_of(study: StudyConfiguration, row: ObjectRow) -> str | None:
    """Where the sensor was worn, as far as key and device log say; no metadata value is asked."""
    if "location" in row.assigned:
        return row.assigned["location"]
    pattern = study.data_files().get(row.pattern or "")
    if pattern is None or pattern.location is None:
        return None
    if not set(pattern.location_names) <= row.fields.keys():
        return None
    return pattern.location.format_map(row.fields)


def quality_policy(policy: Mapping[str, Any], accepted: Sequence[str]) -> dict[str, Any]:
    """The study's policy with what was accepted of one recording, whoever would fail on it."""
    if not accepted:
        return dict(policy)
    fail_on = policy["fail_on"]
    return {
        "fail_on": fail_on and [code for code in fail_on if code not in accepted],
        "accept": [*policy["accept"], *(c for c in accepted if c not in policy["accept"])],
    }


def _utc(written: str, time_zone: str) -> str:
    """An instant as ISO 8601 in UTC. Of an hour that comes twice in autumn the first is meant."""
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(time_zone))
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
