"""What a budget holds stays ready with that reason, and starts once it is lifted."""

from tests.simulation.study import DATA_KEYS, RECORDINGS
from tests.unit.catalog.quiet_world import STUDY, QuietWorld

from wearline.core.budget import micro_usd
from wearline.core.ledger import ChargeRow

LIMITED, UNLIMITED = "one start a month", "first"
ONE, OTHER = DATA_KEYS[0], DATA_KEYS[2]
MONTH_S = 31 * 86_400


def limited() -> QuietWorld:
    """Two files of which the budget lets one start."""
    quiet = QuietWorld()
    quiet.deploy(LIMITED)
    for key in (ONE, OTHER):
        quiet.upload(key, RECORDINGS[0])
    return quiet


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


def test_attempt_is_charged_once_however_often_its_file_is_looked_at_and_corrected_once() -> None:
    quiet = limited()
    for _ in range(3):
        quiet.tell("plain", ONE)
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
