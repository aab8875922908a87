"""What a budget holds stays ready with that reason, and starts once it is lifted."""

from dataclasses import replace
from unittest.mock import patch

import pytest
from tests.simulation.scheduler import Crash
from tests.simulation.study import DATA_KEYS, RECORDINGS
from tests.unit.catalog.quiet_world import PLAIN, STUDY, QuietWorld

from wearline.core import lifecycle
from wearline.core.attempts import MOST_TRIES, TaskEnd
from wearline.core.budget import micro_usd
from wearline.core.directives import NewRun
from wearline.core.ledger import ChargeRow, PipelineRow, ProblemRow
from wearline.core.planning import AskedStudy, compared
from wearline.flow.arrivals import Notice, data_arrived
from wearline.flow.processing import prepare_run, record_run

LIMITED, UNLIMITED = "one start a month", "first"
OTHER_LIMITED, OTHER_UNLIMITED = "another parameter, one start a month", "another parameter"
ONE, OTHER = DATA_KEYS[0], DATA_KEYS[2]
MONTH_S = 31 * 86_400


def limited() -> QuietWorld:
    """Two files of which the budget lets one start."""
    quiet = QuietWorld()
    quiet.deploy(LIMITED)
    for key in (ONE, OTHER):
        quiet.upload(key, RECORDINGS[0])
    return quiet


def sleep(quiet: QuietWorld, key: str = OTHER) -> PipelineRow:
    return quiet.row(key).pipelines["sleep"]


def killed_before_the_mark(quiet: QuietWorld, key: str) -> None:
    """A look at a file whose worker dies once the execution is started."""
    with patch.object(lifecycle, "started", side_effect=Crash), pytest.raises(Crash):
        quiet.tell(PLAIN, key)


def apply(quiet: QuietWorld, key: str) -> None:
    """Somebody directs the file's stale result to the run that is asked for today."""
    asked = AskedStudy(quiet.study.configuration, quiet.study.row)
    read = asked.reads(quiet.row(key))
    [change] = [each for each in compared(asked, read, []) if each.standing == "changed"]
    assert change.before is not None
    assert change.plan is not None
    before, run_id = change.before, change.plan.run_id
    directive = NewRun(change.pipeline, before.run_id or "", before.since, run_id)
    data_arrived(quiet.world, Notice(STUDY, PLAIN, key, "person", directive))


def states(quiet: QuietWorld) -> list[str]:
    return [quiet.row(key).pipelines["sleep"].disposition for key in (ONE, OTHER)]


def test_start_that_the_budget_has_no_room_for_is_ready_with_that_reason() -> None:
    quiet = limited()
    assert states(quiet) == ["running", "ready"]
    held = quiet.row(OTHER).pipelines["sleep"]
    assert held.reason is not None
    assert held.reason.code == "budget"
    assert len(quiet.machine.running) == 1


def test_sweep_hands_nothing_on_while_the_budget_is_used_up_and_counts_what_it_holds() -> None:
    quiet = limited()
    report = quiet.sweep()
    assert (report["held"], report["recovered"], report["unaccounted"]) == (1, 0, 0)
    assert not quiet.taken("data_backlog")


def test_problem_of_a_file_that_is_held_is_told_where_its_worker_died_before_it_told() -> None:
    quiet = limited()
    told = quiet.problems("requirement_missing")
    quiet.ledger.rows[ProblemRow].clear()
    quiet.sweep()
    quiet.deliver()
    assert {each.problem_id for each in told} == {
        each.problem_id for each in quiet.problems("requirement_missing")
    }
    assert lifecycle.is_held(sleep(quiet))


def test_new_month_lets_go_of_what_was_held() -> None:
    quiet = limited()
    quiet.run_all()
    quiet.clock.pass_seconds(MONTH_S)
    quiet.sweep()
    quiet.deliver()
    assert states(quiet) == ["succeeded", "running"]


def test_deployment_with_a_higher_budget_lets_go_of_what_was_held() -> None:
    quiet = limited()
    quiet.deploy(UNLIMITED)
    quiet.sweep()
    quiet.deliver()
    assert states(quiet) == ["running", "running"]


def test_held_run_makes_way_for_what_is_asked_for_when_it_may_start() -> None:
    quiet = limited()
    before = quiet.row(OTHER).pipelines["sleep"].run_id
    quiet.deploy("another parameter")
    quiet.sweep()
    quiet.deliver()
    now = quiet.row(OTHER).pipelines["sleep"]
    assert (now.disposition, now.run_id != before, now.stale) == ("running", True, None)


def test_held_run_that_was_let_go_is_started_once_though_its_start_was_not_marked() -> None:
    quiet = limited()
    held = sleep(quiet).run_id
    quiet.deploy(UNLIMITED)
    killed_before_the_mark(quiet, OTHER)
    quiet.deploy(OTHER_UNLIMITED)
    quiet.tell(PLAIN, OTHER)
    now = sleep(quiet)
    assert (now.disposition, now.run_id, now.stale is not None) == ("running", held, True)
    assert [each.order["run_id"] for each in quiet.machine.running].count(held) == 1
    assert len(quiet.machine.running) == 2


def test_budget_that_is_used_up_holds_nothing_that_was_let_in_before_it() -> None:
    quiet = QuietWorld()
    quiet.deploy(LIMITED)
    quiet.upload(ONE, RECORDINGS[0])
    quiet.deploy(UNLIMITED)
    quiet.upload(OTHER, RECORDINGS[0], told=False)
    killed_before_the_mark(quiet, OTHER)
    quiet.deploy(LIMITED)
    quiet.tell(PLAIN, OTHER)
    assert sleep(quiet).disposition == "running"


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared", "its run has no row yet"])
def test_attempt_at_work_is_not_held_when_its_file_comes_back_to_that_content(
    prepared: bool,
) -> None:
    quiet = QuietWorld()
    quiet.deploy(LIMITED)
    quiet.upload(ONE, RECORDINGS[0])
    quiet.deploy(UNLIMITED)
    quiet.upload(OTHER, RECORDINGS[0])
    if prepared:
        prepare_run(quiet.world, quiet.study, quiet.machine.running[-1].ordered)
    quiet.deploy(LIMITED)
    quiet.upload(OTHER, RECORDINGS[1])
    assert lifecycle.is_held(sleep(quiet))
    quiet.upload(OTHER, RECORDINGS[0])
    assert sleep(quiet).disposition == "running"


def test_content_that_was_only_ever_held_is_held_when_its_file_comes_back_to_it() -> None:
    quiet = limited()
    quiet.upload(OTHER, RECORDINGS[1])
    quiet.upload(OTHER, RECORDINGS[0])
    assert lifecycle.is_held(sleep(quiet))
    assert len(quiet.machine.running) == 1


def test_result_counts_until_the_run_that_was_applied_in_its_place_may_start() -> None:
    quiet = limited()
    quiet.run_all()
    first = sleep(quiet, ONE).run_id
    quiet.deploy(OTHER_LIMITED)
    quiet.tell(PLAIN, ONE)
    apply(quiet, ONE)
    now = sleep(quiet, ONE)
    assert (now.disposition, now.run_id, now.stale is not None) == ("succeeded", first, True)
    quiet.deploy(OTHER_UNLIMITED)
    apply(quiet, ONE)
    assert sleep(quiet, ONE).disposition == "running"


def test_attempt_is_charged_once_however_often_its_file_is_looked_at_and_corrected_once() -> None:
    quiet = limited()
    for _ in range(3):
        quiet.tell(PLAIN, ONE)
    [charge] = quiet.ledger.rows[ChargeRow].values()
    assert isinstance(charge, ChargeRow)
    assert _spent(quiet) == charge.micro_usd > 0
    quiet.run_all()
    [actual] = quiet.ledger.rows[ChargeRow].values()
    assert isinstance(actual, ChargeRow)
    assert (actual.actual, _spent(quiet)) == (True, actual.micro_usd)
    assert actual.micro_usd != charge.micro_usd


def _spent(quiet: QuietWorld) -> int:
    return micro_usd(quiet.ledger.spent(STUDY, quiet.world.now()[:7]))


def test_tries_that_left_no_verdict_are_charged_as_expected_each() -> None:
    quiet = limited()
    [expected] = [each.micro_usd for each in quiet.ledger.rows[ChargeRow].values()]  # type: ignore[union-attr]
    [execution] = quiet.machine.running
    for number in range(1, MOST_TRIES + 1):
        order = replace(execution.ordered, try_number=number)
        prepare_run(quiet.world, quiet.study, order)
        record_run(quiet.world, quiet.study, order, TaskEnd(exit_code=137))
    assert sleep(quiet, ONE).disposition == "failed"
    assert _spent(quiet) == MOST_TRIES * expected
