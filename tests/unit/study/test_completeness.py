"""Subject by visit by location: each cell with its state, and since when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.simulation.study import CONFIGURATIONS

from wearline.core.assignments import Assignment, assignment_value, device_entity
from wearline.core.completeness import NOBODY, Cell, Completeness, completeness
from wearline.core.ledger import (
    FileVersion,
    MetadataRow,
    ObjectRow,
    PipelineRow,
    Reason,
    Recorded,
    RunRow,
    Source,
    Unmet,
)
from wearline.core.run_summary import Dated, RunSummary
from wearline.core.study import DataFile, ValidDay, classify
from wearline.core.valid_days import valid_days

from .example import BUCKET, study

STUDY = study()


def file(
    key: str, *pipelines: PipelineRow, arrived: str = "2024-03-01T00:00:00+00:00"
) -> ObjectRow:
    found = classify(STUDY, BUCKET, key)
    assert isinstance(found, DataFile)
    return ObjectRow(
        study=STUDY.study,
        bucket=BUCKET,
        key=key,
        kind="data",
        pattern=found.pattern,
        fields=dict(found.fields),
        version=FileVersion(BUCKET, key, None, "e", 1, arrived),
        arrived=arrived,
        pipelines={f"p{number}": pipeline for number, pipeline in enumerate(pipelines)},
    )


def wrist(subject: str, visit: str = "V1", day: int = 10) -> str:
    return f"raw/US01/{subject}/{visit}_left_wrist_2024-03-{day}.cwa"


def at(disposition: Any, **more: Any) -> PipelineRow:
    return PipelineRow(disposition, "2024-03-02T00:00:00+00:00", **more)


def matrix(*rows: ObjectRow, metadata: tuple[MetadataRow, ...] = ()) -> Completeness:
    return completeness(STUDY, rows, metadata)


def told(subject: str, pattern: str = "demographics") -> MetadataRow:
    source = Source(BUCKET, f"clinical/{pattern}_20240101.csv", None, "e", "2024-01-01", "2024")
    return MetadataRow(STUDY.study, subject, None, source, 1, pattern)


def cell(found: Completeness, subject: str, visit: str, location: str) -> Cell:
    (only,) = [
        each
        for each in found.cells
        if (each.subject, each.visit, each.location) == (subject, visit, location)
    ]
    return only


def test_every_expected_recording_of_a_known_subject_has_a_cell() -> None:
    found = matrix(
        file(wrist("S1"), at("succeeded")), metadata=(told("S2"), told("S3", "decisions"))
    )
    assert found.subjects == ("S1", "S2")
    assert len(found.cells) == 2 * 2 * 3
    assert {each.state for each in found.cells if each.subject == "S2"} == {"missing"}


def test_missing_recording_is_as_old_as_the_first_file_of_its_visit() -> None:
    found = matrix(file(wrist("S1"), at("succeeded")))
    assert cell(found, "S1", "V1", "lumbar").since == "2024-03-01T00:00:00+00:00"
    assert cell(found, "S1", "V2", "lumbar").since is None


def test_cell_has_the_state_that_is_most_urgent_with_its_reason() -> None:
    unmet = Unmet("height", "S1", None, "missing", "The height of S1 has not arrived.")
    found = matrix(file(wrist("S1"), at("succeeded"), at("waiting", unmet=(unmet,))))
    waits = cell(found, "S1", "V1", "left_wrist")
    assert (waits.state, waits.why) == ("waiting", "The height of S1 has not arrived.")
    assert waits.since == "2024-03-02T00:00:00+00:00"


def test_failed_and_excluded_say_why() -> None:
    reason = Reason("format_not_recognised", "It is no recording.")
    for state in ("failed", "excluded"):
        found = matrix(file(wrist("S1"), at(state, reason=reason)))
        assert cell(found, "S1", "V1", "left_wrist").why == "It is no recording."


def test_file_that_nobody_has_looked_at_is_received() -> None:
    assert cell(matrix(file(wrist("S1"))), "S1", "V1", "left_wrist").state == "received"


def test_second_recording_of_the_same_is_a_duplicate_and_the_newest_speaks() -> None:
    older = file(wrist("S1", day=10), at("failed"))
    newer = file(wrist("S1", day=11), at("succeeded"), arrived="2024-03-05T00:00:00+00:00")
    both = cell(matrix(newer, older), "S1", "V1", "left_wrist")
    assert (both.state, both.duplicates) == ("succeeded", (older.key,))


def test_recording_that_was_not_expected_is_shown_as_such() -> None:
    found = matrix(file(wrist("S1", visit="V9"), at("succeeded")))
    extra = cell(found, "S1", "V9", "left_wrist")
    assert (extra.expected, extra.state) == (False, "succeeded")
    assert not [each for each in found.cells if each.visit == "V9" and each.location == "lumbar"]


def test_stale_result_is_marked() -> None:
    found = matrix(file(wrist("S1"), at("succeeded", stale=Reason("plan_differs", "x"))))
    assert cell(found, "S1", "V1", "left_wrist").stale


def test_deleted_file_leaves_a_missing_recording() -> None:
    gone = file(wrist("S1"), at("succeeded"))
    found = completeness(
        STUDY,
        [ObjectRow(STUDY.study, BUCKET, gone.key, "data", fields=gone.fields)],
        [told("S1")],
    )
    assert cell(found, "S1", "V1", "left_wrist").state == "missing"


def test_older_recording_speaks_where_the_newer_one_is_excluded() -> None:
    older = file(wrist("S1", day=10), at("failed"))
    newer = file(wrist("S1", day=11), at("excluded"), arrived="2024-03-05T00:00:00+00:00")
    both = cell(matrix(newer, older), "S1", "V1", "left_wrist")
    assert (both.state, both.key) == ("failed", older.key)
    assert both.duplicates == (newer.key,)


def worn(*hours: float | None) -> RunSummary:
    days = [
        Dated(f"2024-03-{number:02}", {} if each is None else {"worn_h": each})
        for number, each in enumerate(hours, start=1)
    ]
    return RunSummary(days=tuple(days))


def test_day_counts_from_the_stated_hours_of_wear_on() -> None:
    rule = ValidDay(min_wear_h=16, min_days=2)
    assert valid_days(worn(16, 15.99, 24), rule) == 2
    assert valid_days(worn(0, 0), rule) == 0
    assert valid_days(worn(None, None), rule) is None
    assert valid_days(None, rule) is None


def test_recording_that_succeeded_counts_its_valid_days() -> None:
    run = RunRow("r1", STUDY.study, BUCKET, "k", "p0", "succeeded", 1, "", summary=worn(20, 3))
    row = file(wrist("S1"), at("succeeded", run_id="r1"), at("succeeded", run_id="unknown"))
    found = completeness(STUDY, [row], (), {"r1": run})
    done = cell(found, "S1", "V1", "left_wrist")
    assert (done.valid_days, done.needed_days, done.enough_days) == (1, 4, False)
    waits = completeness(STUDY, [file(wrist("S1"), at("waiting", run_id="r1"))], (), {"r1": run})
    assert cell(waits, "S1", "V1", "left_wrist").valid_days is None


def test_result_that_a_decision_excludes_is_excluded_and_says_why() -> None:
    swapped = Reason("excluded", "The device was swapped.")
    found = matrix(file(wrist("S1"), at("succeeded", stale=swapped)))
    aside = cell(found, "S1", "V1", "left_wrist")
    assert (aside.state, aside.why, aside.stale) == ("excluded", swapped.sentence, False)
    older = matrix(file(wrist("S1"), at("succeeded", stale=Reason("metadata", "A new height."))))
    assert cell(older, "S1", "V1", "left_wrist").stale


def worn_by(device: str, *pipelines: PipelineRow) -> ObjectRow:
    row = file(wrist("S1"), *pipelines)
    return replace(
        row,
        key=f"worn/{device}.bin",
        pattern="worn",
        fields={"name": device},
        recorded=Recorded(device, "2026-01-03T10:00:00"),
    )


def test_device_log_gives_recordings_their_place_and_says_who_should_have_some() -> None:
    study = CONFIGURATIONS["by device log"]
    source = Source(BUCKET, "devices/a_20260101.csv", None, "e", "2026-01-01", "2024")
    assignments = [
        Assignment("101", "S1", "V1", None, "2026-01-01", None),
        Assignment("102", "S2", "V1", None, "2026-01-01", None),
        Assignment("103", "withdrawn:00", None, None, "2026-01-01", None),
    ]
    log = [
        MetadataRow(STUDY.study, device_entity(each.serial_number), None, source, 1, "devices",
                    values=dict([assignment_value(each, 2)]))
        for each in assignments
    ]  # fmt: skip
    rows = [worn_by("101", at("succeeded")), worn_by("104", at("waiting"))]
    found = completeness(study, rows, log)
    assert cell(found, "S1", "V1", None).state == "succeeded"
    assert cell(found, NOBODY, None, None).state == "waiting"
    assert found.subjects == (NOBODY, "S1")


def test_subject_whom_only_a_device_log_names_is_missed() -> None:
    row = MetadataRow(
        STUDY.study,
        "device:7",
        None,
        Source(BUCKET, "devices/a_20260101.csv", None, "e", "2026-01-01", "2024"),
        1,
        "devices",
        values=dict([assignment_value(Assignment("7", "S8", None, None, "2024-01-01", None), 2)]),
    )
    assert cell(completeness(STUDY, [], [row]), "S8", "V1", "left_wrist").state == "missing"
