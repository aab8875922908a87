"""GENEActiv .bin: text, a header of 59 lines and then pages of 10 lines, each ended by CR LF.

Layout after the GENEActiv instruction manual (Activinsights) and the files of real devices. A page
holds 300 samples of 6 bytes as hexadecimal digits: x, y and z in 12 bits each, light in 10, the
button in one, one spare. g = (100 * counts - offset) / gain, lux = counts * lux / volts. The clock
is the wall clock to the millisecond, which every page of a rate in `RATES` falls on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wearline_recordings.errors import RateError
from wearline_recordings.signal import Chunk, Floats, Signal

PAGE = 300
RATES = (10.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 75.0, 100.0)
VOLTS, LUX = 42, 886
HEX_PAIRS = np.frombuffer("".join(f"{byte:02X}" for byte in range(256)).encode(), dtype="<u2")


@dataclass(frozen=True)
class Device:
    """What the header says of a device and its wearer.

    gain and offset: of the factory, in counts * 100 for one g. The people and notes are here so
    that tests can show that they never leave the file.
    """

    serial: str = "051386"
    firmware: str = "Ver4.08a date14Jul14"
    gain: tuple[int, int, int] = (25522, 25457, 24829)
    offset: tuple[int, int, int] = (272, -1129, 101)
    utc_offset: str = "GMT -05:00"
    location: str = "left wrist"
    subject: str = ""
    birth: str = "1900-1-1"
    notes: str = ""


def write(path: str | Path, signal: Signal, *, device: Device | None = None) -> int:
    """Write `signal` as a .bin and return how many samples it holds: whole pages only.

    Raises RateError for a rate that the device does not have.
    """
    if signal.hz not in RATES:
        raise RateError("GENEActiv", signal.hz, RATES)
    device = device or Device()
    pages = 0
    with Path(path).open("wb") as file:
        file.write(_header(signal, device))
        for chunk in signal.blocks(PAGE):
            file.writelines(_pages(chunk, pages, signal, device))
            pages += len(chunk.accel) // PAGE
    return pages * PAGE


def stored(accel: Floats, device: Device | None = None) -> NDArray[np.float64]:
    """(n, 3) in g as a reader gets it back: rounded to counts of about 3.9 mg, and cut."""
    device = device or Device()
    hundreds = _counts(accel, device).astype(np.float64) * 100
    g: NDArray[np.float64] = (hundreds - np.array(device.offset)) / np.array(device.gain)
    return g


def _counts(accel: Floats, device: Device) -> NDArray[np.int16]:
    gain, offset = np.array((device.gain, device.offset), dtype=np.float32)
    counts = np.rint((accel * gain + offset) / np.float32(100))
    cut: NDArray[np.int16] = np.clip(counts, -2048, 2047).astype(np.int16)
    return cut


def clock(instant: datetime) -> str:
    """An instant as the file writes it, to the millisecond."""
    return f"{instant:%Y-%m-%d %H:%M:%S}:{instant.microsecond // 1000:03d}"


def _pages(chunk: Chunk, first: int, signal: Signal, device: Device) -> Iterator[bytes]:
    digits = _hexadecimal(chunk, device).tobytes()
    width = PAGE * 12
    for index in range(len(chunk.accel) // PAGE):
        page = first + index
        begins = signal.start + timedelta(seconds=page * PAGE / signal.hz)
        hours = page * PAGE / signal.hz / 3600
        lines = (
            "Recorded Data",
            f"Device Unique Serial Code:{device.serial}",
            f"Sequence Number:{page}",
            f"Page Time:{clock(begins)}",
            "Unassigned:",
            f"Temperature:{chunk.temperature[index * PAGE]:.1f}",
            f"Battery voltage:{max(4.16 - 0.0015 * hours, 3.5):.4f}",
            "Device Status:Recording",
            f"Measurement Frequency:{signal.hz:.1f}",
            "",
        )
        yield "\r\n".join(lines).encode()
        yield digits[index * width : (index + 1) * width]
        yield b"\r\n"


def _hexadecimal(chunk: Chunk, device: Device) -> NDArray[np.uint16]:
    """The samples as pairs of digits: (n, 6)."""
    x, y, z = (_counts(chunk.accel, device).astype(np.uint16) & 0xFFF).T
    light = np.clip(np.rint(chunk.light * np.float32(VOLTS / LUX)), 0, 1023).astype(np.uint16) << 2
    return HEX_PAIRS[np.column_stack((*_bytes(x, y), *_bytes(z, light)))]


def _bytes(high: NDArray[np.uint16], low: NDArray[np.uint16]) -> tuple[NDArray[np.uint8], ...]:
    """Two numbers of 12 bits as three bytes."""
    three = (high >> 4, (high << 4) | (low >> 8), low)
    return tuple(part.astype(np.uint8) for part in three)


def _header(signal: Signal, device: Device) -> bytes:
    seconds = signal.samples / signal.hz
    ends = signal.start + timedelta(seconds=seconds)
    sections = (
        _identity(device),
        CAPABILITIES,
        (
            "Configuration Info",
            f"Measurement Frequency:{signal.hz:g} Hz",
            f"Measurement Period:{-(-seconds // 3600):.0f} Hours",
            f"Start Time:{clock(signal.start)}",
            f"Time Zone:{device.utc_offset}",
        ),
        _trial(signal.start, ends),
        _subject(device),
        _calibration(device),
        ("Memory Status", f"Number of Pages:{signal.samples // PAGE}"),
    )
    return "".join("\r\n".join((*section, "", "")) for section in sections).encode()


CAPABILITIES = (
    "Device Capabilities",
    "Accelerometer Range:-8 to 8",
    "Accelerometer Resolution:0.0039",
    "Accelerometer Units:g",
    "Light Meter Range:0 to 5000",
    "Light Meter Resolution:5",
    "Light Meter Units:lux",
    "Temperature Sensor Range:0 to 70",
    "Temperature Sensor Resolution:0.1",
    "Temperature Sensor Units:deg. C",
)


def _identity(device: Device) -> tuple[str, ...]:
    return (
        "Device Identity",
        f"Device Unique Serial Code:{device.serial}",
        "Device Type:GENEActiv",
        "Device Model:1.1",
        f"Device Firmware Version:{device.firmware}",
        "Calibration Date:2019-02-04 13:49:24:000",
    )


def _trial(starts: datetime, ends: datetime) -> tuple[str, ...]:
    return (
        "Trial Info",
        "Study Centre:",
        "Study Code:",
        "Investigator ID:",
        "Exercise Type:",
        "Config Operator ID:",
        f"Config Time:{clock(starts)}",
        "Config Notes:",
        "Extract Operator ID:",
        f"Extract Time:{clock(ends)}",
        "Extract Notes:(device clock drift 0s)",
    )


def _subject(device: Device) -> tuple[str, ...]:
    return (
        "Subject Info",
        f"Device Location Code:{device.location}",
        f"Subject Code:{device.subject}",
        f"Date of Birth:{device.birth}",
        "Sex:",
        "Height:",
        "Weight:",
        "Handedness Code:",
        f"Subject Notes:{device.notes}",
    )


def _calibration(device: Device) -> tuple[str, ...]:
    axes = zip("xyz", device.gain, device.offset, strict=True)
    lines = (line for axis, g, o in axes for line in (f"{axis} gain:{g}", f"{axis} offset:{o}"))
    return ("Calibration Data", *lines, f"Volts:{VOLTS}", f"Lux:{LUX}")
