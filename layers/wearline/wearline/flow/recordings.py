"""What a recording in a study's bucket says of itself, read in ranges of a few kilobytes."""

from __future__ import annotations

from wearline.core.ledger import FileVersion, StudyRow
from wearline.core.recording_headers import Range, RecordingHeader, recording_header, rows
from wearline.ports import Store


def header_of(store: Store, study: StudyRow, file: FileVersion) -> RecordingHeader | None:
    """The header of exactly this version; None where no device is recognised, or it is gone.

    Raises StoreUnavailable.
    """
    return recording_header(_ranges(store, study, file), file.size)


def rows_of(store: Store, study: StudyRow, file: FileVersion, format_type: str) -> int | None:
    """The samples of exactly this version, if it is a table or arrays; None where nothing tells.

    Raises StoreUnavailable.
    """
    return rows(_ranges(store, study, file), file.size, format_type)


def _ranges(store: Store, study: StudyRow, file: FileVersion) -> Range:
    def read(start: int, length: int) -> bytes:
        return store.read_range(study, file, start, length) or b""

    return read
