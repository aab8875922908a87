"""The states of objects and pipelines, as the ledger takes them on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.core.rows import (
    FAULT,
    HEIGHT,
    LATER,
    NOW,
    registered,
    run,
    sighting,
    version,
)

from wearline.core import lifecycle
from wearline.core.admission import Planned, Waits
from wearline.core.ledger import ObjectRow, Past, PipelineRow
from wearline.core.lifecycle import Sighting, observed
from wearline.core.plans import Plan

READY = PipelineRow("ready", NOW, "r", attempt=1)
RUNNING = PipelineRow("running", NOW, "r", attempt=1)
SUCCEEDED = PipelineRow("succeeded", NOW, "r", attempt=1)
FAILED = PipelineRow("failed", NOW, "r", attempt=1, reason=FAULT)


def with_pipeline(pipeline: PipelineRow) -> ObjectRow:
    return replace(registered(), pipelines={"sleep": pipeline})


def test_nothing_of_nothing_is_no_row() -> None:
    assert observed(None, sighting(None)) is None


def test_the_first_version_is_registered_at_the_rev_that_its_commit_gets() -> None:
    row = observed(None, sighting(version()))
    assert row is not None
    assert (row.version, row.version_rev, row.rev) == (version(), 1, 0)


def test_a_second_look_at_the_same_version_is_no_news() -> None:
    row = registered()
    assert observed(row, sighting(version(), at=LATER)) is row


def test_the_same_recording_uploaded_again_keeps_the_version_registered_first() -> None:
    row = observed(registered(), sighting(version(version_id="2", at=LATER)))
    assert row is not None
    assert (row.version, row.version_rev, row.repeats) == (version(), 1, ("2",))


def test_the_same_table_uploaded_again_is_newer() -> None:
    row = observed(registered("metadata"), sighting(version(at=LATER), "metadata"))
    assert row is not None
    assert (row.version, row.version_rev) == (version(at=LATER), 2)


@pytest.mark.parametrize("pipeline", [READY, RUNNING, SUCCEEDED, FAILED])
def test_a_new_version_makes_every_run_past(pipeline: PipelineRow) -> None:
    row = observed(with_pipeline(pipeline), sighting(version("b"), at=LATER))
    assert row is not None
    fresh = row.pipelines["sleep"]
    assert (fresh.disposition, fresh.run_id) == ("waiting", None)
    assert [(past.run_id, past.disposition) for past in fresh.past] == [("r", pipeline.disposition)]


def test_a_deleted_file_keeps_its_history_and_no_version() -> None:
    row = observed(with_pipeline(SUCCEEDED), sighting(None, at=LATER))
    assert row is not None
    assert row.deleted
    assert row.pipelines["sleep"].past[0].why == "The file was deleted."
    assert observed(row, sighting(None)) is row


def test_an_edit_of_the_configuration_keeps_version_and_runs() -> None:
    row = observed(with_pipeline(SUCCEEDED), sighting(version(), configuration="second"))
    assert row is not None
    assert (row.configuration, row.version_rev) == ("second", 1)
    assert row.pipelines == {"sleep": SUCCEEDED}


def test_a_source_has_its_values_to_be_taken_over_until_they_are() -> None:
    row = registered("metadata")
    assert not row.values_settled
    assert row.acceptance is not None
    assert replace(row, acceptance=replace(row.acceptance, version_rev=1)).values_settled


@pytest.mark.parametrize(
    "seen",
    [
        sighting(version("b"), "metadata"),
        sighting(None, "metadata"),
        sighting(version(), "ignored", configuration="second"),
        sighting(version(), "data", configuration="second"),
        sighting(version(), "metadata", configuration="second"),
    ],
    ids=["new version", "deleted", "ignored now", "data now", "read anew"],
)
def test_whatever_happens_to_a_source_its_values_are_to_be_settled_again(seen: Sighting) -> None:
    row = registered("metadata")
    assert row.acceptance is not None
    settled = replace(row, rev=2, acceptance=replace(row.acceptance, version_rev=row.version_rev))
    again = observed(settled, seen)
    assert again is not None
    assert not again.values_settled
    assert again.version_rev > settled.version_rev


def test_a_recording_never_has_values_to_settle() -> None:
    assert registered("data").values_settled


@given(st.lists(st.sampled_from(["a", "b", None]), max_size=8))
def test_versions_are_ordered_by_their_rev_whatever_comes(contents: list[str | None]) -> None:
    row, revs = registered(), [1]
    for content in contents:
        seen = observed(row, sighting(version(content) if content else None))
        assert seen is not None
        if seen is not row:
            revs.append(seen.version_rev)
            row = replace(seen, rev=row.rev + 1)
    assert revs == sorted(set(revs))


def test_what_is_no_longer_wanted_goes_unless_it_has_a_run_that_counts() -> None:
    row = replace(
        registered(),
        pipelines={
            "waits": PipelineRow("waiting", NOW),
            "ready": READY,
            "failed": FAILED,
            "running": RUNNING,
            "succeeded": SUCCEEDED,
            "wanted": READY,
        },
    )
    kept = lifecycle.only_wanted(row, ["wanted"])
    assert set(kept.pipelines) == {"running", "succeeded", "wanted"}
    assert kept.pipelines["running"].stale == lifecycle.UNWANTED
    assert kept.pipelines["wanted"] is READY
    assert lifecycle.only_wanted(kept, ["wanted"]) is kept


def test_it_waits_since_it_first_waited_for_this() -> None:
    first = lifecycle.waiting(None, (HEIGHT,), NOW)
    assert lifecycle.waiting(first, (HEIGHT,), LATER) is first
    assert lifecycle.waiting(first, (), LATER).since == LATER


def test_a_failed_run_whose_value_is_withdrawn_becomes_past() -> None:
    waits = lifecycle.waiting(FAILED, (HEIGHT,), LATER)
    assert (waits.run_id, waits.past[0].run_id) == (None, "r")


def test_an_unknown_run_is_ready_for_its_first_attempt() -> None:
    assert lifecycle.planned(None, "r", None, NOW) == READY


def test_an_unknown_run_of_a_file_that_was_forgotten_goes_on_beyond_what_is_gone() -> None:
    retried = PipelineRow("waiting", NOW, past=(Past("r", "failed", "", NOW, attempt=3),))
    row = replace(registered(), pipelines={"sleep": retried, "gait": READY})
    forgotten = lifecycle.forgotten(row)
    assert (forgotten.pipelines, forgotten.attempts_gone) == ({}, 3)
    assert lifecycle.forgotten(forgotten) == forgotten
    assert lifecycle.planned(None, "r", None, NOW, forgotten.attempts_gone).attempt == 4


def test_a_running_run_is_ready_for_the_attempt_that_is_under_way() -> None:
    pipeline = lifecycle.planned(None, "r", run("running", attempt=2), NOW)
    assert (pipeline.disposition, pipeline.attempt) == ("ready", 2)


def test_a_superseded_run_is_ready_for_its_next_attempt() -> None:
    pipeline = lifecycle.planned(None, "r", run("superseded"), NOW)
    assert (pipeline.disposition, pipeline.attempt) == ("ready", 2)


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_run_that_ended_answers_at_once(state: str) -> None:
    ended = run("succeeded" if state == "succeeded" else "failed")
    pipeline = lifecycle.planned(None, "r", ended, LATER)
    assert (pipeline.disposition, pipeline.reason) == (state, ended.reason)


def test_a_new_plan_keeps_the_failed_one_as_past() -> None:
    pipeline = lifecycle.planned(FAILED, "other", None, LATER)
    assert [past.run_id for past in pipeline.past] == ["r"]


def test_a_run_is_stale_when_todays_plan_differs_and_says_since_when_it_knew() -> None:
    same = Plan({"value": 1}, {})
    pinned = replace(SUCCEEDED, run_id=same.run_id)
    assert lifecycle.staleness(pinned, Planned(same)) is None
    differs = lifecycle.staleness(pinned, Planned(Plan({"value": 2}, {})))
    gone = lifecycle.staleness(pinned, Waits((HEIGHT,)))
    assert differs is not None
    assert gone is not None
    assert (differs.code, gone.code) == ("plan_differs", "value_withdrawn")
    told = replace(pinned, stale=replace(differs, sentence="Said before."))
    assert lifecycle.staleness(told, Planned(Plan({"value": 3}, {}))) is told.stale


def test_a_verdict_keeps_what_made_the_run_stale_on_its_way() -> None:
    stale = replace(RUNNING, stale=lifecycle.UNWANTED)
    done = lifecycle.finished(stale, run("succeeded"))
    assert (done.disposition, done.since, done.stale) == ("succeeded", LATER, stale.stale)


def test_a_row_names_only_the_run_of_that_pipeline() -> None:
    row = with_pipeline(RUNNING)
    assert lifecycle.names(row, "sleep", "r")
    assert not lifecycle.names(row, "sleep", "other")
    assert not lifecycle.names(row, "gait", "r")
    assert not lifecycle.names(None, "sleep", "r")


def test_a_run_under_way_is_remembered_when_nobody_asks_for_its_pipeline_any_more() -> None:
    pasts = (("r1", "running"), ("r2", "succeeded"), ("r3", "ready"))
    past = tuple(Past(run_id, disposition, "", NOW) for run_id, disposition in pasts)
    pipelines = {
        "waits": PipelineRow("waiting", NOW, past=past),
        "ready": PipelineRow("ready", NOW, "r4", attempt=1),
        "kept": PipelineRow("running", NOW, "r5", attempt=1),
    }
    left = lifecycle.only_wanted(replace(registered(), pipelines=pipelines), ())
    assert left.pipelines.keys() == {"kept"}
    assert left.let_go == ("r1", "r3", "r4")
    assert lifecycle.only_wanted(left, ()) is left
