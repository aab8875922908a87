"""``wearline results STUDY``: the runs that count, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.analysis.finished_study import MOMENT, STUDY, FinishedStudy, configuration

from wearline.core.ledger import Reason, RunRow
from wearline_cli.results_commands import results_of

ONE, TWO = "raw/S1/V1_wrist.cwa", "raw/S2/V1_wrist.cwa"


class Ledger(FinishedStudy):
    """Counts how often runs are asked for."""

    asked = 0

    def runs(self, run_ids: Iterable[str] = ()) -> Iterator[Any]:  # type: ignore[override]
        self.asked += 1
        for run_id in run_ids:
            yield RunRow(run_id, STUDY, "b", "k", "sleep", "succeeded", 1, MOMENT, result="1.1")


@pytest.fixture
def ledger() -> Ledger:
    found = Ledger()
    found.ran(ONE, {})
    found.ran(TWO, {})
    return found


def listed(ledger: Ledger) -> list[tuple[str, bool]]:
    there: Any = SimpleNamespace(
        ledger=ledger, study=lambda _name: None, configuration=lambda _row: configuration()
    )
    return [(each.key, each.stale) for each in results_of(there, STUDY)]


def test_a_result_that_a_decision_excludes_is_not_listed(ledger: Ledger) -> None:
    ledger.change(ONE, stale=Reason("excluded", "The device was swapped."))
    assert listed(ledger) == [(TWO, False)]


def test_a_stale_result_counts_and_is_marked(ledger: Ledger) -> None:
    ledger.make_stale(ONE)
    assert listed(ledger) == [(ONE, True), (TWO, False)]


def test_runs_are_read_together_and_not_one_by_one(ledger: Ledger) -> None:
    assert len(listed(ledger)) == 2
    assert ledger.asked == 1
