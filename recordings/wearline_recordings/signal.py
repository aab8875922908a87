"""A signal: what a sensor would measure, made chunk by chunk so that a week needs no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wearline_recordings.schedule import Period

Floats = NDArray[np.float32]


class Chunk(NamedTuple):
    """Consecutive samples, before any device quantises them.

    accel: (n, 3) in g, in the axes of the device.
    temperature: (n,) in degrees Celsius.
    light: (n,) in lux.
    gyro: (n, 3) in degrees a second, or None where the signal was made without.
    """

    accel: Floats
    temperature: Floats
    light: Floats
    gyro: Floats | None = None

    def part(self, start: int, stop: int) -> Chunk:
        """The samples from `start` up to `stop`."""
        which = slice(start, stop)
        gyro = None if self.gyro is None else self.gyro[which]
        return Chunk(self.accel[which], self.temperature[which], self.light[which], gyro)


def in_one(chunks: Sequence[Chunk]) -> Chunk:
    """The samples of consecutive chunks as one."""
    gyros = [chunk.gyro for chunk in chunks if chunk.gyro is not None]
    return Chunk(
        np.concatenate([chunk.accel for chunk in chunks]),
        np.concatenate([chunk.temperature for chunk in chunks]),
        np.concatenate([chunk.light for chunk in chunks]),
        np.concatenate(gyros) if gyros else None,
    )


@dataclass(frozen=True)
class Signal:
    """A recording before a device encodes it.

    start: the wall clock of the first sample; naive, as the devices keep it.
    hz: the true sampling rate. Sample i is taken at start + i / hz.
    samples: how many samples there are.
    periods: what the wearer truly does, in order from `start`.
    make: starts the samples again from the first; every call yields the same.
    """

    start: datetime
    hz: float
    samples: int
    periods: tuple[Period, ...]
    make: Callable[[], Iterator[Chunk]]

    def timeline(self) -> Iterator[tuple[datetime, Period]]:
        """Each period with the wall clock at which it begins."""
        begins = self.start
        for period in self.periods:
            yield begins, period
            begins += timedelta(seconds=period.seconds)

    def blocks(self, size: int) -> Iterator[Chunk]:
        """Chunks of whole blocks of `size` samples; an incomplete last block is left out."""
        held: Chunk | None = None
        for chunk in self.make():
            joined = chunk if held is None else in_one((held, chunk))
            whole = len(joined.accel) // size * size
            if whole:
                yield joined.part(0, whole)
            held = joined.part(whole, len(joined.accel))

    def whole(self) -> Chunk:
        """Every sample at once, for tests: 20 bytes a sample."""
        return in_one(list(self.make()))
