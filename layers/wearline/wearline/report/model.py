"""What the study report shows, from the rows of the ledger. Pure, and plain JSON in the end.

Every text in it may come from a key, a metadata file or a device: the page shows it as text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wearline.core.completeness import NOBODY, Cell, Completeness, completeness
from wearline.core.ledger import (
    DISPOSITIONS,
    MetadataRow,
    ObjectRow,
    PipelineRow,
    ProblemRow,
    RunRow,
)
from wearline.core.places import Places
from wearline.core.run_summary import Dated, RunSummary
from wearline.core.study import StudyConfiguration
from wearline.core.valid_days import valid_days
from wearline.report.attention import attention
from wearline.report.distributions import MEASURES, outliers
from wearline.report.speaking import Speaking

SCHEMA = "wearline.report/1"
Json = dict[str, Any]
DAY_VALUES = ("recorded_h", "worn_h", "wake_mvpa_min", "wake_sedentary_min")
NIGHT_VALUES = ("asleep_min", "wake_after_sleep_onset_min", "asleep_pct")


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds of a study. ``problems`` are the open ones, ``now`` is ISO 8601."""

    study: StudyConfiguration
    rows: Sequence[ObjectRow]
    metadata: Sequence[MetadataRow]
    runs: Mapping[str, RunRow]
    problems: Sequence[ProblemRow]
    now: str


def report_model(known: Known) -> Json:
    """The whole report. Recordings are named by their place in ``recordings``."""
    places = Places(known.study, known.metadata)
    recordings = [each for row in known.rows for each in _recordings(known, places, row)]
    found = completeness(known.study, known.rows, known.metadata, known.runs)
    of_cells = Speaking(recordings)
    marked = outliers(recordings)
    for outlier in marked:
        recordings[outlier["recording"]]["outliers"].append(outlier["measure"])
    rule = known.study.valid_day
    return {
        "schema": SCHEMA,
        "study": known.study.study,
        "made": known.now,
        "valid_day": {"min_wear_h": rule.min_wear_h, "min_days": rule.min_days},
        "counts": _counts(known, found),
        "attention": attention(known.study.study, recordings, found, known.problems, of_cells),
        "matrix": _matrix(known, found, recordings, of_cells),
        "flow": _flow(recordings),
        "measures": [dict(each) for each in MEASURES],
        "outliers": marked,
        "recordings": recordings,
    }


def _counts(known: Known, found: Completeness) -> Json:
    live = [row for row in known.rows if not row.deleted]
    standing = Counter(each.shown for row in live for each in row.pipelines.values())
    cells = [cell for cell in found.cells if cell.expected]
    return {
        "files": dict(Counter(row.kind for row in live)),
        "states": {name: standing[name] for name in DISPOSITIONS},
        "stale": sum(each.overtaken is not None for row in live for each in row.pipelines.values()),
        "subjects": len(set(found.subjects) - {NOBODY}),
        "expected": len(cells),
        "succeeded": sum(cell.state == "succeeded" for cell in cells),
        "enough_days": sum(cell.enough_days is True for cell in cells if _done(cell)),
        "missing": sum(cell.state == "missing" for cell in cells),
        "problems": len(known.problems),
    }


def _done(cell: Cell) -> bool:
    return cell.state == "succeeded"


def _recordings(known: Known, places: Places, row: ObjectRow) -> Iterator[Json]:
    """One entry for each data file and pipeline; one for a file that nobody has looked at."""
    if row.kind != "data" or row.deleted:
        return
    place = places.of(row)
    about: Json = {
        "bucket": row.bucket,
        "key": row.key,
        **place._replace(subject=place.subject or NOBODY)._asdict(),
        "site": row.fields.get("site"),
        "arrived": row.arrived,
        "told_by": row.told_by,
        "repeats": len(row.repeats),
        "outliers": [],
    }
    if not row.pipelines:
        yield {**about, "pipeline": None, "state": "received", "since": row.arrived, "why": ""}
    for name, pipeline in row.pipelines.items():
        run = known.runs.get(pipeline.run_id or "")
        yield {**about, "pipeline": name, **_standing(pipeline), **_of_run(known, run)}


def _standing(pipeline: PipelineRow) -> Json:
    return {
        "state": pipeline.shown,
        "since": pipeline.since,
        "why": pipeline.why,
        "stale": pipeline.overtaken.sentence if pipeline.overtaken else None,
        "run": pipeline.run_id,
        "past": [[each.run_id, each.disposition, each.why, each.until] for each in pipeline.past],
    }


def _of_run(known: Known, run: RunRow | None) -> Json:
    if run is None:
        return {}
    return {
        "folder": f"runs/{run.run_id}/attempts/{run.result}/" if run.result else None,
        "started": run.started,
        "ended": run.ended,
        "cost": run.cost,
        "tries": [
            [each.name, each.started, each.reason.sentence if each.reason else each.outcome or ""]
            for each in run.tries
        ],
        **_of_summary(known, run.summary),
    }


def _of_summary(known: Known, summary: RunSummary | None) -> Json:
    if summary is None:
        return {}
    return {
        "format": summary.format,
        "device": summary.device,
        "serial_number": summary.serial_number,
        "first": summary.start,
        "last": summary.end,
        "recorded_h": summary.recorded_h,
        "findings": [
            [each.code, each.severity, each.sentence, each.count] for each in summary.findings
        ],
        "days": _dated(summary.days, DAY_VALUES),
        "nights": _dated(summary.nights, NIGHT_VALUES),
        "values": summary.measures,
        "valid_days": valid_days(summary, known.study.valid_day),
        "pictures": list(summary.pictures),
        "release": summary.release,
        "engine": summary.engine,
        "image": summary.image_digest,
        "sha256": summary.input_sha256,
    }


def _dated(dates: Iterable[Dated], names: Sequence[str]) -> list[list[Any]]:
    return [[each.date, *(each.values.get(name) for name in names)] for each in dates]


def _matrix(
    known: Known, found: Completeness, recordings: Sequence[Json], of_cells: Speaking
) -> Json:
    """Subjects by visit and location; a cell is null where nothing is expected and nothing is."""
    sites = {each["subject"]: each["site"] for each in recordings}
    columns = [
        (visit, place)
        for visit in found.visits
        for place in found.locations
        if any((cell.visit, cell.location) == (visit, place) for cell in found.cells)
    ]
    by_subject: dict[str, dict[tuple[str | None, str | None], Cell]] = {}
    for cell in found.cells:
        by_subject.setdefault(cell.subject, {})[cell.visit, cell.location] = cell
    return {
        "columns": [{"visit": visit, "location": place} for visit, place in columns],
        "subjects": [
            {
                "subject": subject,
                "site": sites.get(subject),
                "cells": [_cell(cells.get(column), of_cells, known.now) for column in columns],
            }
            for subject, cells in by_subject.items()
        ],
    }


def _cell(cell: Cell | None, of_cells: Speaking, now: str) -> Json | None:
    if cell is None:
        return None
    return {
        "state": cell.state,
        "age_days": age_days(cell.since, now),
        "why": cell.why,
        "valid_days": cell.valid_days,
        "enough": cell.enough_days,
        "stale": cell.stale,
        "duplicates": list(cell.duplicates),
        "recording": of_cells.of(cell),
    }


def age_days(since: str | None, now: str) -> int | None:
    """Whole days from one ISO 8601 moment to another."""
    return (datetime.fromisoformat(now) - datetime.fromisoformat(since)).days if since else None


def _flow(recordings: Sequence[Json]) -> list[Json]:
    """By day (UTC) that has any: files that arrived, and runs that ended well or failed."""
    days: dict[str, Counter[str]] = {}
    arrived = {(each["bucket"], each["key"]): each["arrived"] for each in recordings}
    for moment in arrived.values():
        days.setdefault(moment[:10], Counter())["arrived"] += 1
    for each in recordings:
        if each["state"] in ("succeeded", "failed"):
            moment = each.get("ended") or each["since"]
            days.setdefault(moment[:10], Counter())[each["state"]] += 1
    names = ("arrived", "succeeded", "failed")
    return [
        {"day": day, **{name: counted[name] for name in names}}
        for day, counted in sorted(days.items())
        if day
    ]
