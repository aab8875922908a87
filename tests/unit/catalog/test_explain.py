"""Every answer about one object, from what the ledger holds of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.catalog.quiet_world import PLAIN, STUDY, QuietWorld

from wearline.core.explanation import Evidence, Explanation, explain
from wearline.core.ledger import Reason
from wearline_cli import explain_command
from wearline_cli.explain_command import gather
from wearline_cli.locations import Location, NotAnObject, location
from wearline_cli.spelling import nearest_subject

FILE = "raw/S1/V1.cwa"
HEIGHTS = "clinical/a_20260101.csv"


@pytest.fixture
def quiet() -> QuietWorld:
    return QuietWorld()


def gathered(quiet: QuietWorld, key: str = FILE) -> Evidence:
    configuration = quiet.study.configuration
    current = quiet.store.head(quiet.study.row, PLAIN, key)
    place = Location(PLAIN, key)
    return gather(quiet.ledger, quiet.world.executions, configuration, STUDY, place, current)


def explained(quiet: QuietWorld, key: str = FILE) -> Explanation:
    return explain(gathered(quiet, key), quiet.study.configuration)


def test_unknown_object_is_told_what_would_become_of_it(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A", told=False)
    found = explained(quiet)
    assert found.what.startswith("A data file of pattern wrist")
    assert "Wearline never saw it: no event and no sweep told of it." in found.seen
    assert "It would run gait, and waits for height." in found.seen
    assert found.command == f"wearline catalog start {STUDY}"


def test_key_that_no_pattern_matches_is_shown_its_nearest(quiet: QuietWorld) -> None:
    assert "The nearest pattern is wrist" in explained(quiet, "raw/S1/V1.csv").what


def test_event_and_sweep_are_told_apart(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    assert explained(quiet).seen[1].startswith("Its event told of it; registered 2026-")
    quiet.upload("raw/S2/V1.cwa", b"A", told=False)
    quiet.sweep()
    quiet.deliver()
    assert "a sweep found it" in explained(quiet, "raw/S2/V1.cwa").seen[1]


def test_waiting_file_is_told_where_its_value_could_come_from(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    gait = next(each for each in explained(quiet).pipelines if each.name == "gait")
    assert any("column HEIGHT of clinical files" in line for line in gait.lines)
    assert explained(quiet).command == "aws s3 cp FILE s3://kept/clinical/{name}_{date:%Y%m%d}.csv"


def test_subject_that_metadata_spell_almost_alike_is_named(quiet: QuietWorld) -> None:
    quiet.upload(HEIGHTS, b"ID,HEIGHT,WEIGHT\nS-1,180,70\nQ9,160,60\n")
    quiet.upload(FILE, b"A")
    gait = next(each for each in explained(quiet).pipelines if each.name == "gait")
    assert "  Metadata know S-1, which is spelled almost alike." in gait.lines


def test_newest_metadata_files_tell_who_is_known_whatever_their_names(quiet: QuietWorld) -> None:
    for day in range(1, 8):
        quiet.upload(f"clinical/z_2025010{day}.csv", b"ID,HEIGHT,WEIGHT\nQ9,160,60\n")
    quiet.upload(HEIGHTS, b"ID,HEIGHT,WEIGHT\nS-1,180,70\n")
    quiet.upload(FILE, b"A")
    gait = next(each for each in explained(quiet).pipelines if each.name == "gait")
    assert "  Metadata know S-1, which is spelled almost alike." in gait.lines


def test_keys_that_were_too_many_to_look_at_are_told(
    quiet: QuietWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "  Not every key below clinical/ was looked at for a subject spelled alike."
    for day in range(1, 4):
        quiet.upload(f"clinical/a_2025010{day}.csv", b"ID,HEIGHT,WEIGHT\nQ9,160,60\n")
    quiet.upload(FILE, b"A")
    gait = next(each for each in explained(quiet).pipelines if each.name == "gait")
    assert told not in gait.lines
    monkeypatch.setattr(explain_command, "MOST_ROWS", 2)
    gait = next(each for each in explained(quiet).pipelines if each.name == "gait")
    assert told in gait.lines


def test_failed_run_is_explained_with_its_tries_and_what_helps(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"no recording")
    quiet.upload(HEIGHTS, b"ID,HEIGHT,WEIGHT\nS1,180,70\n")
    quiet.clock.pass_seconds(3600)
    quiet.sweep()
    quiet.deliver()
    quiet.run_all()
    found = explained(quiet)
    sleep = next(each for each in found.pipelines if each.name == "sleep")
    assert any(line.startswith("  try 1.1 started") for line in sleep.lines)
    assert found.problems
    assert any(line.startswith("Another attempt would fail again.") for line in sleep.lines)
    assert found.command == f"aws s3 cp FILE s3://{PLAIN}/{FILE}"


def test_run_of_a_processor_that_is_no_more_is_planned_anew_by_a_deployment(
    quiet: QuietWorld,
) -> None:
    quiet.upload(FILE, b"no recording")
    quiet.run_all()
    row, reason = quiet.row(FILE), Reason("release_mismatch", "Another processor.")
    failed = {
        name: replace(each, reason=reason)
        for name, each in row.pipelines.items()
        if each.disposition == "failed"
    }
    found = explain(
        replace(gathered(quiet), row=replace(row, pipelines=failed)), quiet.study.configuration
    )
    assert failed
    assert found.command == "wearline study deploy FILE"


def test_result_that_a_decision_excludes_is_told_as_the_status_tells_it(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    row, reason = quiet.row(FILE), Reason("excluded", "Worn upside down.")
    excluded = {
        name: replace(each, stale=reason)
        for name, each in row.pipelines.items()
        if each.disposition == "succeeded"
    }
    found = explain(
        replace(gathered(quiet), row=replace(row, pipelines=excluded)), quiet.study.configuration
    )
    [told] = found.pipelines
    assert told.standing.startswith("excluded since")
    assert "Its result is there and counts no more: Worn upside down." in told.lines
    assert found.command is None


def test_nearest_subject_is_found_among_very_many() -> None:
    known = [f"US{number % 40:02}-{number:06}" for number in range(25_000)]
    assert nearest_subject("US01-00100l", known) == "US01-001001"
    assert nearest_subject("another thing", known) is None


def test_object_is_named_as_s3_has_it() -> None:
    assert location("s3://bucket/a+b 100%25.csv") == Location("bucket", "a+b 100%25.csv")
    assert location("S3://bucket/Key") == Location("bucket", "Key")
    for text in ("bucket/key", "s3://bucket", "s3:///key"):
        with pytest.raises(NotAnObject):
            location(text)
