"""Which value counts: from what all sources say of a subject to one value, or the reason why not.

The rules, for one required value of one recording:

1. **Statements.** Every row of the recording's subject that holds the value, from every
   metadata file whose pattern provides it, is a statement about an *occasion*: its visit;
   without a visit its date; without both the subject as a whole.
2. **Correction.** For each occasion only the newest source's statements stand. A source is
   as new as the date in its key (``source_date``, at 00:00 UTC where it has no time), or
   where it has none as its LastModified. An empty cell states nothing and corrects nothing.
   Sources equally new stand side by side.
3. **Pick.** The pattern's ``pick`` chooses among the occasions:

   - ``same_visit``: the recording's visit; where nothing is said of that visit, what is said
     without a visit.
   - ``latest_before_recording``: where the pattern has a date column, the statements of the
     latest date up to and including the recording's day. Otherwise those of the latest visit
     in the order of ``expect.visits``, up to and including the recording's own; what is said
     without a visit comes before every visit. Undated statements, and visits outside that
     order, do not take part, except the recording's own visit.
   - ``first``: the earliest date or visit of all, in the same order, whenever the recording was.
   - ``only``: all occasions, which must agree.

   Without a ``pick``: ``same_visit`` where the pattern has a visit column, else ``only``. Where
   patterns differ, the first in the configuration that provides the value decides.
4. **Agreement.** If what was picked differs, the requirement is unmet: ``tie_differs`` where
   sources equally new disagree, ``values_differ`` otherwise. There is no falling back to an
   older source or to another visit.

The outcome depends on what the rows say and not on their order, and a row said twice counts
once. Of sources that agree, the origin is the newest, then the first by bucket, key and row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from wearline.core.file_patterns import MetadataFiles
from wearline.core.ledger import MetadataRow, Source, Unmet

Pick = Literal["same_visit", "latest_before_recording", "first", "only"]
Why = Literal[
    "missing",
    "not_before_recording",
    "recording_undated",
    "order_unknown",
    "tie_differs",
    "values_differ",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: a cell of a version of a metadata file."""

    source: Source
    row: int
    column: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """The value that counts, in the SI ``unit`` (None for what has no unit)."""

    value: float | str | bool
    unit: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Resolution:
    """Each required name is in exactly one of the two."""

    values: Mapping[str, Resolved]
    unmet: tuple[Unmet, ...]

    @property
    def met(self) -> bool:
        return not self.unmet


@dataclass(frozen=True, slots=True)
class _Statement:
    """One source's word on the required value, at one occasion."""

    visit: str | None
    day: date | None
    instant: datetime
    resolved: Resolved

    @property
    def occasion(self) -> tuple[str | None, date | None]:
        return (self.visit, None if self.visit else self.day)

    @property
    def said(self) -> tuple[Any, str | None]:
        return (self.resolved.value, self.resolved.unit)

    @property
    def origin(self) -> Origin:
        return self.resolved.origin

    @property
    def file(self) -> tuple[str, str]:
        return (self.origin.source.bucket, self.origin.source.key)

    @property
    def place(self) -> tuple[Any, ...]:
        """Newest first, then by cell; the rest makes the order the statements' own."""
        cell = (*self.file, self.origin.row, self.origin.column)
        return (-self.instant.timestamp(), *cell, repr(self))


@dataclass(frozen=True, slots=True)
class _Requirement:
    """One required value of one recording, and the rule by which it is picked."""

    name: str
    subject: str
    visit: str | None
    day: date | None
    visit_order: Sequence[str]
    pick: Pick
    dated: bool

    def unmet(self, why: Why, sentence: str) -> Unmet:
        return Unmet(self.name, self.subject, self.visit, why, sentence)

    @property
    def title(self) -> str:
        whom = f"{self.name} of {self.subject}"
        return f"{whom} at {self.visit}" if self.visit else whom


def resolve(
    names: Sequence[str],
    subject: str,
    visit: str | None,
    recording_date: date | None,
    rows: Iterable[MetadataRow],
    patterns: Mapping[str, MetadataFiles],
    visit_order: Sequence[str],
) -> Resolution:
    """What each required name is for one recording, by the rules at the top of this module.

    ``rows`` may hold other subjects, withdrawn rows and rows of patterns that no longer
    exist; they state nothing. ``patterns`` are in the order of the configuration.
    """
    own = [row for row in rows if row.subject == subject and not row.withdrawn]
    values: dict[str, Resolved] = {}
    unmet: list[Unmet] = []
    for name in dict.fromkeys(names):
        pick, dated = _rule(name, patterns)
        requirement = _Requirement(name, subject, visit, recording_date, visit_order, pick, dated)
        outcome = _resolve_one(requirement, _statements(name, own, patterns))
        if isinstance(outcome, Resolved):
            values[name] = outcome
        else:
            unmet.append(outcome)
    return Resolution(values, tuple(unmet))


def _rule(name: str, patterns: Mapping[str, MetadataFiles]) -> tuple[Pick, bool]:
    """The pick of the first pattern that provides the value, and whether its rows are dated."""
    for pattern in patterns.values():
        if name in pattern.values:
            default: Pick = "only" if pattern.entity.visit is None else "same_visit"
            return pattern.values[name].pick or default, pattern.entity.date is not None
    return "only", False


def _statements(
    name: str, rows: Iterable[MetadataRow], patterns: Mapping[str, MetadataFiles]
) -> list[_Statement]:
    """The newest statements of each occasion, in an order that is theirs alone."""
    said = [
        _statement(name, row)
        for row in rows
        if name in row.values and row.pattern in patterns
        if name in patterns[row.pattern].values
    ]
    if len(said) < 2:
        return said
    said.sort(key=lambda statement: statement.place)
    newest: dict[tuple[str | None, date | None], datetime] = {}
    for statement in said:
        newest.setdefault(statement.occasion, statement.instant)
    return [statement for statement in said if statement.instant == newest[statement.occasion]]


def _statement(name: str, row: MetadataRow) -> _Statement:
    value = row.values[name]
    origin = Origin(row.source, value["row"], value["column"], row.pattern)
    return _Statement(
        visit=row.visit,
        day=date.fromisoformat(row.date) if row.date else None,
        instant=source_instant(row.source),
        resolved=Resolved(value["value"], value["unit"], origin),
    )


def source_instant(source: Source) -> datetime:
    """How new a source is: the date in its key, else its LastModified; both ISO 8601."""
    instant = datetime.fromisoformat(source.source_date or source.last_modified)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _resolve_one(requirement: _Requirement, statements: list[_Statement]) -> Resolved | Unmet:
    if not statements:
        sentence = f"The {requirement.title} is in no metadata file that has arrived."
        return requirement.unmet("missing", sentence)
    picked = _PICKS[requirement.pick](requirement, statements)
    if isinstance(picked, Unmet):
        return picked
    if all(statement.said == picked[0].said for statement in picked):
        return picked[0].resolved
    return _disagreement(requirement, picked)


def _same_visit(requirement: _Requirement, said: list[_Statement]) -> list[_Statement] | Unmet:
    own = [statement for statement in said if statement.visit == requirement.visit]
    picked = own or [statement for statement in said if statement.visit is None]
    if picked:
        return picked
    others = ", ".join(sorted({statement.visit for statement in said if statement.visit}))
    sentence = f"The {requirement.title} has not arrived; it is known for {others} only."
    return requirement.unmet("missing", sentence)


def _latest_before(requirement: _Requirement, said: list[_Statement]) -> list[_Statement] | Unmet:
    if requirement.dated and requirement.day is None:
        return requirement.unmet(
            "recording_undated",
            f"The {requirement.title} is picked by date, and the date of the recording is unknown.",
        )
    position = _by_date(requirement.day) if requirement.dated else _by_visit(_until(requirement))
    picked = _extreme(said, position, max)
    return picked or requirement.unmet(
        "not_before_recording",
        f"The {requirement.title} is known only from after the recording, or from occasions"
        " without a date or a place in expect.visits.",
    )


def _first(requirement: _Requirement, said: list[_Statement]) -> list[_Statement] | Unmet:
    position = _by_date(None) if requirement.dated else _by_visit(requirement.visit_order)
    return _extreme(said, position, min) or requirement.unmet(
        "order_unknown",
        f"The first {requirement.title} cannot be told: no occasion has a date or a place in"
        " expect.visits.",
    )


def _only(_: _Requirement, said: list[_Statement]) -> list[_Statement] | Unmet:
    return said


_PICKS: Mapping[Pick, Callable[[_Requirement, list[_Statement]], list[_Statement] | Unmet]] = {
    "same_visit": _same_visit,
    "latest_before_recording": _latest_before,
    "first": _first,
    "only": _only,
}

_Position = Callable[[_Statement], int | None]


def _until(requirement: _Requirement) -> Sequence[str]:
    """The visits up to and including the recording's own."""
    order, visit = requirement.visit_order, requirement.visit
    if visit is None:
        return ()
    return order[: order.index(visit) + 1] if visit in order else (visit,)


def _by_visit(order: Sequence[str]) -> _Position:
    places: dict[str | None, int] = {visit: place for place, visit in enumerate(order)}
    places[None] = -1
    return lambda statement: places.get(statement.visit)


def _by_date(last: date | None) -> _Position:
    def position(statement: _Statement) -> int | None:
        if statement.day is None or (last is not None and statement.day > last):
            return None
        return statement.day.toordinal()

    return position


def _extreme(
    said: list[_Statement], position: _Position, choose: Callable[[Iterable[int]], int]
) -> list[_Statement]:
    """The statements at the first or last position of those that have one."""
    placed = [(place, one) for one in said if (place := position(one)) is not None]
    if not placed:
        return []
    chosen = choose(place for place, _ in placed)
    return [statement for place, statement in placed if place == chosen]


def _disagreement(requirement: _Requirement, picked: list[_Statement]) -> Unmet:
    """Names two statements that differ: of equally new sources where there are such."""
    occasions: dict[tuple[str | None, date | None], list[_Statement]] = {}
    for statement in picked:
        occasions.setdefault(statement.occasion, []).append(statement)
    tie = next((tie for group in occasions.values() if (tie := _tie(group))), None)
    if tie:
        return requirement.unmet(
            "tie_differs",
            f"The {requirement.title} differs between {_named(tie[0])} and {_named(tie[1])}, which"
            " are equally new; correct one of them, or give the right one a later date.",
        )
    other = next(statement for statement in picked if statement.said != picked[0].said)
    return requirement.unmet(
        "values_differ",
        f"The {requirement.title} differs between {_named(picked[0])} and {_named(other)}, and"
        f" the rule '{requirement.pick}' cannot choose; correct one of them.",
    )


def _tie(group: Sequence[_Statement]) -> tuple[_Statement, _Statement] | None:
    """Two statements of one occasion that differ and are of different sources, if any are."""
    first = group[0]
    others = [one for one in group if one.said != first.said]
    elsewhere = [one for one in group if one.file != first.file]
    if not others or not elsewhere:
        return None
    apart = next((one for one in others if one.file != first.file), None)
    # Otherwise what is said elsewhere equals the first, and so differs from the others.
    return (first, apart) if apart else (others[0], elsewhere[0])


def _named(statement: _Statement) -> str:
    origin = statement.origin
    return f"s3://{origin.source.bucket}/{origin.source.key} row {origin.row}"
