"""A recording as CSV: a row a sample, a time or an index and the acceleration in g.

Rows are laid out with a fixed width and blanks (zero bytes), which are then taken out: so a day of
samples is formatted by array operations alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wearline_recordings.signal import Floats, Signal

DECIMALS = 5
LIMIT_G = 16.0
BLANK = 0


def write(
    path: str | Path,
    signal: Signal,
    *,
    time: str = "timestamp",
    accel: tuple[str, str, str] = ("x", "y", "z"),
    clock: bool = True,
) -> int:
    """Write `signal` as CSV and return the number of rows.

    time: the name of the first column: the wall clock, as 2024-03-11T09:00:00.000000, without a
        zone; or, without a `clock`, the index of the sample, as devices without a clock export.
    accel: the names of the three columns in g, with five decimals.
    """
    rows = 0
    with Path(path).open("wb") as file:
        file.write(",".join((time, *accel)).encode() + b"\n")
        for chunk in signal.make():
            index = np.arange(rows, rows + len(chunk.accel))
            first = _instants(signal, index) if clock else _indices(index)
            file.write(_rows(first, chunk.accel).data)
            rows += len(index)
    return rows


def stored(accel: Floats) -> NDArray[np.float64]:
    """(n, 3) in g as the file holds it."""
    g: NDArray[np.float64] = _counts(accel) / 10**DECIMALS
    return g


def _counts(accel: Floats) -> NDArray[np.int64]:
    cut: NDArray[np.float64] = np.clip(accel.astype(np.float64), -LIMIT_G, LIMIT_G)
    counts: NDArray[np.int64] = np.rint(cut * 10**DECIMALS).astype(np.int64)
    return counts


def _rows(first: NDArray[np.uint8], accel: Floats) -> NDArray[np.uint8]:
    columns = [first]
    for counts in _counts(accel).T:
        columns += [_text(",", len(first)), _numbers(counts)]
    characters = np.hstack([*columns, _text("\n", len(first))]).ravel()
    kept: NDArray[np.uint8] = characters[characters != BLANK]
    return kept


def _numbers(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Decimal numbers as characters: (n, 9)."""
    whole, rest = np.divmod(np.abs(counts), 10**DECIMALS)
    parts = np.hstack((_digits(whole, 2), _text(".", len(counts)), _digits(rest, DECIMALS)))
    parts[whole < 10, 0] = BLANK
    sign = np.where(counts < 0, ord("-"), BLANK).astype(np.uint8)
    return np.column_stack((sign, parts))


def _instants(signal: Signal, index: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Wall clocks to the microsecond as characters: (n, 26)."""
    since = np.rint(index * (1e6 / signal.hz)).astype("m8[us]")
    text = np.datetime_as_string(np.datetime64(signal.start, "us") + since)
    return _characters(text.astype("S26"))


def _indices(index: NDArray[np.int64]) -> NDArray[np.uint8]:
    return _characters(index.astype("S20"))  # padded with zero bytes, which are blanks


def _characters(texts: NDArray[np.bytes_]) -> NDArray[np.uint8]:
    return texts.view(np.uint8).reshape(len(texts), -1)


def _digits(numbers: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Numbers as `width` decimal digits, with leading zeros: (n, width)."""
    powers = 10 ** np.arange(width - 1, -1, -1)
    digits: NDArray[np.uint8] = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    return digits


def _text(character: str, rows: int) -> NDArray[np.uint8]:
    return np.full((rows, 1), ord(character), dtype=np.uint8)
