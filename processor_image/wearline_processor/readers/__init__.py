"""Reading recordings: `read` one, `recognise` what a file holds.

    reading = read(path, {"type": "axivity"}, "Europe/London")

Whatever is wrong with a file's content is a finding of its quality record, or RecordingUnreadable
where no recording can be made of it. No other error comes from content.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from wearline_processor.quality.catalogue import finding, unreadable
from wearline_processor.readers.recognition import Recognised, recognise
from wearline_processor.recording import Reading

__all__ = ["FORMATS", "read", "recognise"]

# What a recording of each format may hold, beside time and rate: the device decides, or the
# columns that a study names.
FORMATS: dict[str, tuple[str, ...]] = {
    "axivity": ("accel", "gyro", "temperature"),
    "geneactiv": ("accel", "temperature"),
    "gt3x": ("accel",),
    "empatica": ("accel", "temperature"),
    "apdm": ("accel", "gyro", "temperature"),
    "npz": ("accel", "gyro", "temperature"),
    "csv": ("accel", "gyro", "temperature"),
}
_SUFFIXES = {
    "axivity": (".cwa",),
    "geneactiv": (".bin",),
    "gt3x": (".gt3x",),
    "empatica": (".avro",),
    "apdm": (".h5", ".hdf5"),
    "npz": (".npz",),
    "csv": (".csv", ".txt", ".tsv"),
}


class _Reader(Protocol):
    def __call__(
        self, path: Path, options: Mapping[str, Any], time_zone: str, /, *, raw: bool
    ) -> Reading: ...


def read(
    path: Path,
    format: Mapping[str, Any],  # noqa: A002 - the word of the study configuration
    time_zone: str,
    *,
    raw: bool = True,
    gyro: bool = True,
) -> Reading:
    """Read a recording.

    format is that of a plan: `{"type": "axivity"}`, with its options. time_zone is where the
    device's clock was set (see `readers.instants`). With raw=False only the quality record is
    kept; taking it from a device's own format (Axivity, GENEActiv, gt3x) needs memory that hardly
    grows with the file. With gyro=False the gyroscope of an AX6, more than a third of its samples,
    stays in the file.

    Raises RecordingUnreadable with a code of the catalogue.
    """
    recognised = recognise(path)
    _check(path, recognised, str(format["type"]))
    options = {key: value for key, value in format.items() if key != "type"}
    if not gyro and format["type"] == "axivity":
        options["gyro"] = False
    reading = _reader(str(format["type"]))(path, options, time_zone, raw=raw)
    suffix = path.suffix.lower()
    if suffix and suffix not in _SUFFIXES[str(format["type"])]:
        reading.quality.findings.append(
            finding("suffix_unusual", found=recognised.what, suffix=suffix)
        )
    return reading


def _check(path: Path, recognised: Recognised, expected: str) -> None:
    if recognised.what == "empty":
        raise unreadable("file_empty", bytes=path.stat().st_size)
    if recognised.damaged:
        raise unreadable("archive_damaged")
    if recognised.format is None:
        raise unreadable("format_not_recognised", what=recognised.what)
    if recognised.format != expected:
        facts = {"expected": expected, "found": recognised.what}
        raise unreadable("format_unexpected", **facts)


def _reader(name: str) -> _Reader:
    """The reader of a format, imported late: a pipeline reads one format."""
    from importlib import import_module

    module = import_module(f"wearline_processor.readers.{'table' if name == 'csv' else name}")
    reader: _Reader = module.read
    return reader
