"""The page beside the results: what a sweep writes, and whom it leaves out."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.unit.catalog.quiet_world import PLAIN, STUDY, VERSIONED, QuietWorld

from wearline.core.ledger import TombstoneRow
from wearline.core.withdrawal import tombstone
from wearline.flow import study_report
from wearline.flow.study_report import TooManyObjects, WithdrawnMeanwhile, write_report
from wearline.ports import Put

FILE, OTHER = "raw/S1/V1.cwa", "raw/S2/V1.cwa"
PAGE = "results/report.html"


@pytest.fixture
def quiet() -> QuietWorld:
    made = QuietWorld()
    made.upload(FILE, b"A")
    made.upload(OTHER, b"B")
    made.run_all()
    return made


def written(quiet: QuietWorld) -> dict[str, Any]:
    stored = quiet.store.buckets[VERSIONED].current(PAGE)
    assert stored is not None
    (text,) = re.findall(
        r'<script type="application/json" id="model">(.*?)</script>', stored.content.decode()
    )
    model: dict[str, Any] = json.loads(text)
    return model


def withdraw(quiet: QuietWorld, subject: str) -> None:
    mark = tombstone(quiet.study.row.salt, subject)
    quiet.ledger.commit(Put(TombstoneRow(STUDY, mark, "asked for it", "2026-03-02")))


def test_page_is_written_anew_each_time(quiet: QuietWorld) -> None:
    write_report(quiet.world, quiet.study)
    before = {each["key"] for each in written(quiet)["recordings"]}
    quiet.upload("raw/S3/V1.cwa", b"C")
    write_report(quiet.world, quiet.study)
    assert {each["key"] for each in written(quiet)["recordings"]} - before == {"raw/S3/V1.cwa"}


def test_a_page_and_its_study_still_make_both_sums(quiet: QuietWorld) -> None:
    write_report(quiet.world, quiet.study)
    assert quiet.sweep()["unaccounted"] == 0


def test_who_has_withdrawn_is_not_on_the_page(quiet: QuietWorld) -> None:
    withdraw(quiet, "S1")
    quiet.tell(PLAIN, FILE)
    write_report(quiet.world, quiet.study)
    assert {each["subject"] for each in written(quiet)["recordings"]} == {"S2"}
    assert {each["subject"] for each in written(quiet)["matrix"]["subjects"]} == {"S2"}


def test_withdrawal_while_the_page_is_made_keeps_it_from_being_put(
    quiet: QuietWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered = study_report.gather

    def withdraws_meanwhile(*given: Any) -> Any:
        known = gathered(*given)
        withdraw(quiet, "S1")
        return known

    monkeypatch.setattr(study_report, "gather", withdraws_meanwhile)
    with pytest.raises(WithdrawnMeanwhile):
        write_report(quiet.world, quiet.study)
    assert quiet.store.buckets[VERSIONED].current(PAGE) is None


def test_withdrawal_while_the_page_is_put_leaves_nobody_on_it(
    quiet: QuietWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = quiet.store.put_page

    def withdraws_first(*given: Any) -> None:
        if not quiet.ledger.tombstones(STUDY):
            withdraw(quiet, "S1")
        put(*given)

    monkeypatch.setattr(quiet.store, "put_page", withdraws_first)
    with pytest.raises(WithdrawnMeanwhile):
        write_report(quiet.world, quiet.study)
    shown = quiet.store.buckets[VERSIONED].current(PAGE)
    assert shown is not None
    assert b"S1" not in shown.content
    assert b"The next sweep writes it anew" in shown.content


def test_a_study_too_large_for_a_function_is_told_so(
    quiet: QuietWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_report, "MOST_OBJECTS", 1)
    with pytest.raises(TooManyObjects, match=f"wearline report {STUDY}"):
        write_report(quiet.world, quiet.study)
