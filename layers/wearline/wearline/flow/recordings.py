"""What a recording in a study's bucket says of itself, read in ranges of a few kilobytes."""

from __future__ import annotations

from dataclasses import replace

from wearline.core.assignments import is_assigned
from wearline.core.ledger import FileVersion, ObjectRow, Recorded, StudyRow
from wearline.core.recording_headers import Range, RecordingHeader, recording_header, rows
from wearline.core.study import StudyConfiguration
from wearline.ports import RowChanged, Store


class RecordingGone(Exception):
    """The version that was to be read was overwritten or deleted."""


def header_of(store: Store, study: StudyRow, file: FileVersion) -> RecordingHeader | None:
    """The header of exactly this version; None where no device is recognised.

    Raises RecordingGone and StoreUnavailable.
    """
    return recording_header(_ranges(store, study, file), file.size)


def rows_of(store: Store, study: StudyRow, file: FileVersion, format_type: str) -> int | None:
    """The samples of exactly this version, if it is a table or arrays; None where nothing tells.

    Raises RecordingGone and StoreUnavailable.
    """
    return rows(_ranges(store, study, file), file.size, format_type)


def _ranges(store: Store, study: StudyRow, file: FileVersion) -> Range:
    def read(start: int, length: int) -> bytes:
        content = store.read_range(study, file, start, length)
        if content is None:
            raise RecordingGone
        return content

    return read


def with_header(
    store: Store, study: StudyRow, configuration: StudyConfiguration, row: ObjectRow
) -> ObjectRow:
    """The row with what its recording says of its making, read once for each version, where a
    device log needs it.

    Raises StoreUnavailable, and RowChanged where the version has gone meanwhile.
    """
    if row.version is None or row.recorded is not None or not is_assigned(configuration, row):
        return row
    try:
        header = header_of(store, study, row.version)
    except RecordingGone as gone:
        raise RowChanged("a recording is another since it was looked at") from gone
    made = Recorded(header.serial_number, header.start) if header else Recorded()
    return replace(row, recorded=made)
