"""A file that was forgotten for a subject that withdrew, and is somebody else's again: what was
started before never answers for it, and its execution's name is not taken twice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from unittest.mock import patch

from tests.simulation.study import WORN
from tests.simulation.withdrawal import Withdrawal
from tests.unit.catalog.quiet_world import PLAIN, STUDY, QuietWorld

from wearline.core.ledger import RunRow, TombstoneRow
from wearline.core.withdrawal import WITHDRAWN, tombstone
from wearline.flow import settle
from wearline.flow.processing import Order, prepare_run, record_death
from wearline.ports import Put

FILE, LOG, DECISIONS = "worn/a.bin", "devices/a_20260101.csv", "decisions/a_20260101.csv"
HEADER = b"SERIAL,ID,VISIT,START,END\n"
DECIDED = b"""key,subject,visit,action,details,reason,author,date
worn/a.bin,,,accept,gaps,why,me,2026-01-05
,S2,,accept,gaps,why,me,2026-01-05
"""


def of_s2(configuration: str = "by device log") -> QuietWorld:
    """S1 has withdrawn; a recording is of S2, with all that its pipelines require."""
    quiet = QuietWorld()
    quiet.deploy(configuration)
    mark = tombstone(quiet.study.row.salt, "S1")
    quiet.ledger.commit(Put(TombstoneRow(STUDY, mark, "asked for it", "2026-03-02")))
    quiet.upload("notes/a.csv", b"ID,HEIGHT\nS2,165\n")
    give(quiet, "S2")
    quiet.upload(FILE, WORN[0])
    return quiet


def give(quiet: QuietWorld, subject: str) -> None:
    """A device log says whose the recording is."""
    quiet.upload(LOG, HEADER + f"101,{subject},V1,2026-01-01,\n".encode())
    quiet.tell(PLAIN, FILE)


def runs(quiet: QuietWorld) -> dict[str, str]:
    return {name: each.run_id or "" for name, each in quiet.row(FILE).pipelines.items()}


def removed(quiet: QuietWorld) -> None:
    Withdrawal(quiet.world, quiet.ledger, quiet.machine, "S1").remove([quiet.row(FILE)])


def test_run_that_was_removed_begins_with_the_attempt_after_those_that_are_gone() -> None:
    quiet = of_s2()
    first = runs(quiet)
    quiet.run_all()
    give(quiet, "S1")
    assert (quiet.row(FILE).reason, quiet.row(FILE).attempts_gone) == (WITHDRAWN, 1)
    removed(quiet)
    give(quiet, "S2")
    assert runs(quiet) == first
    quiet.run_all()
    for pipeline in quiet.row(FILE).pipelines.values():
        assert (pipeline.disposition, pipeline.attempt) == ("succeeded", 2)
        run = quiet.ledger.run(pipeline.run_id or "")
        assert run is not None
        assert run.result == "2.1"


def test_attempt_whose_execution_had_not_begun_makes_way_for_the_next() -> None:
    quiet = of_s2()
    give(quiet, "S1")
    give(quiet, "S2")
    attempts = sorted(each.ordered.attempt for each in quiet.machine.running)
    assert attempts == [1] * len(runs(quiet)) + [2] * len(runs(quiet))
    for run_id in runs(quiet).values():
        assert prepare_run(quiet.world, quiet.study, Order(STUDY, run_id, 1)) is None
        assert prepare_run(quiet.world, quiet.study, Order(STUDY, run_id, 2)) is not None


def test_execution_that_is_stopped_late_fails_no_later_attempt() -> None:
    quiet = of_s2()
    give(quiet, "S1")
    give(quiet, "S2")
    for run_id in runs(quiet).values():
        record_death(quiet.world, quiet.study, run_id, 1, "ABORTED")
    quiet.run_all()
    assert {each.disposition for each in quiet.row(FILE).pipelines.values()} == {"succeeded"}
    assert quiet.problems("run_failed") == []


def test_attempt_that_began_and_was_not_removed_still_answers() -> None:
    quiet = of_s2()
    quiet.run_all()
    give(quiet, "S1")
    give(quiet, "S2")
    for pipeline in quiet.row(FILE).pipelines.values():
        assert (pipeline.disposition, pipeline.attempt) == ("succeeded", 1)


def test_result_that_was_removed_after_the_row_took_it_for_there_is_made_anew() -> None:
    quiet = of_s2()
    quiet.run_all()
    give(quiet, "S1")
    forget = quiet.ledger.forget

    def given_back_first(*about: Any) -> None:
        give(quiet, "S2")
        taken = {each.disposition for each in quiet.row(FILE).pipelines.values()}
        assert taken == {"succeeded"}
        forget(*about)

    with patch.object(quiet.ledger, "forget", given_back_first):
        removed(quiet)
    assert not quiet.ledger.rows[RunRow]
    quiet.deliver()
    quiet.run_all()
    for pipeline in quiet.row(FILE).pipelines.values():
        assert (pipeline.disposition, pipeline.attempt) == ("succeeded", 2)


def decided() -> QuietWorld:
    """A recording that two decisions name, by its key and by its subject."""
    quiet = of_s2("by device log, decided")
    quiet.upload(DECISIONS, DECIDED)
    quiet.deliver()
    assert quiet.problems("decision_names_nothing") == []
    return quiet


def test_decisions_name_nothing_once_their_recording_is_of_who_has_withdrawn() -> None:
    quiet = decided()
    give(quiet, "S1")
    assert len(quiet.problems("decision_names_nothing")) == 2


def test_sweep_finds_the_decisions_that_a_worker_died_over_before_it_judged_them() -> None:
    quiet = decided()
    with patch.object(settle, "judge_decisions", side_effect=RuntimeError), suppress(RuntimeError):
        give(quiet, "S1")
    with patch.object(settle, "judge_decisions"):
        give(quiet, "S1")
    assert quiet.row(FILE).reason == WITHDRAWN
    assert quiet.problems("decision_names_nothing") == []
    assert quiet.sweep()["recovered"] == 0
    quiet.deliver()
    assert len(quiet.problems("decision_names_nothing")) == 2
