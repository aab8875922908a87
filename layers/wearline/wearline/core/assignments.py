"""Whose recording it is where a device log says so: by the device's serial number, and the start.

The rules, for one recording:

1. **Covering.** An assignment covers the recording if the device is its own and the recording
   starts between the assignment's start and end. Both are on the device's clock, as the
   recording is; a day without a time lasts from its first to its last second. Without an end it
   lasts until the device's next begins, of its own source or of a newer one.
2. **Correction.** An assignment of a newer source takes the place of each older one of the device
   whose time it overlaps by more than the handing over; of an older one without an end, if it
   begins no later. A source is as new as the date in its key, or where it has none as its
   LastModified.
3. **Handing over.** Of several that then count, the one that starts last is meant where each of
   the others ends on the very day, or at the very moment, that it starts: the device went from
   hand to hand. Otherwise, if they differ, nobody can tell, and the recording waits.
4. **Agreement.** Where the key says subject, visit or location too, both must say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from wearline.core.ledger import MetadataRow, ObjectRow, Reason, Unmet
from wearline.core.resolution import source_instant
from wearline.core.study import StudyConfiguration

_DEVICE = "device:"
NO_SERIAL_NUMBER = Reason(
    "no_serial_number",
    "The recording's header holds no serial number and start that can be read, so that no device"
    " log tells whose it is. Decide it by its key: reassign, subject=...",
)


_UNREAD = (
    "The recording's header has not been read yet; the sweep that follows a deployment reads it,"
    " and the device log then tells whose it is."
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One row of a device log. ``start`` and ``end`` are ISO 8601 on the device's clock, a day
    or a moment; without an ``end`` it lasts until the device's next."""

    serial_number: str
    subject: str
    visit: str | None
    location: str | None
    start: str
    end: str | None

    def covers(self, moment: str) -> bool:
        return self.start <= moment and (self.end is None or moment[: len(self.end)] <= self.end)

    def gives_way_to(self, later: Assignment) -> bool:
        """Whether the device went on from here to whoever has it ``later``."""
        ends_then = self.end is not None and self.end == later.start[: len(self.end)]
        return self.start < later.start and ends_then

    def is_corrected_by(self, newer: Assignment) -> bool:
        """Whether both cannot be true; of one without an end, the newer may be what followed."""
        if not (self._begins_within(newer) or newer._begins_within(self)):
            return False
        if newer.gives_way_to(self) or self.gives_way_to(newer):
            return False
        return self.end is not None or newer.start <= self.start

    def _begins_within(self, other: Assignment) -> bool:
        begun = other.start <= self.start
        return begun and (other.end is None or self.start[: len(other.end)] <= other.end)

    @property
    def said(self) -> tuple[str, str | None, str | None]:
        return (self.subject, self.visit, self.location)


@dataclass(frozen=True, slots=True)
class Entry:
    """An assignment, and the row of the ledger and of the file that holds it."""

    assignment: Assignment
    held_by: MetadataRow
    row: int

    @property
    def newness(self) -> float:
        return source_instant(self.held_by.source).timestamp()

    @property
    def place(self) -> str:
        return f"s3://{self.held_by.source.bucket}/{self.held_by.source.key} row {self.row}"

    @property
    def cell(self) -> tuple[str, str, int]:
        return (self.held_by.source.bucket, self.held_by.source.key, self.row)

    def origin(self) -> dict[str, Any]:
        """For the plan's origin: which device, and where it is written whose it was.

        Not whose: a decision may say that it is somebody else's recording.
        """
        told = {name: getattr(self.assignment, name) for name in ("serial_number", "start", "end")}
        return {**told, "source": asdict(self.held_by.source), "row": self.row}


@dataclass(frozen=True, slots=True)
class Assigned:
    """What the device log says of one recording: an entry, or why there is none that counts.

    All None where no log is asked."""

    entry: Entry | None = None
    unmet: Unmet | None = None
    unknown: Reason | None = None

    @property
    def fields(self) -> dict[str, str]:
        """Subject and visit, as far as the log says them."""
        if self.entry is None:
            return {}
        assignment = self.entry.assignment
        visit = {} if assignment.visit is None else {"visit": assignment.visit}
        return {"subject": assignment.subject, **visit}

    @property
    def location(self) -> str | None:
        return self.entry.assignment.location if self.entry else None

    @property
    def said(self) -> dict[str, str]:
        """All that it says, for ``ObjectRow.assigned``."""
        return self.fields | ({"location": self.location} if self.location else {})


def device_entity(serial_number: str) -> str:
    """What the ledger keeps a device's assignments under, beside the subjects' metadata.

    Spreadsheets take leading zeros away, and people write letters in any case.

    >>> device_entity("012345") == device_entity("12345")
    True
    """
    name = serial_number.strip().casefold()
    return _DEVICE + (name.lstrip("0") or "0" if name.isdecimal() else name)


def is_device(entity: str) -> bool:
    return entity.startswith(_DEVICE)


def serial_of(entity: str) -> str:
    """The serial number that a device's entity is named by."""
    return entity.removeprefix(_DEVICE)


def is_assigned(configuration: StudyConfiguration, row: ObjectRow) -> bool:
    """Whether a device log says something of the file."""
    files = configuration.data_files().get(row.pattern or "")
    return files is not None and configuration.device_log_of(files) is not None


def device_of(configuration: StudyConfiguration, row: ObjectRow) -> str | None:
    """The entity of the device that recorded a file, where a log assigns it; None if unknown."""
    if not is_assigned(configuration, row) or row.recorded is None:
        return None
    if row.recorded.serial_number is None or row.recorded.start is None:
        return None
    return device_entity(row.recorded.serial_number)


def assigned(
    configuration: StudyConfiguration, row: ObjectRow, rows: Iterable[MetadataRow]
) -> Assigned:
    """What the device log says of a file. ``rows`` may hold anything of anybody."""
    if not is_assigned(configuration, row):
        return Assigned()
    if row.recorded is None:
        return Assigned(unmet=Unmet("subject", "", None, "missing", _UNREAD))
    device = device_of(configuration, row)
    if device is None:
        return Assigned(unknown=NO_SERIAL_NUMBER)
    start = row.recorded.start or ""
    log = configuration.data_files()[row.pattern or ""].device_log
    told = list(entries(each for each in rows if each.subject == device and each.pattern == log))
    counting = (entry for entry in told if not _is_corrected(entry, told))
    found = sorted((e for e in counting if _covers(e, start, told)), key=lambda e: e.cell)
    chosen = next((entry for entry in found if _is_last(entry, found)), None)
    if chosen is None:
        why = _several(device, start, found) if found else _nobody(device, start)
        return Assigned(unmet=_unmet(device, start, "tie_differs" if found else "missing", why))
    assigned = Assigned(chosen)
    if any(row.fields.get(name, said) != said for name, said in assigned.fields.items()):
        return Assigned(unmet=_unmet(device, start, "values_differ", _contradicted(device)))
    return assigned


def assignment_value(assignment: Assignment, row: int) -> tuple[str, dict[str, Any]]:
    """Name and value of an assignment in a row of metadata. No metadata value has such a name."""
    return f"assignment {row}", {"value": asdict(assignment), "row": row}


def entries(rows: Iterable[MetadataRow]) -> Iterator[Entry]:
    """Every assignment that stands in rows of metadata."""
    for row in rows:
        for name, said in row.values.items():
            if name.startswith("assignment ") and not row.withdrawn:
                yield Entry(Assignment(**said["value"]), row, said["row"])


def _is_corrected(entry: Entry, told: Iterable[Entry]) -> bool:
    """Whether a newer source says something else of the time that an assignment is about."""
    newer = (each.assignment for each in told if each.newness > entry.newness)
    return any(entry.assignment.is_corrected_by(each) for each in newer)


def _covers(entry: Entry, moment: str, told: Iterable[Entry]) -> bool:
    """Whether the device was still with somebody, by all that is ``told`` of it.

    An older source, which this one may have corrected, does not end what has no end.
    """
    mine = entry.assignment
    if not mine.covers(moment) or mine.end is not None:
        return mine.covers(moment)
    later = (each.assignment for each in told if each.newness >= entry.newness)
    return not any(mine.start < each.start <= moment for each in later)


def _is_last(entry: Entry, found: Iterable[Entry]) -> bool:
    """Whether the device went on to this one from each that says something else."""
    mine = entry.assignment
    others = (each.assignment for each in found)
    return all(each.said == mine.said or each.gives_way_to(mine) for each in others)


def _unmet(device: str, start: str, why: str, sentence: str) -> Unmet:
    """A device is somebody's on a day, as a value is somebody's at a visit."""
    return Unmet("subject", device, start[:10], why, sentence)


def _nobody(device: str, start: str) -> str:
    return (
        f"The device log names nobody who had device {serial_of(device)} on {start[:10]};"
        " add a row to it, or correct one."
    )


def _several(device: str, start: str, found: Iterable[Entry]) -> str:
    rows = " and ".join(entry.place for entry in found)
    return (
        f"The device log names several who had device {serial_of(device)} on {start[:10]}"
        f" ({rows}); correct one of them."
    )


def _contradicted(device: str) -> str:
    return (
        f"The key and the device log say different things of device {serial_of(device)};"
        " correct the log, or decide by the recording's key."
    )
