"""Device logs that could never say whose a recording is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from wearline.core.faults import Fault, nearest_word, one_of, unknown
from wearline.core.file_patterns import DataFiles, DeviceLogFiles
from wearline.core.metadata_checks import encoding_faults, format_fault
from wearline.core.recording_headers import HeaderFormat
from wearline.core.study import StudyConfiguration


def device_log_faults(study: StudyConfiguration) -> Iterator[Fault]:
    """Logs that cannot be read, and those that data files name and could not be told by."""
    for name, log in study.device_logs().items():
        for fault in _log_faults(log):
            yield fault.below("files", name)
        if not any(files.device_log == name for files in study.data_files().values()):
            sentence = f"no data files are told by this log; write device_log: {name} in some"
            yield Fault(("files", name), sentence, on_key=True)
    for name, files in study.data_files().items():
        if files.device_log is not None:
            for fault in _use_faults(study, files, files.device_log):
                yield fault.below("files", name)


def _log_faults(log: DeviceLogFiles) -> Iterator[Fault]:
    yield from encoding_faults(log.encoding)
    for name, column in (("start", log.start), ("end", log.end)):
        if column is not None:
            yield from (fault.below(name) for fault in format_fault(column.format))


def _use_faults(study: StudyConfiguration, files: DataFiles, name: str) -> Iterator[Fault]:
    log = study.device_log_of(files)
    if log is None and name in study.files:
        sentence = f"files.{name} is {study.files[name].kind}, and no device log"
        yield Fault(("device_log",), sentence, nearest_word(name, study.device_logs()))
    elif log is None:
        yield unknown(("device_log",), "device log of this study", name, study.device_logs())
    if files.format.type not in get_args(HeaderFormat):
        readable = one_of(get_args(HeaderFormat), None)
        sentence = f"the device log needs the serial number that the header of {readable} tells"
        yield Fault(("format",), f"{sentence}, and {files.format.type} has none")
    if log is not None and log.location is not None and files.location is not None:
        sentence = f"files.{name} has a column for it; leave one of the two out"
        yield Fault(("location",), sentence, on_key=True)
