"""ActiGraph recordings (.gt3x), both payloads and idle sleep mode. SKDH has no reader for them.

Acceleration is counts / scale, unrounded (the manufacturer's software rounds to three decimals).
Seconds of idle sleep mode repeat the last sample before them, as the manufacturer's software does;
other seconds without samples are gaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality import timeline
from wearline_processor.quality.catalogue import finding, unreadable
from wearline_processor.quality.rows import RowTally
from wearline_processor.quality.still import WINDOW_S, Windows, moments
from wearline_processor.readers import gt3x_log, gt3x_records
from wearline_processor.readers.archive import BROKEN
from wearline_processor.readers.blocks import Ints
from wearline_processor.readers.instants import offset_findings, utc_offset
from wearline_processor.readers.samples import Measures, Samples
from wearline_processor.recording import Finding, Quality, Reading

_ROTATED = ("MOS", gt3x_log.TURNED_FIRMWARE)  # axes turned by 90 degrees about z
_MOST_IDLE_S = 45 * 86400


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where samples go: (K,) the first row of each good record of activity; (S, 3) idle seconds
    as first row, first second and number of seconds.

    The device writes its log in order, so that a second that comes again is a changed clock.
    """

    index: gt3x_log.Index
    row: Ints
    idle: Ints
    rows: int
    offset: float

    @property
    def hz(self) -> int:
        return int(self.index.info.hz)


def read(
    path: Path,
    _options: Mapping[str, Any],
    time_zone: str,
    *,
    raw: bool = True,
) -> Reading:
    """Read a .gt3x file. Raises RecordingUnreadable."""
    try:
        with gt3x_log.opened(path) as archive:
            index = gt3x_log.scan(archive)
            offset, doubts = utc_offset(float(index.second[0]), time_zone)
            plan = _planned(index, offset)
            quality = _quality(path, plan)
            quality.findings = [*_log_findings(plan, time_zone), *doubts]
            measures = Measures(RowTally(range_g=index.info.range_g), Windows(WINDOW_S))
            samples = Samples.of(plan.rows) if raw else None
            with archive.open("log.bin") as stream:
                _decode(stream, plan, measures, samples)
    except BROKEN as error:
        problem = f"{type(error).__name__} in the archive"
        raise unreadable("content_damaged", format="ActiGraph .gt3x", problem=problem) from error
    measures.describe(_timeline(plan), quality, time_zone)
    quality.rows = plan.rows
    return Reading(quality, samples.recording(index.info.hz) if samples else None)


def _planned(index: gt3x_log.Index, offset: float) -> _Plan:
    hz = int(index.info.hz)
    second, count = index.second, index.count
    asleep = _idle_seconds(second, index.slept)
    row = np.concatenate([[0], np.cumsum(count[:-1] + asleep * hz)])
    slept = np.flatnonzero(asleep)
    idle = np.stack([row[slept] + count[slept], second[slept] + 1, asleep[slept]], axis=1)
    return _Plan(index, row, idle, int(row[-1] + count[-1]), offset)


def _idle_seconds(second: Ints, slept: list[tuple[int, int]]) -> Ints:
    """(K - 1,) how many seconds the device slept between each record and the next."""
    missing = np.maximum(np.diff(second) - 1, 0)
    if not slept:
        return np.zeros_like(missing)
    begin, end = np.array(slept, dtype=np.int64).T
    # The events carry the second of falling asleep and of waking: at most one beside the records.
    which = np.clip(np.searchsorted(begin, second[:-1] + 2, side="right") - 1, 0, None)
    covered = (begin[which] <= second[:-1] + 2) & (end[which] >= second[1:] - 1)
    asleep = np.where(covered, missing, 0)
    # Only so much is filled that a damaged clock cannot ask for more memory than any recording.
    return np.where(np.cumsum(asleep) <= _MOST_IDLE_S, asleep, 0)


def _decode(
    stream: IO[bytes],
    plan: _Plan,
    measures: Measures,
    samples: Samples | None,
) -> None:
    index, place, good = plan.index, 0, 0
    if samples is not None:
        samples.next(plan.rows)
    for run in gt3x_log.activity(stream):
        last = int(np.searchsorted(index.record, place + run.second.size))
        wanted = index.record[good:last] - place
        if wanted.size:
            count = int(index.count[good])
            axes = gt3x_records.decode(run.kind, run.payload[wanted], count)
            axes = _turned(axes, index.info)
            _measure(plan, axes, run.second[wanted], measures)
            if samples is not None:
                _keep(plan, samples, axes, slice(good, last))
        place, good = place + run.second.size, last
    if samples is not None:
        _fill_idle(plan, samples)


def _turned(axes: list[gt3x_records.Axis], info: gt3x_log.Info) -> list[gt3x_records.Axis]:
    if not _is_rotated(info):
        return axes
    x, y, z = axes
    return [y, -x, z]


def _is_rotated(info: gt3x_log.Info) -> bool:
    return ((info.serial_number or "")[:3], info.firmware) == _ROTATED


def _measure(plan: _Plan, axes: list[gt3x_records.Axis], second: Ints, measures: Measures) -> None:
    x, y, z = axes
    scale = plan.index.scale
    limit = 0.997 * plan.index.info.range_g * scale
    measures.rows.add((x, y, z), -limit, limit)
    seconds = round(WINDOW_S)
    means, variances = moments(axes, seconds * plan.hz)
    starts = second[::seconds][: len(means)].astype(np.float64) + plan.offset
    measures.windows.add(starts, means / scale, variances / scale**2)


def _keep(plan: _Plan, samples: Samples, axes: list[gt3x_records.Axis], good: slice) -> None:
    """Put records, which all hold the same number of samples, where they belong."""
    index = plan.index
    count = int(index.count[good][0])
    grid = [axis.reshape(-1, count) for axis in axes]
    row, second = plan.row[good], index.second[good]
    ends = np.append(np.flatnonzero(np.diff(row) != count) + 1, row.size)
    begin = 0
    for end in ends.tolist():
        rows = slice(int(row[begin]), int(row[begin]) + (end - begin) * count)
        _fill_times(samples.time[rows], second[begin:end], count, plan)
        for axis, values in enumerate(grid):
            np.divide(values[begin:end].ravel(), index.scale, out=samples.accel[rows, axis])
        begin = end


def _fill_times(out: NDArray[np.float64], second: Ints, count: int, plan: _Plan) -> None:
    grid = out.reshape(second.size, count)
    np.add(second[:, None], np.arange(count) / plan.index.info.hz, out=grid)
    grid += plan.offset


def _fill_idle(plan: _Plan, samples: Samples) -> None:
    for row, second, seconds in plan.idle.tolist():
        rows = slice(row, row + seconds * plan.hz)
        _fill_times(samples.time[rows], np.arange(second, second + seconds), plan.hz, plan)
        samples.accel[rows] = samples.accel[row - 1]


def _quality(path: Path, plan: _Plan) -> Quality:
    index = plan.index
    end = index.second[-1] + (index.count[-1] - 1) / index.info.hz
    return Quality(
        format="gt3x",
        device=index.info.device,
        serial_number=index.info.serial_number,
        firmware=index.info.firmware,
        nominal_hz=index.info.hz,
        start=float(index.second[0] + plan.offset),
        end=float(end + plan.offset),
        file_bytes=path.stat().st_size,
        blocks=int(index.second.size),
        blocks_lost=index.damaged,
    )


def _log_findings(plan: _Plan, time_zone: str) -> list[Finding]:
    index, found = plan.index, []
    if index.is_cut:
        found.append(finding("archive_cut"))
    elif index.cut_bytes:
        found.append(finding("truncated_tail", bytes=index.cut_bytes))
    if index.damaged:
        found.append(finding("bad_blocks", count=index.damaged))
    if index.fifo_errors:
        found.append(finding("device_errors", count=index.fifo_errors))
    if partial := int((index.count < plan.hz).sum()):
        found.append(finding("partial_block", count=partial))
    if plan.idle.size:
        slept = float(plan.idle[:, 2].sum())
        found.append(finding("idle_filled", count=len(plan.idle), seconds=slept))
    if _is_rotated(index.info):
        found.append(finding("axes_corrected", firmware=index.info.firmware))
    first = float(index.second[0])
    return [*found, *offset_findings(index.info.zone_offset_s, first, time_zone)]


def _timeline(plan: _Plan) -> timeline.Timeline:
    """The timeline with idle sleep as if recorded."""
    index, hz = plan.index, plan.index.info.hz
    first = np.concatenate([index.second, plan.idle[:, 1]])
    count = np.concatenate([index.count, plan.idle[:, 2] * plan.hz])
    row = np.concatenate([plan.row, plan.idle[:, 0]])
    by_row = np.argsort(row, kind="stable")
    step = np.full(first.size, 1 / hz)
    return timeline.of_blocks(first[by_row] + plan.offset, step, count[by_row], hz, 0.0)
