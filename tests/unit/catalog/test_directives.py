"""Results are replaced and runs are retried by a person's word alone, and once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.unit.catalog.quiet_world import PLAIN, STUDY, VERSIONED, QuietWorld

from wearline.aws.messages import notice
from wearline.core.change_plan import Basis, PlanFileInvalid, as_bytes, directives, moved_on, read
from wearline.core.directives import Directive, NextAttempt, as_message
from wearline.core.ledger import PipelineRow, RunRow
from wearline.core.planning import AskedStudy
from wearline.flow.arrivals import data_arrived
from wearline_cli.plan_commands import failures
from wearline_cli.planning import plan_document

FILE = "raw/S1/V1.cwa"
HEIGHTS = "clinical/a_20260101.csv"


class Past:
    """See ``wearline_cli.planning.Past``."""

    def __init__(self, quiet: QuietWorld) -> None:
        self._quiet = quiet

    def runs(self, run_ids: Sequence[str]) -> Mapping[str, RunRow]:
        found = {run_id: self._quiet.ledger.run(run_id) for run_id in run_ids}
        return {run_id: row for run_id, row in found.items() if row is not None}

    def identities(self, run_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        objects = self._quiet.store.buckets[VERSIONED]
        plans = {run_id: objects.current(f"results/runs/{run_id}/plan.json") for run_id in run_ids}
        return {
            run_id: json.loads(stored.content)["identity"]
            for run_id, stored in plans.items()
            if stored is not None
        }


@pytest.fixture
def quiet() -> QuietWorld:
    return QuietWorld()


def plan(quiet: QuietWorld) -> dict[str, Any]:
    study = quiet.study
    asked = AskedStudy(study.configuration, study.row)
    known = (
        (row, quiet.ledger.metadata(STUDY, row.fields.get("subject", "")))
        for row in quiet.ledger.objects(STUDY, PLAIN)
    )
    basis = Basis(STUDY, study.row.rev, study.row.configuration_sha256)
    return read(as_bytes(plan_document(basis, asked, known, Past(quiet))))


def direct(quiet: QuietWorld, key: str, directive: Directive) -> None:
    body = as_message(directive, STUDY, PLAIN, key)
    data_arrived(quiet.world, notice(json.dumps(body)))


def pipeline(quiet: QuietWorld, name: str, key: str = FILE) -> PipelineRow:
    return quiet.row(key).pipelines[name]


def test_plan_says_which_results_would_be_replaced_and_why(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    quiet.deploy("another parameter")
    made = plan(quiet)
    [change] = made["changes"]
    assert change["because"] == ["Sleep.min_sleep went from 30 to 20"]
    assert Counter(made["standings"]) == {"changed": 1, "waiting": 1}
    assert made["estimate"]["hours"] > 0


def test_applied_plan_replaces_the_result_and_keeps_the_old_run(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    before = pipeline(quiet, "sleep")
    quiet.deploy("another parameter")
    [(bucket, key, directive)] = directives(plan(quiet))
    assert bucket == PLAIN
    direct(quiet, key, directive)
    direct(quiet, key, directive)
    quiet.run_all()
    after = pipeline(quiet, "sleep")
    assert (after.disposition, after.run_id, after.stale) == ("succeeded", directive.run_id, None)
    assert [past.run_id for past in after.past] == [before.run_id]


def test_directive_of_a_standing_that_is_no_more_does_nothing(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    quiet.deploy("another parameter")
    [(_, key, directive)] = directives(plan(quiet))
    quiet.deploy("first")
    direct(quiet, key, directive)
    assert pipeline(quiet, "sleep").run_id == directive.instead_of


def test_plan_refuses_to_be_applied_to_another_world(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    quiet.deploy("another parameter")
    made = plan(quiet)
    assert moved_on(made, plan(quiet)) == []
    quiet.upload(FILE, b"B")
    assert moved_on(made, plan(quiet)) == [f"sleep of s3://{PLAIN}/{FILE} has changed."]
    quiet.deploy("first")
    assert moved_on(made, plan(quiet))[0] == "The study was deployed since."


def test_new_uploads_do_not_hinder_a_plan(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    quiet.deploy("another parameter")
    made = plan(quiet)
    quiet.upload("raw/S2/V1.cwa", b"A")
    assert moved_on(made, plan(quiet)) == []


def test_file_that_is_no_plan_is_refused() -> None:
    for content in (b"", b"{}", b'{"schema": "wearline.change/9"}'):
        with pytest.raises(PlanFileInvalid):
            read(content)


def test_failed_run_is_tried_again_once_for_each_word(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"no recording")
    quiet.run_all()
    assert pipeline(quiet, "sleep").disposition == "failed"
    [(row, directive, code)] = failures(quiet.ledger.objects(STUDY, PLAIN))
    assert code == "format_not_recognised"
    direct(quiet, row.key, directive)
    direct(quiet, row.key, directive)
    assert (pipeline(quiet, "sleep").disposition, pipeline(quiet, "sleep").attempt) == (
        "running",
        2,
    )
    quiet.run_all()
    run = quiet.ledger.run(directive.run_id)
    assert run is not None
    assert [each.name for each in run.tries] == ["1.1", "2.1"]
    assert (run.state, run.attempt, run.result) == ("failed", 2, "2.1")


def test_succeeded_run_is_never_retried(quiet: QuietWorld) -> None:
    quiet.upload(FILE, b"A")
    quiet.run_all()
    done = pipeline(quiet, "sleep")
    direct(quiet, FILE, NextAttempt("sleep", done.run_id or "", done.attempt))
    assert pipeline(quiet, "sleep") == done
