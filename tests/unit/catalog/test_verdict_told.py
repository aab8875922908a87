"""A verdict whose recorder died before it told of it is told of by whoever finds it."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.catalog.quiet_world import QuietWorld

from wearline.flow.processing import prepare_run
from wearline.ports import Put

FILE = "raw/S1/V1.cwa"


def test_next_try_that_finds_the_verdict_announces_its_problem() -> None:
    quiet = QuietWorld()
    quiet.upload(FILE, b"no recording")
    (execution,) = quiet.machine.running
    quiet.run_all()
    (failed,) = quiet.problems("run_failed")
    quiet.taken("problems")
    quiet.ledger.commit(Put(replace(failed, announced=False)))
    late = replace(execution.ordered, try_number=2)
    assert prepare_run(quiet.world, quiet.study, late) is None
    assert [each["problem_id"] for each in quiet.taken("problems")] == [failed.problem_id]
    assert quiet.problems("run_failed")[0].announced
