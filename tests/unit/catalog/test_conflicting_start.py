"""What a look at a file owes besides starting it is done also where the start meets a conflict."""

from __future__ import annotations

from unittest.mock import patch

from tests.simulation.study import DEVICE_LOGS, WORN
from tests.unit.catalog.quiet_world import QuietWorld

from wearline.core.ledger import Lane, ObjectRow
from wearline.flow import settle
from wearline.ports import RowChanged, World

FILE, LOG, DECISIONS = "worn/a.bin", "devices/a_20260101.csv", "decisions/a_20260101.csv"
DECIDED = (
    b"key,subject,visit,action,details,reason,author,date\n,S2,,accept,gaps,why,me,2026-01-05\n"
)


def test_decision_that_names_nothing_any_more_is_told_where_the_verdict_came_before_the_mark() -> (
    None
):
    quiet = QuietWorld()
    quiet.deploy("by device log, decided")
    quiet.upload(LOG, DEVICE_LOGS[1])
    quiet.upload(DECISIONS, DECIDED)
    quiet.upload(FILE, WORN[2])
    assert quiet.problems("decision_names_nothing") == []
    start, conflicts = settle._start, [RowChanged("another came first")]

    def start_and_meet(world: World, row: ObjectRow, name: str, lane: Lane) -> ObjectRow:
        started = start(world, row, name, lane)
        if conflicts:
            raise conflicts.pop()
        return started

    with patch.object(settle, "_start", start_and_meet):
        quiet.upload(FILE, WORN[0])
    assert quiet.row(FILE).assigned["subject"] == "S1"
    assert len(quiet.problems("decision_names_nothing")) == 1
