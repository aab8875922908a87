"""The command: `python -m wearline_recordings OUT --kind wrist --hours 36 --hz 50 --seed 1`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from wearline_recordings import axivity, csv_file, faults, geneactiv, gt3x, lumbar, wrist
from wearline_recordings.errors import RecordingError
from wearline_recordings.schedule import seated_day
from wearline_recordings.signal import Signal

FORMATS: dict[str, Callable[[Path, Signal], int]] = {
    "cwa": axivity.write,
    "cwa-unpacked": partial(axivity.write, layout=axivity.AX3),
    "cwa-ax6": partial(axivity.write, layout=axivity.AX6),
    "bin": geneactiv.write,
    "gt3x": gt3x.write,
    "gt3x-12bit": partial(gt3x.write, activity=gt3x.Record.ACTIVITY),
    "gt3x-idle": partial(gt3x.write, idle_sleep=True),
    "csv": csv_file.write,
}
FAULTS = sorted({name for names in faults.BY_FORMAT.values() for name in names})


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser(
        prog="python -m wearline_recordings",
        description="Write a recording of a wearable sensor, made from a stated signal model.",
    )
    options.add_argument("out", type=Path, metavar="OUT", help="the file to write")
    options.add_argument("--kind", choices=("wrist", "lumbar", "lumbar-day"), default="wrist")
    options.add_argument("--format", choices=tuple(FORMATS), help="default: as OUT's suffix says")
    options.add_argument("--hours", type=float, default=36.0, help="its length (default 36)")
    options.add_argument("--hz", type=float, default=50.0, help="sampling rate (default 50)")
    options.add_argument("--seed", type=int, default=1, help="the same seed, the same file")
    options.add_argument(
        "--start",
        type=datetime.fromisoformat,
        default=datetime.fromisoformat("2024-03-11T09:00"),
        help="wall clock of the first sample (default 2024-03-11T09:00)",
    )
    options.add_argument(
        "--cadence", type=float, default=108.0, help="steps a minute, lumbar only (default 108)"
    )
    options.add_argument("--fault", choices=FAULTS, help="damage what was written")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit code."""
    options = parser().parse_args(arguments)
    name = options.format or options.out.suffix.lstrip(".").lower()
    suffix = name.partition("-")[0]
    if name not in FORMATS:
        return _refused(f"{options.out}: say its format with --format ({', '.join(FORMATS)}).")
    if options.fault and options.fault not in faults.BY_FORMAT[suffix]:
        known = ", ".join(faults.BY_FORMAT[suffix])
        return _refused(f"A {suffix} has no fault {options.fault}; it has {known}.")
    try:
        rows = FORMATS[name](options.out, _signal(options, gyro=name == "cwa-ax6"))
    except RecordingError as error:
        return _refused(str(error))
    if options.fault:
        damage = faults.BY_FORMAT[suffix][options.fault]
        options.out.write_bytes(damage(options.out.read_bytes()))
    print(f"{options.out}: {rows:,} samples, {options.out.stat().st_size:,} bytes")
    return 0


def _signal(options: argparse.Namespace, *, gyro: bool) -> Signal:
    common = {name: getattr(options, name) for name in ("hours", "hz", "start", "seed")}
    if options.kind == "wrist":
        return wrist.signal(**common, gyro=gyro)
    day = seated_day(options.hours, options.seed) if options.kind == "lumbar-day" else None
    return lumbar.signal(**common, cadence=options.cadence, schedule=day, gyro=gyro)


def _refused(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
