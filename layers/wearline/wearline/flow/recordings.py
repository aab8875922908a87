"""What a recording in a study's bucket says of itself, read in ranges of a few kilobytes."""

from __future__ import annotations

from wearline.core.ledger import FileVersion, StudyRow
from wearline.core.recording_headers import RecordingHeader, recording_header
from wearline.ports import Store


def header_of(store: Store, study: StudyRow, file: FileVersion) -> RecordingHeader | None:
    """The header of exactly this version; None where no device is recognised, or it is gone.

    Raises StoreUnavailable.
    """

    def read(start: int, length: int) -> bytes:
        return store.read_range(study, file, start, length) or b""

    return recording_header(read, file.size)
