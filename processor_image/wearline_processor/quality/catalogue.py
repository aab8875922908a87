"""Every code that a recording's quality record, or the refusal to read it, may carry.

An error fails the run unless the study accepts the code, because a number could be wrong. A
warning says that something is missing or was repaired exactly; a study may choose to fail on it.
docs/quality.md shows this table; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from wearline_processor.recording import Finding, RecordingUnreadable, Severity


@dataclass(frozen=True, slots=True)
class Kind:
    """One code. `sentence` is a template over the facts that a reader fills in."""

    code: str
    severity: Severity
    sentence: str
    unreadable: bool = False

    @property
    def fails_by_default(self) -> bool:
        return self.unreadable or self.severity == "error"


def _unreadable(code: str, sentence: str) -> Kind:
    return Kind(code, "error", sentence, unreadable=True)


class _Count(int):
    """A number that knows its word: `{count:gap|gaps}` gives `1 gap`, `2 gaps`."""

    def __format__(self, words: str) -> str:
        singular, _, plural = words.partition("|")
        return f"{int(self):,} {singular if self == 1 else plural}".rstrip()


_KINDS = (
    # The file cannot be turned into a recording.
    _unreadable(
        "format_not_recognised",
        "The content of this file is {what}, which Wearline cannot read: "
        "upload a recording in a supported format.",
    ),
    _unreadable(
        "format_unexpected",
        "The study expects {expected} here, but the content is {found}: "
        "upload the right file, or correct `format` in the study configuration.",
    ),
    _unreadable("file_empty", "The file holds {bytes} bytes, too few for any recording."),
    _unreadable(
        "archive_damaged",
        "The file is an archive, as .gt3x and .npz files are, that is damaged or was cut off: "
        "upload it again.",
    ),
    _unreadable(
        "format_options_invalid",
        "The format options of the study configuration do not fit this file: {problem}.",
    ),
    _unreadable(
        "header_damaged",
        "The header of this {format} file cannot be read ({problem}): "
        "download the recording from the device again.",
    ),
    _unreadable(
        "samples_missing",
        "The file is a {format} file without a single readable sample: "
        "download the recording from the device again.",
    ),
    _unreadable(
        "content_damaged",
        "The content of this {format} file cannot be read ({problem}): upload it again.",
    ),
    _unreadable(
        "content_unsupported",
        "This {format} file holds {what}, which Wearline does not read.",
    ),
    _unreadable(
        "column_missing",
        "The file has no column {column}; its columns are {columns}: "
        "correct `format` in the study configuration.",
    ),
    _unreadable(
        "value_unparsable",
        "In column {column}, data row {row} cannot be read as {expected}: "
        "correct the file, or `format` in the study configuration.",
    ),
    _unreadable(
        "time_uneven",
        "Times are given to the second only, and seconds hold different numbers of samples "
        "({counts}), so the instants inside a second are unknown: export the recording again "
        "with fractions of a second.",
    ),
    _unreadable(
        "sensor_not_found",
        "The file has no sensor labelled {sensor}; it has {sensors}: "
        "correct `sensor_location` in the study configuration.",
    ),
    _unreadable(
        "time_zone_unknown",
        "{time_zone} is not the name of a time zone: correct `timezone` in the study "
        "configuration.",
    ),
    # A number could be wrong.
    Kind(
        "time_backwards",
        "error",
        "Time goes backwards {count:time|times}, by up to {seconds:.3f} s: the device clock was "
        "changed while recording, or recordings were mixed, and which instants are right cannot "
        "be known.",
    ),
    Kind(
        "clock_implausible",
        "error",
        "The device clock reads {instant}, which cannot be: it was not set before recording.",
    ),
    Kind(
        "start_ambiguous",
        "error",
        "The recording starts at {wall}, an hour that came twice in {time_zone}, and the device "
        "does not say which: the earlier was taken, so that every instant may be an hour early.",
    ),
    Kind(
        "start_nonexistent",
        "error",
        "The recording starts at {wall}, an hour that clocks in {time_zone} skipped: the device "
        "clock or the time zone of the study configuration is wrong.",
    ),
    Kind(
        "sampling_rate_wrong",
        "error",
        "The device says {nominal:g} Hz but recorded at {measured:.3f} Hz: "
        "algorithms that count samples would be off by {percent:.1f} %.",
    ),
    Kind(
        "sampling_rate_changed",
        "error",
        "The sampling rate changes within the recording ({rates} Hz).",
    ),
    Kind(
        "long_gaps",
        "error",
        "Gaps of {seconds:.0f} s in all, the longest {longest:.0f} s: steps count samples and take "
        "those around a gap for neighbours, so that what they measure across it would be off by "
        "as much. Begin the pipeline with FillGaps, or accept this.",
    ),
    Kind(
        "unit_implausible",
        "error",
        "The median acceleration is {norm:.2f} g, where a body on earth has 1 g: the unit or the "
        "columns are wrong, or these are not accelerations.",
    ),
    Kind(
        "mostly_zero",
        "error",
        "{percent:.1f} % of the samples are exactly zero on all axes, which no worn or resting "
        "device measures.",
    ),
    # Something is missing, or was repaired exactly.
    Kind(
        "truncated_tail",
        "warning",
        "The file ends in the middle of a block: {bytes} bytes at its end were left out, "
        "every whole block before them was read.",
    ),
    Kind(
        "archive_cut",
        "warning",
        "The archive has no readable directory at its end, as one that was cut off: every whole "
        "record of its log that is there was read. Upload it again if the device or a copy still "
        "has it.",
    ),
    Kind(
        "bad_blocks",
        "warning",
        "{count:block|blocks} of data, damaged in checksum, header or content, left out: each is "
        "a gap between good blocks, which were read.",
    ),
    Kind(
        "missing_blocks",
        "warning",
        "{count:block is|blocks are} missing by the sequence numbers of the others: a gap each.",
    ),
    Kind(
        "gaps",
        "warning",
        "{count:gap|gaps} of {seconds:.2f} s in all, the longest {longest:.2f} s: nothing was "
        "filled in.",
    ),
    Kind(
        "restarted",
        "warning",
        "The recording was restarted {count:time|times}; its sessions follow each other in time "
        "and were read as one recording.",
    ),
    Kind(
        "reordered_blocks",
        "warning",
        "Blocks stood out of order in the file at {count:place|places} and were put in the order "
        "of their instants.",
    ),
    Kind(
        "duplicated_blocks",
        "warning",
        "{count:block|blocks} in the file a second time, with the same content: read once.",
    ),
    Kind(
        "time_jitter",
        "warning",
        "{count:block begins|blocks begin} up to {seconds:.3f} s before the one before ends.",
    ),
    Kind(
        "pages_differ",
        "warning",
        "The header says {header} blocks but the file holds {found}: all that it holds were read.",
    ),
    Kind(
        "partial_block",
        "warning",
        "{count:block holds|blocks hold} fewer samples than the others; only what is there was "
        "read.",
    ),
    Kind(
        "values_missing",
        "warning",
        "{count:row has|rows have} an empty or non-numeric value, left out: a gap each.",
    ),
    Kind(
        "offset_conflict",
        "warning",
        "The file says that its clock was {file_h:+g} h from UTC, which {time_zone} never is in "
        "that year: the device was set up elsewhere, or `timezone` of the study configuration "
        "is wrong.",
    ),
    Kind(
        "clock_marked_utc",
        "warning",
        "The times are marked as UTC (Z), but the study configuration says that the clock is "
        "local, as ActiGraph's software writes it: they were taken as local.",
    ),
    Kind(
        "partial_second",
        "warning",
        "A second at an end of the recording holds only {count:sample|samples} and was left out.",
    ),
    Kind(
        "sampling_rate_drift",
        "warning",
        "The device says {nominal:g} Hz but recorded at {measured:.3f} Hz.",
    ),
    Kind("zero_rows", "warning", "{count:sample is|samples are} exactly zero on all axes."),
    Kind(
        "saturation",
        "warning",
        "{count:sample|samples} ({percent:.2f} %) at the limit of the range of ±{range:g} g.",
    ),
    Kind(
        "temperature_implausible",
        "warning",
        "The temperature runs from {low:.1f} to {high:.1f} °C, beyond what a worn or stored device "
        "meets: wear detection by temperature may err.",
    ),
    Kind(
        "idle_filled",
        "warning",
        "The device slept {count:time|times} for {seconds:.0f} s in all while it did not move; "
        "these samples repeat the last one before, as the manufacturer's software does.",
    ),
    Kind(
        "device_errors",
        "warning",
        "The device reports {count:error|errors} of its own while recording.",
    ),
    # Worth knowing.
    Kind(
        "axes_corrected",
        "info",
        "Devices with firmware {firmware} store rotated axes; they were turned back as the "
        "manufacturer says.",
    ),
    Kind(
        "trailing_bytes",
        "info",
        "{bytes} bytes after the last block are not data and were left out.",
    ),
    Kind(
        "sequence_offset",
        "info",
        "The first block has sequence number {first}: the blocks before it are not in this file.",
    ),
    Kind(
        "clock_change",
        "info",
        "Clocks in {time_zone} changed during the recording; the device clock is taken not to have "
        "followed, so that time stays even.",
    ),
    Kind(
        "sampling_rate_estimated",
        "info",
        "Neither the file nor the study configuration gives the sampling rate: {measured:g} Hz was "
        "taken from the times.",
    ),
    Kind(
        "calibration_impossible",
        "info",
        "The accelerometer cannot be calibrated from this recording: {reason}.",
    ),
    Kind("suffix_unusual", "info", "The content is {found}, although the name ends in {suffix}."),
)

CATALOGUE: dict[str, Kind] = {kind.code: kind for kind in _KINDS}


def finding(
    code: str, *, count: int = 1, first_at: float | None = None, **facts: object
) -> Finding:
    """A finding with the sentence of its code, its facts filled in."""
    kind = CATALOGUE[code]
    sentence = kind.sentence.format(count=_Count(count), **facts)
    return Finding(code, kind.severity, sentence, count, first_at)


def unreadable(code: str, **facts: object) -> RecordingUnreadable:
    """The error to raise for a file that cannot be read."""
    return RecordingUnreadable(code, CATALOGUE[code].sentence.format(**facts))


def failing(
    findings: Iterable[Finding],
    fail_on: Collection[str] = (),
    accept: Collection[str] = (),
) -> list[Finding]:
    """The findings that fail a run under a study's quality policy.

    Errors fail unless accepted; warnings and infos fail where the study fails on them. A code in
    both lists fails: the stricter word counts.
    """
    return [
        each
        for each in findings
        if each.code in fail_on or (each.severity == "error" and each.code not in accept)
    ]
