"""Which tables a run writes, and the files they become."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from wearline_processor.engine import Outcome
from wearline_processor.plan import Plan
from wearline_processor.recording import Quality
from wearline_processor.tables import (
    day,
    epoch,
    gait_bout,
    night,
    own,
    recording,
    schema,
    stride,
    transfer,
    wear_bout,
)
from wearline_processor.tables import (
    quality as findings,
)

# Spreadsheets are opened on these two.
AS_CSV = ("day", "night")

_BUILDERS = {
    "night": night,
    "wear_bout": wear_bout,
    "epoch": epoch,
    "gait_bout": gait_bout,
    "stride": stride,
    "transfer": transfer,
}


@dataclass(frozen=True)
class Written:
    """A table that was written, as run.json lists it."""

    name: str
    table: str
    rows: int


@dataclass(frozen=True)
class Results:
    """The tables of a run by their names, and the files that they became."""

    tables: dict[str, pa.Table]
    written: list[Written]


def succeeded(plan: Plan, quality: Quality, outcome: Outcome, sha256: str, folder: Path) -> Results:
    """Write every table of the pipeline's steps into `folder`, empty ones too."""
    zone = ZoneInfo(plan.time_zone)
    results = _about_recording(plan, quality, outcome, sha256, folder)
    wanted = [name for found in outcome.steps for name in found.step.process.tables]
    for name in dict.fromkeys(wanted):
        definition, rows = _build(name, outcome, zone)
        _write(results, schema.to_arrow(definition, plan.keys, rows), name, folder)
    return results


def failed(plan: Plan, quality: Quality, sha256: str, folder: Path) -> Results:
    """Write what is known of a recording whose run fails: itself and its findings."""
    return _about_recording(plan, quality, None, sha256, folder)


def _about_recording(
    plan: Plan, quality: Quality, outcome: Outcome | None, sha256: str, folder: Path
) -> Results:
    zone, results = ZoneInfo(plan.time_zone), Results({}, [])
    row = recording.row(plan, quality, outcome, sha256, zone)
    for definition, rows in (
        (recording.TABLE, [row]),
        (findings.TABLE, findings.rows(quality, zone)),
    ):
        _write(results, schema.to_arrow(definition, plan.keys, rows), definition.name, folder)
    return results


def _build(name: str, outcome: Outcome, zone: ZoneInfo) -> tuple[schema.Table, list[schema.Row]]:
    if name == "day":
        step = outcome.find("ActivityLevelClassification")
        assert step is not None  # noqa: S101 - its process asked for the table
        return day.table(step.step.parameters), day.rows(outcome, zone)
    if name not in _BUILDERS:
        return own.build(name, outcome, zone)
    builder = _BUILDERS[name]
    return builder.TABLE, builder.rows(outcome, zone)


def _write(results: Results, table: pa.Table, name: str, folder: Path) -> None:
    schema.write_parquet(table, folder / f"{name}.parquet")
    results.tables[name] = table
    results.written.append(Written(f"{name}.parquet", name, table.num_rows))
    if name in AS_CSV:
        schema.write_csv(table, folder / f"{name}.csv")
        results.written.append(Written(f"{name}.csv", name, table.num_rows))
