"""One sweep of a study at a time, and one that waits."""

from __future__ import annotations

from tests.unit.catalog.quiet_world import STUDY, QuietWorld

from wearline.flow.catalog import take_turn


def running(*names: str) -> QuietWorld:
    quiet = QuietWorld()
    quiet.machine.sweeps.update(dict.fromkeys(names, "RUNNING"))
    return quiet


def test_second_sweep_waits_for_the_end_of_the_first_however_it_ended() -> None:
    quiet = running("one", "two")
    assert take_turn(quiet.world, STUDY, "one").state == "go"
    assert take_turn(quiet.world, STUDY, "two").state == "wait"
    assert take_turn(quiet.world, STUDY, "two").state == "wait"
    quiet.machine.sweeps["one"] = "TIMED_OUT"
    assert take_turn(quiet.world, STUDY, "two").state == "go"


def test_third_sweep_is_left_to_the_one_that_waits() -> None:
    quiet = running("one", "two", "three")
    take_turn(quiet.world, STUDY, "one")
    take_turn(quiet.world, STUDY, "two")
    turn = take_turn(quiet.world, STUDY, "three")
    assert (turn.state, turn.joined) == ("joined", "two")
    quiet.machine.sweeps["one"] = "SUCCEEDED"
    assert take_turn(quiet.world, STUDY, "three").state == "joined"


def test_holder_goes_on_when_it_asks_again() -> None:
    quiet = running("one")
    take_turn(quiet.world, STUDY, "one")
    assert take_turn(quiet.world, STUDY, "one").state == "go"


def test_successor_that_died_while_waiting_is_forgotten() -> None:
    quiet = running("one", "two", "three")
    take_turn(quiet.world, STUDY, "one")
    take_turn(quiet.world, STUDY, "two")
    quiet.machine.sweeps["two"] = "ABORTED"
    assert take_turn(quiet.world, STUDY, "three").state == "wait"
