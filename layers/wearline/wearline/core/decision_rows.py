"""Cleans a decisions file: from its bytes to decisions, and problems that a person can mend.

Its columns have fixed names, in any case: ``key`` or ``subject``, and if wanted ``visit`` and
``location``, select; ``action``, ``details``, ``reason``, ``author`` and ``date`` say what is
decided. A row counts as a whole or not at all. No problem repeats what a cell holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from wearline.core.cell_values import CellError, day
from wearline.core.decisions import ACTIONS, REASSIGNED, Action, Decision
from wearline.core.entity_parsers import LONGEST_NAME
from wearline.core.faults import nearest_word
from wearline.core.file_checks import can_be_at, written_locations
from wearline.core.file_patterns import DEFAULT_MISSING, DecisionsFiles
from wearline.core.metadata_row import RowProblem, RowReader
from wearline.core.metadata_table import read_table
from wearline.core.release_signatures import known_releases, release_signature
from wearline.core.study import DataFile, StudyConfiguration, classify
from wearline.core.tables import RawRow, TableError, TableOptions, name_key
from wearline.core.value_parsers import markers

T = TypeVar("T")
COLUMNS = ("key", "subject", "visit", "location", "action", "details", "reason", "author", "date")
NEEDED = ("action", "reason", "author", "date")
LONGEST_TEXT = 500
_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class CleanDecision:
    row_number: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class CleanedDecisions:
    """What a decisions file says. ``rows`` are those that are not blank."""

    decisions: tuple[CleanDecision, ...]
    problems: tuple[RowProblem, ...]
    rows: int

    @property
    def rejected(self) -> int:
        return self.rows - len(self.decisions)


def clean_decisions(
    content: bytes, pattern: DecisionsFiles, configuration: StudyConfiguration
) -> CleanedDecisions:
    """The decisions of a file that count, and a problem for each row that does not."""
    options = TableOptions(pattern.delimiter, pattern.encoding, pattern.sheet, COLUMNS)
    try:
        table = read_table(content, options)
        places = _places(table.header)
        missing = tuple(_missing(places))
        outcomes = [_row(raw, places, configuration, table.iso_dates) for raw in table.rows]
    except TableError as error:
        return CleanedDecisions((), (RowProblem(None, None, error.code, error.sentence),), 0)
    if missing:
        return CleanedDecisions((), missing, len(outcomes))
    good = tuple(each for each in outcomes if isinstance(each, CleanDecision))
    bad = [problem for each in outcomes if isinstance(each, list) for problem in each]
    return CleanedDecisions(good, tuple(bad), len(outcomes))


def _places(header: tuple[str, ...]) -> dict[str, int]:
    found = {name_key(name): place for place, name in reversed(list(enumerate(header)))}
    return {column: found[column] for column in COLUMNS if column in found}


def _missing(places: Mapping[str, int]) -> Iterator[RowProblem]:
    for column in NEEDED:
        if column not in places:
            yield RowProblem(None, column, "missing_column", f"Column {column} is missing.")
    if "key" not in places and "subject" not in places:
        sentence = "Columns key and subject are missing; one of them says what is decided about."
        yield RowProblem(None, "key", "missing_column", sentence)


def _row(
    raw: RawRow, places: Mapping[str, int], configuration: StudyConfiguration, iso_dates: bool
) -> CleanDecision | list[RowProblem]:
    if raw.fault:
        code, what = raw.fault
        return [RowProblem(raw.number, None, code, f"Row {raw.number}: it {what}.")]
    row = RowReader(raw, places)
    bucket, key, of_key = row.read("key", _optional(_Key(configuration))) or (None, None, None)
    said = row.read("subject", _optional(_name))
    visit = row.read("visit", _optional(_name))
    location = row.read("location", _optional(_Location(configuration)))
    action = row.read("action", _action)
    details = row.read("details", _Details(action, configuration)) if action else None
    reason, author = row.read("reason", _text), row.read("author", _text)
    date = row.read("date", lambda text: day(text, iso_dates=iso_dates).isoformat())
    subject = of_key or said
    if subject is None and key is None and not row.problems:
        sentence = f"Row {raw.number}: it has neither key nor subject."
        row.problems.append(RowProblem(raw.number, None, "selects_nothing", sentence))
    if said is not None and of_key not in (None, said):
        sentence = f"Row {raw.number}: its key is of another subject than it says."
        row.problems.append(RowProblem(raw.number, "subject", "subject", sentence))
    if row.problems or not ((subject or key) and action and reason and author and date):
        return row.problems
    decision = Decision(
        action, subject, bucket, key, visit, location, details or {}, reason, author, date
    )
    return CleanDecision(raw.number, decision)


_NOT_SAID = markers(DEFAULT_MISSING)


def _optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    return lambda text: None if text.casefold() in _NOT_SAID else parse(text)


def _name(text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise CellError("name", f"is longer than {LONGEST_NAME} characters, or cannot be printed")
    return text


def _text(text: str) -> str:
    if text.casefold() in _NOT_SAID:
        raise CellError("missing", "is empty")
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise CellError("text", f"is longer than {LONGEST_TEXT} characters, or cannot be printed")
    return text


def _action(text: str) -> Action:
    for action in ACTIONS:
        if text.casefold() == action:
            return action
    raise CellError("action", f"is none of {', '.join(ACTIONS)}")


@dataclass(frozen=True, slots=True)
class _Key:
    """A key, or s3:// bucket and key; whose recording it is, its template says."""

    configuration: StudyConfiguration

    def __call__(self, text: str) -> tuple[str | None, str, str | None]:
        bucket, key = None, text
        if text.startswith(_S3):
            bucket, _, key = text.removeprefix(_S3).partition("/")
        names = [bucket] if bucket else [each.name for each in self.configuration.buckets]
        for name in names:
            found = classify(self.configuration, name, key)
            if isinstance(found, DataFile):
                return bucket, key, found.fields.get("subject")
        raise CellError("key", "is the key of no data file")


@dataclass(frozen=True, slots=True)
class _Location:
    configuration: StudyConfiguration

    def __call__(self, text: str) -> str:
        patterns = self.configuration.data_files().values()
        if any(can_be_at(self.configuration, files, text) for files in patterns):
            return text
        known = {*written_locations(self.configuration), *self.configuration.expect.locations}
        nearest = nearest_word(text, known)
        hint = f"; the nearest is {nearest}" if nearest else ""
        raise CellError("location", f"is no location that recordings have{hint}")


@dataclass(frozen=True, slots=True)
class _Details:
    """What an action needs beside its name."""

    action: Action
    configuration: StudyConfiguration

    def __call__(self, text: str) -> dict[str, Any]:
        said = "" if text.casefold() in _NOT_SAID else text
        match self.action:
            case "exclude":
                return {}
            case "accept":
                return {"findings": self._findings(said)}
            case "reassign":
                return self._reassigned(_pairs(said, REASSIGNED))
            case "trim":
                return _trimmed(_pairs(said, ("from", "to")))

    def _findings(self, text: str) -> list[str]:
        codes = sorted(set(text.replace(",", " ").replace(";", " ").split()))
        known = _findings_of(self.configuration)
        for code in codes:
            if known and code not in known:
                nearest = nearest_word(code, known)
                hint = f"; the nearest is {nearest}" if nearest else ""
                raise CellError("details", f"names a finding that is not known{hint}")
        if not codes:
            raise CellError("details", "names no finding to accept")
        return codes

    def _reassigned(self, pairs: dict[str, str]) -> dict[str, str]:
        if not pairs:
            raise CellError("details", "names no new subject, visit or location")
        if "location" in pairs:
            _Location(self.configuration)(pairs["location"])
        return {name: _name(value) for name, value in pairs.items()}


def _findings_of(configuration: StudyConfiguration) -> set[str]:
    releases = {pipeline.processor_release for pipeline in configuration.pipelines.values()}
    return {
        code
        for release in releases & set(known_releases())
        for code in release_signature(release).findings
    }


def _pairs(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """`name=value; name=value`, each name once."""
    pairs: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not value or name.casefold() not in names or name.casefold() in pairs:
            written = "; ".join(f"{each}=..." for each in names)
            raise CellError("details", f"is not written as {written}")
        pairs[name.casefold()] = value
    return pairs


def _trimmed(pairs: dict[str, str]) -> dict[str, str | None]:
    if not pairs:
        raise CellError("details", "names neither from nor to")
    for value in pairs.values():
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise CellError("details", "has a time not written as 2024-03-10T09:00") from None
    return {"from": pairs.get("from"), "to": pairs.get("to")}
