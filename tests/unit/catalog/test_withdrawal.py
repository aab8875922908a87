"""A person who withdraws stays withdrawn: whatever comes later only says so."""

from __future__ import annotations

import pytest
from tests.unit.catalog.quiet_world import PLAIN, STUDY, VERSIONED, QuietWorld

from wearline.core.ledger import TombstoneRow
from wearline.core.withdrawal import WITHDRAWN, Withdrawn, new_salt, tombstone
from wearline.flow.processing import Order, PlanMissing, prepare_run, record_death
from wearline.ports import Put

FILE, OTHER = "raw/S1/V1.cwa", "raw/S2/V1.cwa"
HEIGHTS = "clinical/a_20260101.csv"
TABLE = b"ID,HEIGHT,WEIGHT\nS1,180,70\nS2,165,60\n"


@pytest.fixture
def quiet() -> QuietWorld:
    return QuietWorld()


def withdraw(quiet: QuietWorld, subject: str = "S1") -> None:
    mark = tombstone(quiet.study.row.salt, subject)
    quiet.ledger.commit(Put(TombstoneRow(STUDY, mark, "asked for it", "2026-03-02")))


def test_tombstone_tells_neither_the_subject_nor_that_two_studies_share_it() -> None:
    one, other = new_salt(), new_salt()
    assert tombstone(one, "S1") != tombstone(other, "S1")
    assert "S1" in Withdrawn(one, frozenset([tombstone(one, "S1")]))
    assert "S2" not in Withdrawn(one, frozenset([tombstone(one, "S1")]))


def test_upload_after_the_withdrawal_runs_nothing_and_says_so(quiet: QuietWorld) -> None:
    withdraw(quiet)
    quiet.upload(FILE, b"A")
    quiet.upload(OTHER, b"A")
    row = quiet.row(FILE)
    assert (row.kind, row.reason, row.fields, row.pipelines) == ("ignored", WITHDRAWN, {}, {})
    assert [each.order["run_id"] for each in quiet.machine.running] == [
        quiet.row(OTHER).pipelines["sleep"].run_id
    ]


def test_run_that_ends_after_the_withdrawal_is_superseded(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    run_id = quiet.row(FILE).pipelines["sleep"].run_id or ""
    assert prepare_run(quiet.world, quiet.study, Order(STUDY, run_id, 1)) is not None
    withdraw(quiet)
    quiet.tell(PLAIN, FILE)
    quiet.run_all()
    run = quiet.ledger.run(run_id)
    assert run is not None
    assert run.state == "superseded"
    assert quiet.row(FILE).pipelines == {}


def removed_while_at_work(quiet: QuietWorld) -> Order:
    """A run of a subject whose withdrawal removed it once its execution was started."""
    quiet.upload(FILE, b"A")
    [execution] = quiet.machine.running
    withdraw(quiet)
    quiet.tell(PLAIN, FILE)
    return execution.ordered


def test_run_whose_plan_a_withdrawal_has_removed_ends_quietly(quiet: QuietWorld) -> None:
    order = removed_while_at_work(quiet)
    quiet.store.remove(VERSIONED, f"results/runs/{order.run_id}/")
    assert prepare_run(quiet.world, quiet.study, order) is None
    died = record_death(quiet.world, quiet.study, order.run_id, 1, "ABORTED")
    assert died.state == "superseded"
    assert quiet.ledger.run(order.run_id) is None


def test_worker_that_read_the_plan_before_its_removal_writes_no_run(quiet: QuietWorld) -> None:
    order = removed_while_at_work(quiet)
    assert prepare_run(quiet.world, quiet.study, order) is None
    record_death(quiet.world, quiet.study, order.run_id, 1, "ABORTED")
    assert quiet.ledger.run(order.run_id) is None


def test_plan_that_is_missing_while_its_run_is_known_is_an_error(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    run_id = quiet.row(FILE).pipelines["sleep"].run_id or ""
    quiet.store.remove(VERSIONED, f"results/runs/{run_id}/")
    with pytest.raises(PlanMissing):
        prepare_run(quiet.world, quiet.study, Order(STUDY, run_id, 1))


def test_problem_of_a_result_that_was_removed_under_a_sweep_closes(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    run_id = quiet.row(FILE).pipelines["sleep"].run_id or ""
    withdraw(quiet)
    quiet.tell(PLAIN, FILE)
    quiet.store.remove(VERSIONED, f"results/runs/{run_id}/")
    quiet.sweep()
    assert quiet.problems("result_missing")
    quiet.ledger.forget(STUDY, "S1", {(PLAIN, FILE)})
    quiet.sweep()
    assert quiet.problems("result_missing") == []


def test_start_that_the_tombstone_overtakes_does_not_happen(quiet: QuietWorld) -> None:
    read = quiet.ledger.tombstones

    def withdraws_in_between(study: str) -> frozenset[str]:
        found = read(study)
        if not found:
            withdraw(quiet)
        return found

    quiet.ledger.tombstones = withdraws_in_between  # type: ignore[method-assign]
    quiet.upload(FILE, b"A")
    assert quiet.machine.executions == {}
    assert quiet.row(FILE).reason == WITHDRAWN


def test_metadata_of_the_subject_are_not_taken_over_again(quiet: QuietWorld) -> None:
    quiet.upload(HEIGHTS, TABLE)
    withdraw(quiet)
    quiet.ledger.forget(STUDY, "S1", set())
    quiet.upload(HEIGHTS, TABLE.replace(b"60", b"61"))
    assert quiet.ledger.metadata(STUDY, "S1") == []
    assert len(quiet.ledger.metadata(STUDY, "S2")) == 1


def test_sweep_takes_up_nothing_of_the_subject_and_its_sums_close(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    withdraw(quiet)
    quiet.tell(PLAIN, FILE)
    quiet.clock.pass_seconds(3600)
    report = quiet.sweep()
    assert (report["listed"], report["recovered"], report["unaccounted"]) == (1, 0, 0)
    assert report["lines"][0]["ignored"] == 1
    assert report["pipelines_wanted"] == 0


def test_problems_of_the_subject_close(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    assert quiet.problems("requirement_missing")
    withdraw(quiet)
    quiet.tell(PLAIN, FILE)
    assert quiet.problems() == []
