"""What a recording in a study's bucket says of itself, read in ranges of a few kilobytes."""

from __future__ import annotations

from dataclasses import replace

from wearline.core.assignments import is_assigned
from wearline.core.ledger import FileVersion, ObjectRow, Recorded, StudyRow
from wearline.core.recording_headers import RecordingHeader, recording_header
from wearline.core.study import StudyConfiguration
from wearline.ports import RowChanged, Store


class RecordingGone(Exception):
    """The version that was to be read was overwritten or deleted."""


def header_of(store: Store, study: StudyRow, file: FileVersion) -> RecordingHeader | None:
    """The header of exactly this version; None where no device is recognised.

    Raises RecordingGone and StoreUnavailable.
    """

    def read(start: int, length: int) -> bytes:
        content = store.read_range(study, file, start, length)
        if content is None:
            raise RecordingGone
        return content

    return recording_header(read, file.size)


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
