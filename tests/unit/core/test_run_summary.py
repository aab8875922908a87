"""What the ledger keeps of a run.json, whatever it says."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wearline.aws import rows
from wearline.core.ledger import RunRow
from wearline.core.results import run_record
from wearline.core.run_summary import (
    LONGEST_TEXT,
    MOST_DAYS,
    MOST_FINDINGS,
    MOST_MEASURES,
    Dated,
    FindingNote,
    RunSummary,
    run_summary,
)

RECORD: dict[str, Any] = {
    "schema": "wearline.run/1",
    "run_id": "r",
    "attempt": "1.1",
    "verdict": "succeeded",
    "reason": None,
    "processor": {"release": "skdh-0.17.18", "engine": "lean", "image_digest": None},
    "input": {"sha256": "ab", "size": 3},
    "quality": {
        "format": "axivity",
        "device": "AX3",
        "serial_number": "S 1",
        "start": "2026-01-05T08:00:00Z",
        "findings": [{"code": "gaps", "severity": "warning", "sentence": "A gap.", "count": 2}],
    },
    "outputs": [{"name": "days.png"}, {"name": "day.parquet"}],
    "summary": {
        "recorded_h": 48,
        "days": [{"date": "2026-01-05", "worn_h": 23.5, "wake_mvpa_min": None}],
        "nights": [],
        "measures": {"asleep_mean_min": 420.5, "gait_speed_mean_m_s": None},
    },
}
HEADLINE = RunSummary(
    format="axivity",
    device="AX3",
    serial_number="S 1",
    start="2026-01-05T08:00:00Z",
    recorded_h=48.0,
    findings=(FindingNote("gaps", "warning", "A gap.", 2),),
    days=(Dated("2026-01-05", {"worn_h": 23.5}),),
    measures={"asleep_mean_min": 420.5},
    pictures=("days.png",),
    release="skdh-0.17.18",
    engine="lean",
    input_sha256="ab",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def run(summary: RunSummary | None) -> RunRow:
    return RunRow("r", "study", "b", "k", "p", "succeeded", 1, "2026-01-01", summary=summary)


def test_the_headline_is_kept_and_what_was_not_computed_is_absent() -> None:
    assert run_record(json.dumps(RECORD).encode(), "r", "1.1").summary == HEADLINE


def test_the_row_of_a_run_holds_its_summary_as_it_was_written() -> None:
    assert rows.parsed(RunRow, rows.item(run(HEADLINE))) == run(HEADLINE)


def test_rows_from_before_there_were_summaries_are_read() -> None:
    old = {name: value for name, value in rows.item(run(None)).items() if name != "summary"}
    assert rows.parsed(RunRow, old).summary is None


def test_nothing_grows_without_bound() -> None:
    finding = {"code": "gaps", "severity": "info", "sentence": "x" * 9000}
    day = {"date": "2026-01-05"}
    endless = {
        "quality": {"device": "d" * 9000, "findings": [finding] * 999},
        "summary": {
            "days": [day] * 999,
            "measures": {f"m{number}": number for number in range(999)},
        },
    }
    kept = run_summary(endless)
    assert len(kept.days) == MOST_DAYS
    assert len(kept.findings) == MOST_FINDINGS
    assert len(kept.measures) == MOST_MEASURES
    assert kept.device == "d" * LONGEST_TEXT


def test_a_piece_that_does_not_fit_is_left_out_and_the_rest_stays() -> None:
    odd = {**RECORD, "summary": {**RECORD["summary"], "days": [{"date": "5 Jan"}, 7]}}
    assert run_summary(odd).days == ()
    assert run_summary(odd).measures == HEADLINE.measures


@given(summary=JSON, quality=JSON, outputs=JSON, processor=JSON, given_=JSON)
def test_no_record_is_too_odd_to_be_stored(
    summary: Any, quality: Any, outputs: Any, processor: Any, given_: Any
) -> None:
    kept = run_summary(
        {
            "summary": summary,
            "quality": quality,
            "outputs": outputs,
            "processor": processor,
            "input": given_,
        }
    )
    assert rows.parsed(RunRow, rows.item(run(kept))).summary == kept


@given(JSON, st.dictionaries(st.sampled_from(["a_h", "worn_h", "B", "x y"]), JSON))
def test_measures_are_finite_numbers_with_plain_names(days: Any, measures: Any) -> None:
    kept = run_summary({"summary": {"days": [days], "measures": measures}})
    assert set(kept.measures) <= {"a_h", "worn_h"}
    assert all(isinstance(value, float) for value in kept.measures.values())
