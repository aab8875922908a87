"""The Catalog machine, executed with its functions' answers scripted."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Machine

A, B = ({"kind": "objects", "bucket": bucket} for bucket in "ab")
GO: dict[str, Any] = {"state": "go", "study": "gait", "sections": [A], "unreadable": []}
SWEPT: dict[str, Any] = {"counts": {"listed": 1}, "cursor": None, "unreadable": None}


def test_a_study_that_cannot_be_resolved_ends_cleanly(catalog: Machine) -> None:
    nothing = {"state": "nothing", "study": "gait"}
    run = catalog.run({"study": "gait"}, ResolveStudy=[{"result": nothing}])
    assert (run.status, run.states[-1]) == ("SUCCEEDED", "NothingToSweep")
    assert run.called("FinishSweep") == []


def test_each_section_is_swept_from_cursor_to_cursor_and_its_counts_are_summed(
    catalog: Machine,
) -> None:
    run = catalog.run(
        {"study": "gait"},
        ResolveStudy=[{"result": GO | {"sections": [A, B], "unreadable": ["c"]}}],
        SweepSection=[
            {
                "when": {"section": A, "cursor": None},
                "result": SWEPT | {"counts": {"w.listed": 5, "w.data": 5}, "cursor": "k5"},
            },
            {
                "when": {"section": A, "cursor": "k5"},
                "result": SWEPT | {"counts": {"w.listed": 2, "-.ignored": 2}, "cursor": "k7"},
            },
            {"when": {"section": A, "cursor": "k7"}, "result": SWEPT | {"counts": {}}},
            {"when": {"section": B, "cursor": None}, "result": SWEPT | {"unreadable": "b"}},
        ],
        FinishSweep=[{"result": {"listed": 8}}],
        WriteReport=[{"result": {"study": "gait"}}],
    )
    assert (run.status, run.states[-1], run.output) == ("SUCCEEDED", "SweepFinished", {"listed": 8})
    [payload] = run.payloads("FinishSweep")
    assert payload.pop("started")
    assert payload == {
        "study": "gait",
        "sweep": "execution-name",
        "unreadable": ["c"],
        "sections": [
            {
                "section": A,
                "counts": {"w.listed": 7, "w.data": 5, "-.ignored": 2},
                "unreadable": None,
            },
            {"section": B, "counts": {"listed": 1}, "unreadable": "b"},
        ],
    }


def test_a_sweep_waits_until_the_one_before_it_has_ended(catalog: Machine) -> None:
    wait = {"state": "wait", "study": "gait", "joined": None}
    run = catalog.run(
        {"study": "gait"},
        ResolveStudy=[{"result": wait}, {"result": wait}, {"result": GO}],
        SweepSection=[{"result": SWEPT}],
        FinishSweep=[{"result": {}}],
        WriteReport=[{"result": {}}],
    )
    assert (run.status, run.states[-1]) == ("SUCCEEDED", "SweepFinished")
    assert run.states.count("WaitForTurn") == 2
    assert {each["study"] for each in run.payloads("ResolveStudy")} == {"gait"}


def test_a_sweep_that_another_waits_to_make_names_that_one(catalog: Machine) -> None:
    joined = {"state": "joined", "study": "gait", "joined": "arn:other"}
    run = catalog.run({"study": "gait"}, ResolveStudy=[{"result": joined}])
    assert (run.states[-1], run.output["joined"]) == ("SweepJoined", "arn:other")


def test_a_sweep_that_keeps_failing_fails_the_execution(catalog: Machine) -> None:
    run = catalog.run(
        {"study": "gait"},
        ResolveStudy=[{"result": GO}],
        SweepSection=[{"error": "Wearline.Fault", "cause": "{}"}] * 4,
    )
    assert run.status == "FAILED"


@pytest.mark.parametrize("error", ["States.Timeout", "Runtime.OutOfMemory", "TooManyObjects"])
def test_a_sweep_ends_well_whatever_becomes_of_its_report(catalog: Machine, error: str) -> None:
    run = catalog.run(
        {"study": "gait"},
        ResolveStudy=[{"result": GO}],
        SweepSection=[{"result": SWEPT}],
        FinishSweep=[{"result": {"listed": 1}}],
        WriteReport=[{"error": error, "cause": "{}"}],
    )
    assert (run.status, run.states[-1], run.output) == ("SUCCEEDED", "SweepFinished", {"listed": 1})
    assert run.payloads("WriteReport") == [{"study": "gait", "step": "report"}]
