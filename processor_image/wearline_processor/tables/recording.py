"""The recording itself: what it is, how long, how good; one row, also of a run that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from wearline_processor.engine import Outcome
from wearline_processor.plan import Plan
from wearline_processor.recording import Quality
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed

_AXES = ("x", "y", "z")

TABLE = Table(
    "recording",
    "One row for the recording: its file, device, span and calibration.",
    sealed(
        [
            Column("bucket", "string", "Bucket of the file."),
            Column(
                "version_id", "string", "Version of the file; null in a bucket without versions."
            ),
            Column("sha256", "string", "SHA-256 of the file."),
            Column("format", "string", "Format, recognised by content."),
            Column("device", "string", "Kind of device, from the header."),
            Column("serial_number", "string", "Serial number of the device."),
            Column("firmware", "string", "Firmware of the device."),
            Column("time_zone", "string", "IANA time zone of all local times."),
        ],
        instants("start", "First sample"),
        instants("end", "Last sample"),
        [
            Column("duration_h", "number", "From first to last sample.", "h"),
            Column("rows", "integer", "Samples."),
            Column("nominal_hz", "number", "Sampling rate that the file states.", "Hz"),
            Column("measured_hz", "number", "Sampling rate by its timestamps.", "Hz"),
            Column("gaps", "integer", "Gaps in time."),
            Column("gap_s", "number", "Their sum.", "s"),
            Column("worn_h", "number", "Time worn, by the wear step; null without one.", "h"),
            Column(
                "calibrated",
                "boolean",
                "Whether calibration was fitted and applied; null without the step.",
            ),
        ],
        [
            Column(
                f"calibration_offset_{axis}_g",
                "number",
                f"Calibration offset, axis {axis}.",
                "g",
                f"offset[{index}]",
            )
            for index, axis in enumerate(_AXES)
        ],
        [
            Column(
                f"calibration_scale_{axis}",
                "number",
                f"Calibration scale, axis {axis}.",
                None,
                f"scale[{index}]",
            )
            for index, axis in enumerate(_AXES)
        ],
        [
            Column(
                f"calibration_temperature_{axis}_g_degc",
                "number",
                f"Calibration drift with temperature, axis {axis}.",
                "g/degC",
                f"temperature scale[0, {index}]",
            )
            for index, axis in enumerate(_AXES)
        ],
        [
            Column(
                "walking_predicted_min",
                "number",
                "Time in predicted walking; null without PredictGaitLumbarLgbm.",
                "min",
            ),
            Column(
                "instants_sha256",
                "string",
                "SHA-256 of the instants as read, of a pipeline without steps: see `fingerprint`.",
            ),
            Column("samples_sha256", "string", "The same of all samples."),
            Column("release", "string", "Processor release."),
            Column("engine", "string", "lean or stock."),
        ],
    ),
    process="CalibrateAccelerometer",
)


def row(plan: Plan, quality: Quality, outcome: Outcome | None, sha256: str, zone: ZoneInfo) -> Row:
    """The one row. `outcome` is None for a run that failed before its steps."""
    span = None
    if quality.start is not None and quality.end is not None:
        span = (quality.end - quality.start) / 3600
    return {
        "bucket": plan.source.bucket,
        "version_id": plan.source.version_id,
        "sha256": sha256,
        "time_zone": plan.time_zone,
        "release": plan.release,
        "engine": plan.engine,
        **{name: getattr(quality, name) for name in _FROM_QUALITY},
        **both("start", quality.start, zone),
        **both("end", quality.end, zone),
        "duration_h": span,
        **(_from_outcome(outcome) if outcome else {}),
    }


_FROM_QUALITY = (
    "format",
    "device",
    "serial_number",
    "firmware",
    "rows",
    "nominal_hz",
    "measured_hz",
    "gaps",
    "gap_s",
)


def _from_outcome(outcome: Outcome) -> Row:
    values: dict[str, Any] = {}
    if outcome.fingerprint is not None:
        values["instants_sha256"] = outcome.fingerprint.instants
        values["samples_sha256"] = outcome.fingerprint.samples
    if outcome.wear is not None:
        values["worn_h"] = float(np.diff(outcome.wear, axis=1).sum()) / 3600
    if calibration := outcome.find("CalibrateAccelerometer"):
        values |= _calibration(calibration.results)
    if prediction := outcome.find("PredictGaitLumbarLgbm"):
        bouts = prediction.results["Gait Bout Stop"] - prediction.results["Gait Bout Start"]
        values["walking_predicted_min"] = float(bouts.sum()) / 60
    return values


def _calibration(results: Mapping[str, Any]) -> Row:
    """SKDH answers with an identity when it could not fit: null then, with `calibrated` false."""
    calibrated = "scale" in results and not np.all(results["scale"] == 1)
    if not calibrated:
        return {"calibrated": False}
    values: dict[str, Any] = {"calibrated": True}
    for index, axis in enumerate(_AXES):
        values[f"calibration_offset_{axis}_g"] = results["offset"][index]
        values[f"calibration_scale_{axis}"] = results["scale"][index]
        drift = results["temperature scale"][0, index]
        values[f"calibration_temperature_{axis}_g_degc"] = drift
    return values
