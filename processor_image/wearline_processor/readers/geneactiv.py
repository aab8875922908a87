"""GENEActiv recordings (.bin).

The samples, instants and temperatures of a valid file equal those of SKDH 0.17.18's ReadBin bit
for bit. Each page carries its own time; light and button are not read, since no process takes
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wearline_processor.quality import timeline
from wearline_processor.quality.catalogue import finding, unreadable
from wearline_processor.quality.rows import RowTally
from wearline_processor.quality.still import WINDOW_S, Windows, moments
from wearline_processor.readers import geneactiv_pages as pages
from wearline_processor.readers.blocks import Blocks, Ints, arrange, tolerances
from wearline_processor.readers.instants import offset_findings, utc_offset
from wearline_processor.readers.samples import Measures, Samples
from wearline_processor.recording import Finding, Quality, Reading

_PAGES_AT_ONCE = 120


@dataclass(slots=True)
class _Decoding:
    """A pass over the pages of a file in order; `good` says which of them could be decoded."""

    header: pages.Header
    index: pages.Index
    order: Ints
    offset: float
    samples: Samples | None
    measures: Measures
    good: list[NDArray[np.bool_]] = field(default_factory=list)


def read(
    path: Path,
    _options: Mapping[str, Any],
    time_zone: str,
    *,
    raw: bool = True,
) -> Reading:
    """Read a .bin file. Raises RecordingUnreadable."""
    with path.open("rb") as file:
        header, index = pages.read_header(file), pages.scan(file)
        order, findings = _arranged(file, index)
        offset, doubts = utc_offset(float(index.start[order[0]]), time_zone)
        run = _Decoding(
            header=header,
            index=index,
            order=order,
            offset=offset,
            samples=Samples.of(order.size * pages.SAMPLES, temperature=True) if raw else None,
            measures=Measures(RowTally(range_g=header.range_g), Windows(_window_s(index))),
        )
        for begin in range(0, order.size, _PAGES_AT_ONCE):
            _take(file, run, order[begin : begin + _PAGES_AT_ONCE])
    good = np.concatenate(run.good)
    if not good.any():
        raise unreadable("samples_missing", format="GENEActiv")
    damaged = index.damaged + int((~good).sum())
    quality = _quality(run, order[good], damaged)
    first = float(index.start[order[0]])
    doubts += offset_findings(header.zone_offset_s, first, time_zone)
    quality.findings = [*_page_findings(run, damaged), *findings, *doubts]
    run.measures.describe(_timeline(run, order[good]), quality, time_zone)
    return Reading(quality, run.samples.recording(_hz(index)) if run.samples else None)


def _arranged(file: BinaryIO, index: pages.Index) -> tuple[Ints, list[Finding]]:
    blocks = Blocks(
        session=np.zeros(index.sequence.size, dtype=np.int64),
        sequence=index.sequence,
        start=index.start,
        length=pages.SAMPLES / index.hz,
    )

    def digest(page: int) -> bytes:
        file.seek(int(index.page[page]))
        return file.read(int(index.digits[page] - index.page[page]) + pages.DIGITS)

    arrangement = arrange(blocks, digest, damaged=index.damaged)
    return arrangement.order, arrangement.findings


def _hz(index: pages.Index) -> float:
    return float(index.hz[0])


def _pages_per_window(index: pages.Index) -> int:
    return max(round(WINDOW_S * _hz(index) / pages.SAMPLES), 1)


def _window_s(index: pages.Index) -> float:
    return _pages_per_window(index) * pages.SAMPLES / _hz(index)


def _take(file: BinaryIO, run: _Decoding, chunk: Ints) -> None:
    """Decode a chunk of pages, count what they hold, and keep their samples where wanted."""
    axes, good = pages.decode(file, run.index.digits[chunk])
    run.good.append(good)
    chunk = chunk[good]
    if not chunk.size:
        return
    _measure(run, chunk, axes)
    if run.samples is not None:
        _keep(run, run.samples, chunk, axes)


def _keep(run: _Decoding, samples: Samples, chunk: Ints, axes: list[pages.Axis]) -> None:
    rows = samples.next(chunk.size * pages.SAMPLES)
    times = samples.time[rows].reshape(chunk.size, pages.SAMPLES)
    within = np.arange(pages.SAMPLES, dtype=np.float64)
    np.add(run.index.start[chunk, None], within / run.index.hz[chunk, None], out=times)
    times += run.offset
    for axis, values in enumerate(axes):
        scaled = values * 100.0
        scaled -= run.header.offset[axis]
        np.divide(scaled, run.header.gain[axis], out=samples.accel[rows, axis])
    if samples.temperature is not None:
        temperature = samples.temperature[rows].reshape(chunk.size, pages.SAMPLES)
        temperature[:] = run.index.temperature[chunk, None]


def _measure(run: _Decoding, chunk: Ints, axes: list[pages.Axis]) -> None:
    x, y, z = axes
    run.measures.rows.add((x, y, z), pages.LOW, pages.HIGH)
    run.measures.rows.add_temperatures(run.index.temperature[chunk])
    width = _pages_per_window(run.index)
    means, variances = moments(axes, width * pages.SAMPLES)
    starts = run.index.start[chunk][::width][: len(means)] + run.offset
    offset, gain = np.array(run.header.offset), np.array(run.header.gain)
    run.measures.windows.add(starts, (means * 100 - offset) / gain, variances * (100 / gain) ** 2)


def _quality(run: _Decoding, order: Ints, damaged: int) -> Quality:
    index, last = run.index, order[-1]
    return Quality(
        format="geneactiv",
        device=run.header.device,
        serial_number=run.header.serial_number,
        firmware=run.header.firmware,
        nominal_hz=_hz(index),
        start=float(index.start[order[0]] + run.offset),
        end=float(index.start[last] + (pages.SAMPLES - 1) / index.hz[last] + run.offset),
        file_bytes=index.file_bytes,
        blocks=int(order.size),
        blocks_lost=damaged,
    )


def _page_findings(run: _Decoding, damaged: int) -> list[Finding]:
    index, claimed, found = run.index, run.header.pages, []
    if index.tail_bytes:
        found.append(finding("truncated_tail", bytes=index.tail_bytes))
    if index.trailing_bytes:
        found.append(finding("trailing_bytes", bytes=index.trailing_bytes))
    if damaged:
        found.append(finding("bad_blocks", count=damaged))
    if claimed is not None and claimed != index.page.size + index.damaged:
        found.append(finding("pages_differ", header=claimed, found=index.page.size))
    rates = np.unique(index.hz).tolist()
    if len(rates) > 1 or int(rates[0]) != int(run.header.hz):
        listed = ", ".join(f"{rate:g}" for rate in sorted({*rates, run.header.hz}))
        found.append(finding("sampling_rate_changed", rates=listed))
    return found


def _timeline(run: _Decoding, order: Ints) -> timeline.Timeline:
    hz = run.index.hz[order]
    count = np.full(order.size, pages.SAMPLES)
    tolerance = float(tolerances(count / hz).max())
    first = run.index.start[order] + run.offset
    return timeline.of_blocks(first, 1 / hz, count, _hz(run.index), tolerance)
