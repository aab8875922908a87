"""The Catalog machine, executed with its functions' answers scripted."""

from __future__ import annotations

from .conftest import Machine


def test_a_study_that_cannot_be_resolved_ends_cleanly(catalog: Machine) -> None:
    run = catalog.run(
        {"study": "gait"}, ResolveStudy=[{"result": {"ok": False, "study": "gait", "buckets": []}}]
    )
    assert (run.status, run.states[-1]) == ("SUCCEEDED", "NothingToSweep")
    assert run.called("FinishSweep") == []


def test_each_bucket_is_swept_from_cursor_to_cursor_and_its_counts_are_summed(
    catalog: Machine,
) -> None:
    run = catalog.run(
        {"study": "gait"},
        ResolveStudy=[
            {"result": {"ok": True, "study": "gait", "buckets": [{"bucket": "a"}, {"bucket": "b"}]}}
        ],
        SweepBucket=[
            {
                "when": {"bucket": "a", "cursor": None},
                "result": {"counts": {"listed": 5, "data": 5}, "cursor": "k5"},
            },
            {
                "when": {"bucket": "a", "cursor": "k5"},
                "result": {"counts": {"listed": 2, "ignored": 2}, "cursor": "k7"},
            },
            {"when": {"bucket": "a", "cursor": "k7"}, "result": {"counts": {}}},
            {"when": {"bucket": "b", "cursor": None}, "result": {"counts": {"listed": 1}}},
        ],
        FinishSweep=[{"result": {"listed": 8}}],
    )
    assert (run.status, run.states[-1], run.output) == ("SUCCEEDED", "SweepFinished", {"listed": 8})
    assert run.payloads("FinishSweep") == [
        {
            "study": "gait",
            "sweep": "execution-name",
            "buckets": [
                {"bucket": "a", "counts": {"listed": 7, "data": 5, "ignored": 2}},
                {"bucket": "b", "counts": {"listed": 1}},
            ],
        }
    ]


def test_one_sweep_has_one_name_in_all_its_functions(catalog: Machine) -> None:
    run = catalog.run(
        {"study": "gait"},
        ResolveStudy=[{"result": {"ok": True, "study": "gait", "buckets": [{"bucket": "a"}]}}],
        SweepBucket=[{"result": {"counts": {"listed": 0}}}],
        FinishSweep=[{"result": {}}],
    )
    assert {call["arguments"]["Payload"]["sweep"] for call in run.calls} == {"execution-name"}


def test_a_sweep_that_keeps_failing_fails_the_execution(catalog: Machine) -> None:
    run = catalog.run(
        {"study": "gait"},
        ResolveStudy=[{"result": {"ok": True, "study": "gait", "buckets": [{"bucket": "a"}]}}],
        SweepBucket=[{"error": "StoreUnavailable", "cause": "{}"}] * 4,
    )
    assert run.status == "FAILED"
