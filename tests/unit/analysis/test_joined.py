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
from wearline_analysis.index import Index

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


def test_what_a_deleted_file_had_last_is_told_as_deleted(
    study: FinishedStudy, tmp_path: Path
) -> None:
    study.ran(ONE, nights(390), metadata={"height": 1.8})
    study.delete(ONE)
    rows = study.rows(tmp_path, "night", history=True)
    assert {(row["asleep_min"], row["standing"]) for row in rows} == {
        (400, "superseded"), (410, "superseded"), (390, "deleted"), (300, "succeeded"),
    }  # fmt: skip
    study.ran(ONE, nights(390), metadata={"height": 1.9})
    assert {row["standing"] for row in study.rows(tmp_path, "night", history=True)} == {
        "superseded", "succeeded",
    }  # fmt: skip


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


EVENTS = st.tuples(
    st.integers(0, 4), st.integers(0, 3), st.sampled_from(["run", "fails", "retry", "leaves"]),
    st.sampled_from(["no look", "counting", "history"]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=14))
@pytest.mark.usefixtures("small_segments")
def test_whatever_happened_before_the_rows_are_those_of_the_runs_that_are_asked_for(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, int, str, str]]
) -> None:
    """Runs, failures, retries, replacements and withdrawals in any order, with looks between."""
    study, folder = FinishedStudy(), tmp_path_factory.mktemp("cache")
    expected: dict[str, dict[str, list[float]]] = {}  # by file, by run: what it wrote last
    last: dict[str, tuple[int, int, str]] = {}  # by file: identity, attempt, verdict
    for number, (subject, count, event, look) in enumerate(events):
        key = f"raw/S{subject}/V1_wrist.cwa"
        if event == "leaves":
            for run in expected.pop(key, {}):
                study.forget(run)
            study.objects_.pop(key, None)
            last.pop(key, None)
        else:
            identity, attempt, verdict = last.get(key, (number, 0, "failed"))
            if event != "retry" or verdict == "succeeded":
                identity, attempt = number, 0
            verdict = "failed" if event == "fails" else "succeeded"
            minutes = [float(100 * number + each) for each in range(count)]
            last[key] = (identity, attempt + 1, verdict)
            run = study.ran(
                key, nights(*minutes), verdict=verdict, attempt=attempt + 1, metadata=identity
            )
            expected.setdefault(key, {})[run] = minutes
        if look == "no look" or not expected:
            continue
        history = look == "history"
        rows = study.rows(folder, "night", history=history) if study.wrote("night", history) else []
        assert [row.get("asleep_min") for row in rows] == [
            each
            for key in sorted(expected)
            for run in sorted(expected[key])
            if history or (study.objects_[key].pipelines["sleep"].run_id, last[key][2]) == (
                run, "succeeded"
            )
            for each in expected[key][run]
        ]  # fmt: skip


def test_a_retry_takes_the_place_of_what_the_failed_attempt_wrote(
    study: FinishedStudy, tmp_path: Path
) -> None:
    three = "raw/S3/V1_wrist.cwa"
    run = study.ran(three, nights(1, 2), verdict="failed")
    study.rows(tmp_path, "night", history=True)
    assert study.ran(three, nights(200), attempt=2) == run
    for history in (False, True):
        rows = study.rows(tmp_path, "night", history=history)
        assert [row["asleep_min"] for row in rows] == [400, 410, 300, 200]


def test_the_tenth_attempt_comes_after_the_ninth(study: FinishedStudy) -> None:
    three = "raw/S3/V1_wrist.cwa"
    for attempt in (9, 10):
        run = study.ran(three, nights(attempt), attempt=attempt)
    [last] = [each.attempt for each in study.runs() if each.run_id == run]
    assert last == "10.1"


def test_what_a_retry_wrote_no_more_is_gone(study: FinishedStudy, tmp_path: Path) -> None:
    three = "raw/S3/V1_wrist.cwa"
    study.ran(three, nights(1, 2), verdict="failed")
    study.rows(tmp_path, "night", history=True)
    study.ran(three, {}, attempt=2)
    rows = study.rows(tmp_path, "night", history=True)
    assert [row["asleep_min"] for row in rows] == [400, 410, 300]


def test_columns_and_types_are_those_of_the_runs_that_count(tmp_path: Path) -> None:
    """Whatever this machine read before: so a release is the same from everywhere."""
    study = FinishedStudy()
    study.ran(ONE, {"own": [{"score": "high", "more": 1}]})
    study.ran(TWO, {"own": [{"score": "low", "more": 2}]})
    assert [row["score"] for row in study.rows(tmp_path / "used", "own")] == ["high", "low"]
    for key in (ONE, TWO):
        study.ran(key, {"own": [{"score": 1.5}]}, metadata={"height": 1.8})
    used = study.rows(tmp_path / "used", "own")
    assert used == study.rows(tmp_path / "new", "own")
    assert [row["score"] for row in used] == [1.5, 1.5]
    assert "more" not in used[0]
    with pytest.raises(TablesDisagree):
        study.rows(tmp_path / "used", "own", history=True)


def test_the_order_of_columns_does_not_depend_on_what_was_read_when(tmp_path: Path) -> None:
    study = FinishedStudy()
    study.ran(ONE, {"day": [{"a_min": 1.0, "b_min": 1.0}]})
    early = [list(study.rows(tmp_path / f"early{n}", "day")[0]) for n in range(4)]
    assert early[1:] == early[:-1]
    study.ran(TWO, {"day": [{"c_min": 2.0, "a_min": 1.0, "d_min": 2.0}]})
    late = [list(study.rows(tmp_path / f"early{n}", "day")[0]) for n in range(4)]
    assert late[1:] == late[:-1]
    assert late[0] == list(study.rows(tmp_path / "late", "day")[0])


def test_a_table_that_is_being_read_stays_readable_while_another_process_compacts(
    study: FinishedStudy, tmp_path: Path, small_segments: None
) -> None:
    found = study.tables(tmp_path)
    with found.queries(["night"]) as queries:
        for number in range(3, 6):
            study.ran(f"raw/S{number}/V1_wrist.cwa", nights(number))
            study.rows(tmp_path, "night")
        rows = queries.table(found.ordered("night"))
    assert rows["asleep_min"].to_pylist() == [400, 410, 300]


def test_what_a_call_that_broke_off_left_of_a_person_is_removed(
    study: FinishedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Index, "keep", dies)
        with pytest.raises(KeyboardInterrupt):
            study.rows(tmp_path, "night")
    assert list(tmp_path.rglob("*.parquet"))
    for key in (ONE, TWO):
        study.forget(*_keys(study, key))
    study.tables(tmp_path)
    assert not list(tmp_path.rglob("*.parquet"))
