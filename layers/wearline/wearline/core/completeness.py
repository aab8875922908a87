"""What is missing: subject by visit by location, from what is expected and what arrived.

The subjects are those that a file, a metadata file or a device log names. Each has a cell for
every visit and location of ``expect``, and for every other that a file of anybody has; those are
not expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wearline.core.assignments import entries
from wearline.core.ledger import MetadataRow, ObjectRow, RunRow
from wearline.core.places import Places
from wearline.core.study import StudyConfiguration
from wearline.core.valid_days import valid_days
from wearline.core.withdrawal import is_stand_in

CellState = Literal[
    "missing", "failed", "waiting", "received", "ready", "running", "excluded", "succeeded"
]
# Of several pipelines the one that a person must look at first speaks for the cell.
_MOST_URGENT: tuple[CellState, ...] = (
    "failed", "waiting", "received", "ready", "running", "excluded", "succeeded",
)  # fmt: skip
_Place = tuple[str, str | None, str | None]
# The row of recordings of whom nobody can tell yet whose they are.
NOBODY = "(unknown)"


@dataclass(frozen=True, slots=True)
class Cell:
    """One recording that should be there, or is.

    ``since`` is when it came to this state, and of a missing one when the subject's first file
    of that visit arrived: None where there is none yet. ``duplicates`` are the keys of further
    recordings of the same. ``valid_days`` of one that succeeded is None where its pipelines look
    for no wear, and ``needed_days`` is how many the study wants.
    """

    subject: str
    visit: str | None
    location: str | None
    expected: bool
    state: CellState
    since: str | None
    why: str
    key: str | None = None
    stale: bool = False
    duplicates: tuple[str, ...] = ()
    valid_days: int | None = None
    needed_days: int = 0

    @property
    def enough_days(self) -> bool | None:
        """Whether a recording that succeeded was worn on enough days; None where unknown."""
        return None if self.valid_days is None else self.valid_days >= self.needed_days


@dataclass(frozen=True, slots=True)
class Completeness:
    """The cells by subject, visit and location, in the order of the configuration."""

    visits: tuple[str | None, ...]
    locations: tuple[str | None, ...]
    cells: tuple[Cell, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cell.subject for cell in self.cells))


def completeness(
    study: StudyConfiguration,
    rows: Iterable[ObjectRow],
    metadata: Sequence[MetadataRow],
    runs: Mapping[str, RunRow] | None = None,
) -> Completeness:
    """The matrix of a study. ``metadata`` are the current rows of its sources.

    A recording stands where a decision puts it. Whom only a decision names is nobody's subject.
    ``runs`` are those that the rows name, by their ids; without them no valid days are known.
    """
    files: dict[_Place, list[ObjectRow]] = {}
    places = Places(study, metadata)
    for row in rows:
        if row.kind == "data" and not row.deleted:
            subject, visit, location = places.of(row)
            files.setdefault((subject or NOBODY, visit, location), []).append(row)
    told = {row.subject for row in metadata if row.pattern in study.metadata_files()}
    given = {entry.assignment.subject for entry in entries(metadata)}
    subjects = {subject for subject, _, _ in files} | told
    subjects |= {subject for subject in given if not is_stand_in(subject)}
    first = _first_of_visits(files)
    visits = _axis(study.expect.visits, (visit for _, visit, _ in files))
    locations = _axis(study.expect.locations, (location for _, _, location in files))
    cells = [
        cell
        for subject in sorted(subjects)
        for visit in visits
        for location in locations
        if (cell := _cell(study, (subject, visit, location), files, first, runs or {})) is not None
    ]
    return Completeness(visits, locations, tuple(cells))


def _axis(expected: Sequence[str], found: Iterable[str | None]) -> tuple[str | None, ...]:
    """What is expected, in its order, then what is there beside it."""
    others = sorted(set(found) - set(expected), key=lambda name: name or "")
    return tuple(expected) + tuple(others)


def _cell(
    study: StudyConfiguration,
    place: _Place,
    files: dict[_Place, list[ObjectRow]],
    first: Mapping[tuple[str, str | None], str],
    runs: Mapping[str, RunRow],
) -> Cell | None:
    """None where nothing is expected and nothing is there."""
    subject, visit, location = place
    expected = subject != NOBODY and _is_expected(study, visit, location)
    here = sorted(files.get(place, ()), key=_speaks_for_its_cell, reverse=True)
    if not here:
        if not expected:
            return None
        since = first.get((subject, visit))
        return Cell(*place, expected, "missing", since, "No file of it has arrived.")
    newest, *others = here
    state, since, why = _standing(newest)
    return Cell(
        *place,
        expected,
        state,
        since,
        why,
        key=newest.key,
        stale=any(each.stale and not each.set_aside for each in newest.pipelines.values()),
        duplicates=tuple(row.key for row in others),
        valid_days=_valid_days(study, newest, runs) if state == "succeeded" else None,
        needed_days=study.valid_day.min_days,
    )


def _speaks_for_its_cell(row: ObjectRow) -> tuple[bool, str, str]:
    """The newest, unless somebody decided against it and not against another."""
    return (_standing(row)[0] != "excluded", row.arrived, row.key)


def _valid_days(
    study: StudyConfiguration, row: ObjectRow, runs: Mapping[str, RunRow]
) -> int | None:
    """Of several pipelines that look for wear, the one that finds most of it."""
    made = [runs.get(pipeline.run_id or "") for pipeline in row.pipelines.values()]
    counted = [valid_days(run.summary, study.valid_day) for run in made if run is not None]
    return max((days for days in counted if days is not None), default=None)


def _is_expected(study: StudyConfiguration, visit: str | None, location: str | None) -> bool:
    """One axis alone may be expected; the other is then whatever files have."""
    visits, locations = study.expect.visits, study.expect.locations
    if not visits and not locations:
        return False
    return (visit in visits or not visits) and (location in locations or not locations)


def _first_of_visits(
    files: Mapping[_Place, Sequence[ObjectRow]],
) -> dict[tuple[str, str | None], str]:
    """When the first file of each subject's visit arrived."""
    first: dict[tuple[str, str | None], str] = {}
    for (subject, visit, _), rows in files.items():
        arrived = min(row.arrived for row in rows)
        first[subject, visit] = min(first.get((subject, visit), arrived), arrived)
    return first


def _standing(row: ObjectRow) -> tuple[CellState, str, str]:
    """State, since when, and why: of the pipeline that is most urgent."""
    if not row.pipelines:
        return "received", row.arrived, "It has not been looked at yet."
    urgent = min(row.pipelines.values(), key=lambda each: _MOST_URGENT.index(each.shown))
    return urgent.shown, urgent.since, urgent.why
