"""Axivity AX3 and AX6 recordings (.cwa), packed and unpacked.

The samples, instants and temperatures of a valid file equal those of SKDH 0.17.18's ReadCwa bit for
bit; gyroscope values are in rad/s here (ReadCwa gives deg/s, although SKDH's gait takes rad/s).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality import timeline
from wearline_processor.quality.catalogue import finding
from wearline_processor.quality.rows import RowTally
from wearline_processor.quality.still import WINDOW_S, Windows, moments
from wearline_processor.readers import axivity_sectors as sectors
from wearline_processor.readers.blocks import Arrangement, Blocks, Ints, arrange, tolerances
from wearline_processor.readers.instants import utc_offset
from wearline_processor.readers.samples import Measures, Samples, spread_times
from wearline_processor.recording import Finding, Floats, Quality, Reading

_BLOCKS_AT_ONCE = 256
_LIMIT = 0.997  # of the range: the last step of the packed format lies this far in


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to decode: (M,) blocks of the index in order, with their first naive instant, the
    seconds between their samples, and how many they hold."""

    index: sectors.Index
    blocks: Ints
    first: Floats
    step: Floats
    count: Ints

    @property
    def blocks_per_window(self) -> int:
        return max(round(WINDOW_S * self.index.hz / self.index.layout.samples), 1)

    @property
    def window_s(self) -> float:
        return self.blocks_per_window * self.index.layout.samples / self.index.hz

    def chunks(self) -> Iterator[_Plan]:
        """The plan in pieces that are decoded at once, of whole windows."""
        size = max(_BLOCKS_AT_ONCE // self.blocks_per_window, 1) * self.blocks_per_window
        for begin in range(0, self.blocks.size, size):
            part = slice(begin, begin + size)
            yield _Plan(
                self.index, self.blocks[part], self.first[part], self.step[part], self.count[part]
            )


def read(
    path: Path,
    options: Mapping[str, Any],
    time_zone: str,
    *,
    raw: bool = True,
) -> Reading:
    """Read a .cwa file; its gyroscope is left where `options["gyro"]` is False.

    Raises RecordingUnreadable.
    """
    with path.open("rb") as file:
        index = sectors.scan(file)
        arrangement = _arranged(index)
        plan = _timed(index, arrangement)
        offset, doubts = utc_offset(float(plan.first[0]), time_zone)
        quality = _quality(plan, offset)
        quality.findings = [*_block_findings(index), *arrangement.findings, *doubts]
        measures = Measures(RowTally(range_g=index.range_g), Windows(plan.window_s))
        samples = _samples(plan, gyro=options.get("gyro", True)) if raw else None
        for chunk in plan.chunks():
            _take(file, chunk, offset, measures, samples)
    measures.describe(_timeline(plan, offset), quality, time_zone)
    return Reading(quality, samples.recording(index.hz) if samples else None)


def _arranged(index: sectors.Index) -> Arrangement:
    header = index.header
    blocks = Blocks(
        session=header["session"].astype(np.int64),
        sequence=header["sequence"].astype(np.int64),
        start=sectors.starts(header),
        length=header["count"] / sectors.rates(header["rate"]),
    )
    return arrange(
        blocks,
        lambda block: header[block].tobytes() + index.checksum[block].tobytes(),
        damaged=index.damaged,
    )


def _timed(index: sectors.Index, arrangement: Arrangement) -> _Plan:
    """Give each block its first instant and its step, by SKDH's rule.

    The device stamps whole seconds and counts samples evenly, so a block that continues the one
    before it, to within a second, begins exactly where that one ended.
    """
    header = index.header[arrangement.order]
    count = header["count"].astype(np.int64)
    first = sectors.starts(header)
    end = first + count / sectors.rates(header["rate"])
    continues = np.zeros(first.size, dtype=bool)
    continues[1:] = arrangement.follows[1:] & (np.abs(first[1:] - end[:-1]) < 1.0)
    first = np.where(continues, np.roll(end, 1), first)
    return _Plan(index, arrangement.order, first, (end - first) / count, count)


def _quality(plan: _Plan, offset: float) -> Quality:
    index = plan.index
    return Quality(
        format="axivity",
        device=index.device,
        serial_number=index.serial_number,
        firmware=index.firmware,
        nominal_hz=index.hz,
        start=float(plan.first[0] + offset),
        end=float(plan.first[-1] + (plan.count[-1] - 1) * plan.step[-1] + offset),
        file_bytes=index.file_bytes,
        blocks=int(plan.blocks.size),
        blocks_lost=index.damaged,
    )


def _block_findings(index: sectors.Index) -> list[Finding]:
    found = []
    if index.tail_bytes:
        found.append(finding("truncated_tail", bytes=index.tail_bytes))
    if index.damaged:
        found.append(finding("bad_blocks", count=index.damaged))
    if index.padding:
        found.append(finding("trailing_bytes", bytes=index.padding * sectors.SECTOR))
    if partial := int((index.header["count"] < index.layout.samples).sum()):
        found.append(finding("partial_block", count=partial))
    rates = {index.hz, *np.unique(sectors.rates(index.header["rate"])).tolist()}
    if len(rates) > 1:
        listed = ", ".join(f"{rate:g}" for rate in sorted(rates))
        found.append(finding("sampling_rate_changed", rates=listed))
    return found


def _timeline(plan: _Plan, offset: float) -> timeline.Timeline:
    tolerance = float(tolerances(plan.count / plan.index.hz).max())
    return timeline.of_blocks(plan.first + offset, plan.step, plan.count, plan.index.hz, tolerance)


def _samples(plan: _Plan, *, gyro: bool) -> Samples:
    has_gyro = plan.index.layout.axes > 3
    return Samples.of(int(plan.count.sum()), gyro=gyro and has_gyro, temperature=True)


def _take(
    file: BinaryIO, chunk: _Plan, offset: float, measures: Measures, samples: Samples | None
) -> None:
    """Decode a chunk, count what it holds, and keep its samples where they are wanted."""
    index = chunk.index
    data = sectors.read_sectors(file, index.sector[chunk.blocks])
    axes = sectors.decode(data, index.layout)
    _measure(chunk, axes[-3:], offset, measures)
    if samples is not None:
        _keep(chunk, axes, offset, samples)


def _present(chunk: _Plan) -> NDArray[np.bool_] | None:
    """Which places of a (B, samples) chunk hold samples; None where all do."""
    full = chunk.index.layout.samples
    if (chunk.count == full).all():
        return None
    return np.arange(full)[None, :] < chunk.count[:, None]


def _keep(chunk: _Plan, axes: list[sectors.Axis], offset: float, samples: Samples) -> None:
    header = chunk.index.header[chunk.blocks]
    present = _present(chunk)
    rows = samples.next(int(chunk.count.sum()))
    times = np.empty(chunk.blocks.size * chunk.index.layout.samples)
    spread_times(times, chunk.first, chunk.step, chunk.index.layout.samples)
    times += offset
    samples.time[rows] = times if present is None else times[present.ravel()]
    per_g = _scalar_or_column(sectors.accel_per_g(header))
    for axis, values in enumerate(axes[-3:]):
        _store(samples.accel[rows, axis], values, per_g, present)
    if samples.gyro is not None:
        per_degree = _scalar_or_column(sectors.gyro_per_degree(header))
        for axis, values in enumerate(axes[:3]):
            _store(samples.gyro[rows, axis], values, per_degree, present)
        np.deg2rad(samples.gyro[rows], out=samples.gyro[rows])
    if samples.temperature is not None:
        samples.temperature[rows] = np.repeat(sectors.celsius(header), chunk.count)


def _scalar_or_column(scale: Floats) -> float | Floats:
    return float(scale[0]) if (scale == scale[0]).all() else scale[:, None]


def _store(
    out: Floats, values: sectors.Axis, scale: float | Floats, present: NDArray[np.bool_] | None
) -> None:
    if present is None and isinstance(scale, float):
        np.divide(values.ravel(), scale, out=out)
    else:
        scaled = values / scale
        out[:] = scaled.ravel() if present is None else scaled[present]


def _measure(chunk: _Plan, axes: list[sectors.Axis], offset: float, measures: Measures) -> None:
    """Count in device units, or in g where the range changes within the chunk."""
    header = chunk.index.header[chunk.blocks]
    measures.rows.add_temperatures(sectors.celsius(header))
    scale = _scalar_or_column(sectors.accel_per_g(header))
    unit, per_g = (axes, scale) if isinstance(scale, float) else ([a / scale for a in axes], 1.0)
    present = _present(chunk)
    x, y, z = (axis.ravel() if present is None else axis[present] for axis in unit)
    limit = chunk.index.range_g * _LIMIT * per_g
    measures.rows.add((x, y, z), -limit, limit)
    means, variances = moments((x, y, z), chunk.blocks_per_window * chunk.index.layout.samples)
    starts = chunk.first[:: chunk.blocks_per_window][: len(means)] + offset
    measures.windows.add(starts, means / per_g, variances / per_g**2)
