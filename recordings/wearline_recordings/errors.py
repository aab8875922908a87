"""What an encoder cannot write."""

from __future__ import annotations


class RecordingError(ValueError):
    """A signal that a device could not have recorded."""


class RateError(RecordingError):
    """A sampling rate that the device does not have.

    device, hz, and allowed: the rates that it has.
    """

    def __init__(self, device: str, hz: float, allowed: tuple[float, ...]) -> None:
        self.device, self.hz, self.allowed = device, hz, allowed
        rates = ", ".join(f"{rate:g}" for rate in allowed)
        super().__init__(f"{device} does not sample at {hz:g} Hz; use one of {rates} Hz.")


class MissingGyroError(RecordingError):
    """A layout with a gyroscope, and a signal without: `device` says which."""

    def __init__(self, device: str) -> None:
        self.device = device
        super().__init__(f"{device} records a gyroscope; make the signal with gyro=True.")
