"""What a sweep finds, and that it puts it right."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.catalog.quiet_world import PLAIN, STUDY, VERSIONED, QuietWorld

from wearline.core.ledger import ProblemRow, Release, StudyRow
from wearline.core.lifecycle import with_pipeline
from wearline.core.problems import run_failed_id
from wearline.ports import Put

FILE = "raw/S1/V1.cwa"
HEIGHTS = "clinical/a_20260101.csv"
HEIGHT = b"ID,HEIGHT,WEIGHT\nS1,180,70\n"
TALLER = b"ID,HEIGHT,WEIGHT\nS1,181,70\nS2,165,60\n"


@pytest.fixture
def quiet() -> QuietWorld:
    return QuietWorld()


def later(quiet: QuietWorld) -> None:
    quiet.clock.pass_seconds(3600)


def states(quiet: QuietWorld, key: str = FILE) -> dict[str, str]:
    return {name: each.disposition for name, each in quiet.row(key).pipelines.items()}


def test_object_that_no_event_told_of_is_taken_up_as_backlog(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A", told=False)
    assert quiet.sweep()["recovered"] == 1
    quiet.deliver()
    assert states(quiet) == {"sleep": "running", "gait": "waiting"}
    assert (quiet.row(FILE).told_by, quiet.sweep()["recovered"]) == ("sweep", 0)


def test_young_object_is_left_to_its_event(quiet: QuietWorld) -> None:
    quiet.store.upload(PLAIN, FILE, b"A")
    report = quiet.sweep()
    assert (report["recovered"], report["lines"][0]["too_young"]) == (0, 1)
    assert quiet.taken("data_backlog") == []


def test_newer_version_that_no_event_told_of_is_taken_up(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.upload(FILE, b"B", told=False)
    assert quiet.sweep()["findings"]["changed"] == 1


def test_deletion_is_believed_only_after_a_look_at_the_object(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    quiet.store.delete(PLAIN, FILE)
    assert quiet.sweep()["findings"]["gone"] == 1
    quiet.store.upload(PLAIN, FILE, b"A")
    quiet.deliver()
    assert states(quiet)["sleep"] == "succeeded"


def test_file_whose_wake_up_was_lost_gets_its_run(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.upload(HEIGHTS, HEIGHT)
    later(quiet)
    assert quiet.sweep()["findings"]["overtaken"] == 1
    quiet.deliver()
    assert states(quiet)["gait"] == "running"


def test_waiting_file_whose_metadata_is_the_same_costs_no_message(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    later(quiet)
    quiet.sweep()
    assert quiet.taken("data_backlog") == []


def test_result_made_with_a_value_that_was_corrected_unheard_becomes_stale(
    quiet: QuietWorld,
) -> None:
    quiet.upload(HEIGHTS, HEIGHT)
    quiet.upload(FILE, b"A")
    quiet.run_all()
    quiet.upload(HEIGHTS, TALLER)
    later(quiet)
    quiet.sweep()
    quiet.deliver()
    assert quiet.row(FILE).pipelines["gait"].stale is not None
    assert quiet.sweep()["stale"] == 1


def test_run_whose_execution_is_gone_is_sent_to_be_recorded(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.machine.running[0].status = "FAILED"
    later(quiet)
    assert quiet.sweep()["findings"]["died"] == 1
    [message] = quiet.taken("died_executions")
    assert message["execution"].startswith(quiet.row(FILE).pipelines["sleep"].run_id or "none")


def test_ready_run_that_nobody_started_is_started(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    ready_again(quiet)
    later(quiet)
    assert quiet.sweep()["findings"]["unsettled"] == 1
    quiet.deliver()
    assert states(quiet)["sleep"] == "running"


def ready_again(quiet: QuietWorld) -> None:
    """As after a crash between the commit and the start."""
    row = quiet.row(FILE)
    ready = replace(row.pipelines["sleep"], disposition="ready")
    quiet.ledger.commit(Put(with_pipeline(row, "sleep", ready)))


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (lambda quiet, key: quiet.store.delete(VERSIONED, key), "result_missing"),
        (lambda quiet, key: quiet.store.upload(VERSIONED, key, b"{}"), "result_altered"),
    ],
)
def test_record_of_a_run_that_is_missing_or_altered_is_a_problem_until_it_is_restored(
    quiet: QuietWorld, tamper: object, kind: str
) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    [key] = [key for key in quiet.store.buckets[VERSIONED].keys if key.endswith("run.json")]
    sound = quiet.store.buckets[VERSIONED].current(key)
    assert sound is not None
    assert callable(tamper)
    tamper(quiet, key)
    report = quiet.sweep()
    assert [row.kind for row in quiet.problems(kind)] == [kind]
    assert report["misfits"][0]["key"] == key
    assert report["results_altered"] == 1
    quiet.store.upload(VERSIONED, key, sound.content)
    assert quiet.sweep()["results_altered"] == 0
    assert quiet.problems(kind) == []


def test_problem_that_was_not_opened_before_a_crash_is_opened(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.ledger.rows[ProblemRow].clear()
    quiet.sweep()
    quiet.deliver()
    assert [row.kind for row in quiet.problems()] == ["requirement_missing"]


def test_problem_that_outlived_its_cause_is_closed(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    [problem] = quiet.problems("requirement_missing")
    quiet.store.delete(PLAIN, FILE)
    quiet.tell(PLAIN, FILE)
    rows = quiet.ledger.rows[ProblemRow]
    rows[STUDY, problem.problem_id] = problem
    quiet.sweep()
    assert quiet.problems() == []


def test_problem_that_was_not_announced_is_announced(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"no recording")
    quiet.run_all()
    failed = run_failed_id(PLAIN, FILE, "sleep")
    rows = quiet.ledger.rows[ProblemRow]
    told = rows[STUDY, failed]
    assert isinstance(told, ProblemRow)
    rows[STUDY, failed] = replace(told, announced=False)
    quiet.queues.purge("problems")
    quiet.sweep()
    assert [each["kind"] for each in quiet.taken("problems")] == ["run_failed"]


def test_forbidden_bucket_is_a_problem_and_the_others_are_swept(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A", told=False)
    quiet.store.upload(VERSIONED, FILE, b"A")
    quiet.store.buckets[PLAIN].forbidden = True
    later(quiet)
    report = quiet.sweep()
    assert report["unreadable"] == [PLAIN]
    assert [row.kind for row in quiet.problems("bucket_forbidden")] == ["bucket_forbidden"]
    assert report["recovered"] == 1
    quiet.store.buckets[PLAIN].forbidden = False
    quiet.sweep()
    assert quiet.problems("bucket_forbidden") == []


def test_new_release_of_the_processor_has_everything_looked_at_again(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    rows = quiet.ledger.rows[StudyRow]
    row = rows[STUDY,]
    assert isinstance(row, StudyRow)
    released = {name: Release("another hash", "task") for name in row.releases}
    rows[STUDY,] = replace(row, releases=released)
    assert quiet.sweep()["findings"]["reconfigured"] == 1
    quiet.deliver()
    assert quiet.row(FILE).pipelines["sleep"].stale is not None


def test_both_sums_close_for_each_pattern_and_bucket(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.upload("raw/S2/V1.cwa", b"no recording")
    quiet.upload(HEIGHTS, HEIGHT)
    quiet.upload("clinical/b_20260102.csv", b"ID,HEIGHT,WEIGHT\nS1,tall,70\n")
    quiet.upload("readme.txt", b"x")
    later(quiet)
    quiet.sweep()
    quiet.deliver()
    quiet.run_all()
    report = quiet.sweep()
    lines = {line["pattern"]: line for line in report["lines"] if line["bucket"] == PLAIN}
    assert (lines["wrist"]["data"], lines[None]["ignored"]) == (2, 1)
    clinical = lines["clinical"]
    assert (clinical["metadata_accepted"], clinical["metadata_rejected"]) == (1, 1)
    pipelines = lines["wrist"]["pipelines"]
    assert pipelines["wanted"] == 4
    assert {name: count for name, count in pipelines.items() if count} == {
        "wanted": 4, "waiting": 1, "succeeded": 2, "failed": 1,
    }  # fmt: skip
    assert (report["listed"], report["unaccounted"], report["recovered"]) == (5, 0, 0)


def test_row_that_contradicts_the_configuration_is_unaccounted(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.ledger.commit(Put(replace(quiet.row(FILE), pattern="nobody's")))
    report = quiet.sweep()
    assert report["unaccounted"] == 1
    assert [each["finding"] for each in report["misfits"]] == ["unaccounted"]
