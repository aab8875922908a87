"""Data points that the published schemas of IEEE 1752.1 accept, with the values of the tables."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pyarrow as pa
import pytest

from wearline_analysis import open_mhealth
from wearline_analysis.open_mhealth import activity, export, sleep, walking

NIGHT: dict[str, Any] = {
    "subject": "S1", "run": "f" * 40, "reason": None, "asleep_min": 400.0,
    "wake_after_sleep_onset_min": 50.0, "sleep_onset_latency_min": 10.0, "wake_bouts": 12,
    "sleep_window_start_local": "2024-03-09T22:30:00.000-05:00",
    "sleep_window_end_local": "2024-03-10T07:40:00.000-04:00",
}  # fmt: skip
DAY: dict[str, Any] = {
    "subject": "S1", "run": "f" * 40, "reason": None, "wake_light_min": 120.0,
    "wake_moderate_min": 31.5, "wake_vigorous_min": 0.0,
    "window_start_local": "2024-03-10T00:00:00.000-05:00",
    "window_end_local": "2024-03-11T00:00:00.000-04:00",
}  # fmt: skip
BOUT: dict[str, Any] = {
    "subject": "S1", "run": "f" * 40, "steps": 42, "duration_s": 30.5,
    "start_local": "2024-03-10T10:00:00.000-04:00", "end_local": "2024-03-10T10:00:30.500-04:00",
}  # fmt: skip


def test_a_night_is_an_episode_from_the_first_to_the_last_sleep_across_a_change_of_clocks() -> None:
    (name, episode), (total, time) = sleep(NIGHT)
    assert (name, total) == ("sleep-episode", "total-sleep-time")
    body = episode["body"]
    # 22:40 and 450 minutes more, by the clock at its start; the window ends at 06:40 of that clock.
    assert body["effective_time_frame"]["time_interval"] == {
        "start_date_time": "2024-03-09T22:40:00.000-05:00",
        "end_date_time": "2024-03-10T06:10:00.000-05:00",
    }
    assert body["latency_to_arising"] == {"value": 30.0, "unit": "min"}
    assert body["sleep_efficiency_percentage"]["value"] == pytest.approx(100 * 400 / 450)
    assert time["body"]["total_sleep_time"] == {"value": 400.0, "unit": "min"}
    assert episode["header"]["schema_id"]["name"] == "sleep-episode"
    assert episode["header"]["uuid"] != time["header"]["uuid"]
    assert next(iter(sleep(NIGHT))) == (name, episode)


def test_a_day_has_its_minutes_by_intensity() -> None:
    [(name, point)] = activity(DAY)
    assert name == "physical-activity"
    assert point["body"]["duration_moderate_activity"] == {"value": 31.5, "unit": "min"}


def test_a_walk_has_its_steps() -> None:
    [(_, point)] = walking(BOUT)
    assert point["body"]["base_movement_quantity"] == {"value": 42, "unit": "steps"}
    assert point["body"]["activity_name"] == "walking"


@pytest.mark.parametrize(
    ("maker", "row"),
    [(sleep, NIGHT | {"asleep_min": None}), (activity, DAY | {"reason": "worn_too_short"})],
)
def test_what_was_not_computed_is_no_point(maker: Any, row: dict[str, Any]) -> None:
    assert list(maker(row)) == []


def test_a_point_that_the_schema_refuses_is_never_written() -> None:
    with pytest.raises(jsonschema.ValidationError):
        list(sleep(NIGHT | {"wake_bouts": "many"}))
    with pytest.raises(jsonschema.ValidationError):
        open_mhealth._point(NIGHT, "total-sleep-time", _moment(), {"effective_time_frame": {}})


def _moment() -> Any:
    from datetime import UTC, datetime

    return datetime(2024, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "changed",
    [
        {"asleep_min": 0.0, "wake_after_sleep_onset_min": None, "sleep_onset_latency_min": None},
        {"sleep_onset_latency_min": None},
        {"wake_after_sleep_onset_min": None},
        {"sleep_window_end_local": None},
        {"wake_bouts": 1.5},  # which the schema refuses
    ],
)
def test_a_night_that_does_not_map_is_counted_and_the_others_are_written(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    tables = {"night": pa.Table.from_pylist([NIGHT, NIGHT | changed]),
              "day": pa.Table.from_pylist([DAY])}  # fmt: skip
    results: Any = SimpleNamespace(names=list(tables), table=tables.__getitem__)
    done = export(results, tmp_path)
    assert done.points == {"sleep-episode": 1, "total-sleep-time": 1, "physical-activity": 1}
    assert done.without == {"night": 1}


@pytest.mark.parametrize("column", sorted(NIGHT.keys() - {"subject", "run"}))
def test_a_column_that_a_study_has_not_was_not_computed(tmp_path: Path, column: str) -> None:
    night = {name: value for name, value in NIGHT.items() if name != column}
    tables = {"night": pa.Table.from_pylist([night])}
    results: Any = SimpleNamespace(names=list(tables), table=tables.__getitem__)
    done = export(results, tmp_path)
    needed = column not in ("reason", "wake_bouts")
    assert (done.points == {}, dict(done.without) == {"night": 1}) == (needed, needed)


@pytest.mark.parametrize("subject", ["S1", "../../etc", "..", "a/b", "S 07+é%"])
def test_a_subject_is_a_folder_whatever_its_name(tmp_path: Path, subject: str) -> None:
    tables = {"night": pa.Table.from_pylist([NIGHT | {"subject": subject}])}
    results: Any = SimpleNamespace(names=list(tables), table=tables.__getitem__)
    assert export(results, tmp_path / "out").points == {"sleep-episode": 1, "total-sleep-time": 1}
    [path] = (tmp_path / "out").glob("*/sleep-episode.json")
    assert json.loads(path.read_text())[0]["body"]["number_of_awakenings"] == 12
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
