"""A study's tables: what counts, fetched once, checked, and nothing of who has withdrawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wearline.core.ledger import Reason
from wearline_analysis import cache
from wearline_analysis.errors import NoSuchTable, ResultAltered, TablesDisagree

from .finished_study import FinishedStudy

ONE, TWO = "raw/S1/V1_wrist.cwa", "raw/S2/V1_wrist.cwa"


def nights(*minutes: float) -> dict[str, list[dict[str, float]]]:
    return {"night": [{"night_n": n, "asleep_min": each} for n, each in enumerate(minutes, 1)]}


@pytest.fixture
def study() -> FinishedStudy:
    found = FinishedStudy()
    found.ran(TWO, nights(300))
    found.ran(ONE, nights(400, 410))
    return found


def test_rows_come_in_order_of_subjects_and_then_as_they_were_written(
    study: FinishedStudy, tmp_path: Path
) -> None:
    rows = study.rows(tmp_path, "night")
    assert [(row["subject"], row["asleep_min"]) for row in rows] == [
        ("S1", 400), ("S1", 410), ("S2", 300),
    ]  # fmt: skip
    assert not any(row["stale"] for row in rows)
    assert list(rows[0])[-3:] == ["night_n", "asleep_min", "stale"]


def test_only_the_run_that_counts_is_in_a_table(study: FinishedStudy, tmp_path: Path) -> None:
    study.ran(ONE, nights(390), metadata={"height": 1.8})
    assert [row["asleep_min"] for row in study.rows(tmp_path, "night")] == [390, 300]


@pytest.mark.parametrize("disposition", ["failed", "excluded", "running", "waiting"])
def test_a_file_that_has_not_succeeded_has_no_rows(
    study: FinishedStudy, tmp_path: Path, disposition: str
) -> None:
    study.change(ONE, disposition=disposition)
    assert [row["subject"] for row in study.rows(tmp_path, "night")] == ["S2"]


def test_a_deleted_file_has_no_rows(study: FinishedStudy, tmp_path: Path) -> None:
    study.delete(ONE)
    assert [row["subject"] for row in study.rows(tmp_path, "night")] == ["S2"]


def test_a_result_that_a_decision_excludes_has_no_rows_though_it_is_there(
    study: FinishedStudy, tmp_path: Path
) -> None:
    study.change(ONE, stale=Reason("excluded", "Worn by another (me, 2024-04-01)"))
    assert [row["subject"] for row in study.rows(tmp_path, "night")] == ["S2"]
    history = study.rows(tmp_path, "night", history=True)
    assert [row["standing"] for row in history] == ["excluded", "excluded", "succeeded"]


def test_a_stale_row_says_so(study: FinishedStudy, tmp_path: Path) -> None:
    study.make_stale(ONE)
    assert [row["stale"] for row in study.rows(tmp_path, "night")] == [True, True, False]


def test_history_has_every_verdict_with_its_standing(study: FinishedStudy, tmp_path: Path) -> None:
    study.ran(ONE, nights(390), metadata={"height": 1.8})
    study.ran(TWO, nights(), verdict="failed", metadata={"height": 1.9})
    study.rows(tmp_path, "night")
    rows = study.rows(tmp_path, "night", history=True)
    assert {(row["asleep_min"], row["standing"], row["counts"]) for row in rows} == {
        (390, "succeeded", True), (400, "superseded", False), (410, "superseded", False),
        (300, "superseded", False),
    }  # fmt: skip


def test_a_second_look_reads_nothing_of_s3(study: FinishedStudy, tmp_path: Path) -> None:
    first = study.rows(tmp_path, "night")
    study.fetched.clear()
    assert study.rows(tmp_path, "night") == first
    assert study.fetched == []


def test_only_what_is_new_is_read(study: FinishedStudy, tmp_path: Path) -> None:
    study.rows(tmp_path, "night")
    study.fetched.clear()
    run = study.ran("raw/S3/V1_wrist.cwa", nights(200))
    assert [row["asleep_min"] for row in study.rows(tmp_path, "night")] == [400, 410, 300, 200]
    assert len(study.fetched) == 2
    assert all(run in key for key in study.fetched)


def test_runs_that_count_no_longer_are_not_fetched(study: FinishedStudy, tmp_path: Path) -> None:
    [before] = [run.run_id for run in study.runs() if run.run_id in _keys(study, ONE)]
    study.ran(ONE, nights(390), metadata={"height": 1.8})
    study.rows(tmp_path, "night")
    assert not any(before in key for key in study.fetched)


def _keys(study: FinishedStudy, key: str) -> set[str]:
    return {str(study.objects_[key].pipelines["sleep"].run_id)}


def test_an_altered_table_is_refused_and_named(study: FinishedStudy, tmp_path: Path) -> None:
    [path] = [key for key in study.bucket if key.endswith("night.parquet")][:1]
    study.bucket[path] += b" "
    with pytest.raises(ResultAltered, match=r"night\.parquet of run \w{12} is not .*SHA-256"):
        study.rows(tmp_path, "night")
    with pytest.raises(ResultAltered):
        study.rows(tmp_path, "night")


def test_an_altered_record_is_refused(study: FinishedStudy, tmp_path: Path) -> None:
    [path] = [key for key in study.bucket if key.endswith("run.json")][:1]
    study.bucket[path] = json.dumps({}).encode()
    with pytest.raises(ResultAltered, match=r"run\.json of run"):
        study.tables(tmp_path)


def test_a_missing_table_is_refused(study: FinishedStudy, tmp_path: Path) -> None:
    [path] = [key for key in study.bucket if key.endswith("night.parquet")][:1]
    del study.bucket[path]
    with pytest.raises(ResultAltered, match="not there any more"):
        study.rows(tmp_path, "night")


def test_a_table_that_nobody_wrote_names_those_that_are(
    study: FinishedStudy, tmp_path: Path
) -> None:
    with pytest.raises(NoSuchTable, match=r"No run wrote a table gait\. There are: night"):
        study.rows(tmp_path, "gait")


def test_columns_of_other_parameters_are_null_where_they_are_not(tmp_path: Path) -> None:
    study = FinishedStudy()
    study.ran(ONE, {"day": [{"wake_mvpa_bout1min_min": 4.0}]})
    study.ran(TWO, {"day": [{"wake_mvpa_bout2min_min": 2.0}]})
    assert [
        (row["wake_mvpa_bout1min_min"], row["wake_mvpa_bout2min_min"])
        for row in study.rows(tmp_path, "day")
    ] == [(4.0, None), (None, 2.0)]


def test_columns_that_have_nothing_in_common_are_told(tmp_path: Path) -> None:
    study = FinishedStudy()
    study.ran(ONE, {"own": [{"score": 1.5}]})
    study.ran(TWO, {"own": [{"score": "high"}]})
    with pytest.raises(TablesDisagree, match="own cannot be laid under each other"):
        study.rows(tmp_path, "own")


def test_nothing_of_a_withdrawn_subject_stays_on_the_machine(
    study: FinishedStudy, tmp_path: Path
) -> None:
    key = "raw/SECRET9/V1_wrist.cwa"
    run = study.ran(key, nights(123))
    assert len(study.rows(tmp_path, "night")) == 4
    study.forget(run)
    assert len(study.rows(tmp_path, "night")) == 3
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert run.encode() not in path.read_bytes()
            assert b"SECRET9" not in path.read_bytes()


@pytest.fixture
def small_segments() -> Iterator[None]:
    before = cache.BATCH_RUNS, cache.MOST_SEGMENTS
    cache.BATCH_RUNS, cache.MOST_SEGMENTS = 2, 1
    yield
    cache.BATCH_RUNS, cache.MOST_SEGMENTS = before


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans()), max_size=14))
@pytest.mark.usefixtures("small_segments")
def test_whatever_happened_before_the_rows_are_those_of_the_runs_that_count(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, int, bool]]
) -> None:
    """Runs, replacements and withdrawals in any order, with looks between them."""
    study, folder = FinishedStudy(), tmp_path_factory.mktemp("cache")
    expected: dict[str, tuple[str, list[float]]] = {}
    for number, (subject, count, leaves) in enumerate(events):
        key = f"raw/S{subject}/V1_wrist.cwa"
        if leaves and key in expected:
            study.forget(expected.pop(key)[0])
        else:
            minutes = [float(100 * number + each) for each in range(count)]
            expected[key] = (study.ran(key, nights(*minutes), metadata=number), minutes)
        if number % 2 and any(minutes for _, minutes in expected.values()):
            found = [row["asleep_min"] for row in study.rows(folder, "night")]
            assert found == [each for key in sorted(expected) for each in expected[key][1]]
