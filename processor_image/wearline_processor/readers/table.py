"""Tables of text: device exports, and any table whose columns the study configuration names.

Numbers go through pandas' default parser, which ReadCSV of SKDH 0.17.18 uses, so that they equal
its numbers bit for bit. Gaps are not filled (ReadCSV would invent still samples); acceleration in
m/s² is divided by 9.81, SKDH's value for g.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wearline_processor.quality.catalogue import finding, unreadable
from wearline_processor.readers import arrays, table_times
from wearline_processor.readers.instants import utc_offset
from wearline_processor.readers.table_layout import Layout, layout
from wearline_processor.recording import Floats, Quality, Reading, Recording

_ROWS_AT_ONCE = 1 << 18
_G = 9.81


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of this layout, with the columns that are wanted: their names in order."""

    path: Path
    layout: Layout
    time: str | None
    numbers: tuple[str, ...]

    def pieces(self, **more: Any) -> Iterator[Any]:  # noqa: ANN401 - pandas has no types here
        """The wanted columns, some rows at a time."""
        wanted = [*self.numbers, *([self.time] if self.time else [])]
        reader = pd.read_csv(
            self.path,
            sep=self.layout.delimiter,
            decimal=self.layout.decimal,
            header=None,
            names=list(self.layout.names),
            index_col=False,
            skiprows=self.layout.skip,
            usecols=list(dict.fromkeys(wanted)),
            chunksize=_ROWS_AT_ONCE,
            encoding_errors="replace",
            **more,
        )
        with reader as pieces:
            yield from pieces


def read(path: Path, options: Mapping[str, Any], time_zone: str, *, raw: bool = True) -> Reading:
    """Read a table by the options of `format: {csv: {...}}`. Raises RecordingUnreadable."""
    table = _table(path, options)
    quality = Quality(
        format="csv",
        device=table.layout.device,
        serial_number=table.layout.serial_number,
        firmware=table.layout.firmware,
        file_bytes=path.stat().st_size,
    )
    numbers, time = _columns(table)
    numbers, time = _whole_rows(table, numbers, time, quality)
    if len(numbers) < 2:
        raise unreadable("samples_missing", format="table")
    time, rows, fs = _clock(table, options, time, len(numbers), time_zone, quality)
    recording = _recording(options, numbers[rows], time, fs)
    return arrays.reading(recording, quality, time_zone, raw=raw)


def _table(path: Path, options: Mapping[str, Any]) -> _Table:
    found = layout(path)
    numbers = [*options["accel"], *(options.get("gyro") or ())]
    numbers += [options["temperature"]] if options.get("temperature") else []
    for column in (*numbers, *([options["time"]] if options.get("time") else [])):
        if column not in found.names:
            raise unreadable(
                "column_missing", column=repr(column), columns=", ".join(found.names[:20])
            )
    if len(set(found.names)) < len(found.names):
        raise unreadable("format_options_invalid", problem="two columns have the same name")
    return _Table(path, found, options.get("time"), tuple(numbers))


def _columns(table: _Table) -> tuple[Floats, Floats | None]:
    """All numbers (N, columns), and naive unix seconds (N,)."""
    blocks, times = [], []
    try:
        numeric = dict.fromkeys(table.numbers, np.float64)
        time_type = {table.time: _time_type(table)} if table.time else {}
        for piece in table.pieces(dtype=numeric | time_type):
            blocks.append(piece[list(table.numbers)].to_numpy())
            if table.time and len(piece):
                times.append(_seconds(table, piece[table.time]))
    except (ValueError, OverflowError) as error:
        raise _bad_cell(table, error) from error
    if not sum(map(len, blocks)):
        raise unreadable("samples_missing", format="table")
    return np.concatenate(blocks), np.concatenate(times) if times else None


def _seconds(table: _Table, column: Any) -> Floats:  # noqa: ANN401 - a pandas column
    if table.layout.decimal != "." and column.dtype.kind != "f":
        column = column.str.replace(table.layout.decimal, ".")
    return table_times.seconds(column, table.layout.date_format)


def _time_type(table: _Table) -> Any:  # noqa: ANN401 - a type for pandas
    """Numbers where the first time is one, else text."""
    for piece in table.pieces(dtype=str, nrows=1):
        first = str(piece[table.time].iloc[0]) if len(piece) else ""
        try:
            return np.float64 if table_times.unit_of(float(first)) else str
        except ValueError:
            return str
    return str


def _bad_cell(table: _Table, error: Exception) -> Exception:
    """Which cell is no number: its place, never its value."""
    row = 0
    try:
        for piece in table.pieces(dtype=str):
            for column in table.numbers:
                values = pd.to_numeric(piece[column], errors="coerce")
                bad = np.flatnonzero(values.isna() & piece[column].notna())
                if bad.size:
                    place = {"column": repr(column), "row": row + int(bad[0]) + 1}
                    return unreadable("value_unparsable", expected="a number", **place)
            row += len(piece)
    except (ValueError, OverflowError):
        pass
    return unreadable("content_damaged", format="table", problem=type(error).__name__)


def _whole_rows(
    table: _Table, numbers: Floats, time: Floats | None, quality: Quality
) -> tuple[Floats, Floats | None]:
    """Only the rows in which every wanted cell holds a number or a time."""
    whole = np.asarray(np.isfinite(numbers).all(axis=1))
    if time is not None:
        whole &= np.isfinite(time)
        if table.time and not np.isfinite(time[:100]).any():
            raise unreadable(
                "value_unparsable", column=repr(table.time), row=1, expected="a time (ISO 8601)"
            )
    lost = int(whole.size - whole.sum())
    if lost == 0:
        return numbers, time
    if lost == 1 and not whole[-1]:
        quality.findings.append(finding("truncated_tail", bytes=_last_line_bytes(table.path)))
    else:
        quality.findings.append(finding("values_missing", count=lost))
    return numbers[whole], None if time is None else time[whole]


def _last_line_bytes(path: Path) -> int:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 4096, 0))
        return len(file.read().rstrip(b"\r\n").rpartition(b"\n")[2])


def _clock(
    table: _Table,
    options: Mapping[str, Any],
    time: Floats | None,
    rows: int,
    time_zone: str,
    quality: Quality,
) -> tuple[Floats, slice, float]:
    """The instants, the rows that have one, and the nominal rate."""
    given = options.get("sampling_rate") or table.layout.hz
    if time is None:
        text = options.get("start") or table.layout.start
        if text is None or not given:
            problem = "there is no time column, so `start` and `sampling_rate` are needed"
            raise unreadable("format_options_invalid", problem=problem)
        first = _start(str(text))
        offset = _offset(str(text), float(first), options, time_zone, quality)
        return first + np.arange(rows) / given + offset, slice(None), float(given)
    spread, kept, spread_hz, findings = table_times.spread(time)
    quality.findings += findings
    offset = _offset(_first_time(table), float(spread[0]), options, time_zone, quality)
    fs = given or spread_hz or table_times.rate(spread)
    if not fs:
        raise unreadable("format_options_invalid", problem="the times do not show a sampling rate")
    if not given:
        quality.findings.append(finding("sampling_rate_estimated", measured=fs))
    return spread + offset, kept, float(fs)


def _start(text: str) -> float:
    value = float(table_times.seconds(pd.Series([text], dtype=object), None)[0])
    if not np.isfinite(value):
        raise unreadable("format_options_invalid", problem=f"`start` {text!r} is no ISO 8601 time")
    return value


def _first_time(table: _Table) -> str:
    for piece in table.pieces(dtype=str, nrows=1):
        return str(piece[table.time].iloc[0])
    return ""


def _offset(
    text: str, first: float, options: Mapping[str, Any], time_zone: str, quality: Quality
) -> float:
    """What to add to times that were taken as UTC: nothing where they are instants already."""
    has_offset, is_z = table_times.marks(text)
    if has_offset or options.get("clock", "local") == "utc":
        return 0.0
    if is_z:
        quality.findings.append(finding("clock_marked_utc"))
    offset, doubts = utc_offset(first, time_zone)
    quality.findings += doubts
    return offset


def _recording(options: Mapping[str, Any], numbers: Floats, time: Floats, fs: float) -> Recording:
    accel = np.ascontiguousarray(numbers[:, :3])
    if options.get("unit", "g") == "m/s^2":
        accel /= _G
    gyro = np.ascontiguousarray(numbers[:, 3:6]) if options.get("gyro") else None
    if gyro is not None and options.get("gyro_unit") == "deg/s":
        gyro = np.deg2rad(gyro)
    temperature = np.ascontiguousarray(numbers[:, -1]) if options.get("temperature") else None
    return Recording(time, accel, fs, gyro, temperature)
