"""What becomes of a file that is replaced, repeated, deleted, or named as people name files."""

from __future__ import annotations

import pytest

from tests.trials import Trial

from .conftest import height, recording

pytestmark = pytest.mark.engine


def test_new_version_runs_and_the_earlier_run_is_kept_as_superseded(
    study: Trial, subject: str
) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording(1))
    first = study.pipeline(key, "succeeded")
    study.put(key, recording(2))
    second = study.pipeline(key, "succeeded", run_is_not=first.run_id)
    [past] = second.past
    assert (past.run_id, past.disposition) == (first.run_id, "succeeded")
    assert study.run(first.run_id or "").state == "succeeded"
    [table] = study.table(second, "recording")
    assert table["run"] == second.run_id


def test_file_that_is_replaced_while_its_run_is_under_way_counts_in_its_new_version_only(
    study: Trial, subject: str
) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording(1))
    first = study.eventually(lambda: _named(study, key))
    study.put(key, recording(2))
    second = study.pipeline(key, "succeeded", run_is_not=first)
    assert [past.run_id for past in second.past] == [first]
    study.eventually(lambda: study.run(first).state in ("superseded", "succeeded"))


def _named(study: Trial, key: str) -> str | None:
    row = study.row(key)
    return row.pipelines["read"].run_id if row and row.pipelines else None


def test_same_content_twice_runs_once(study: Trial, subject: str) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording())
    first = study.pipeline(key, "succeeded")
    study.put(key, recording())
    study.eventually(lambda: (row := study.row(key)) is not None and row.repeats)
    assert study.settled(key).pipelines["read"] == first
    assert [name for name in study.executions() if name.startswith(str(first.run_id))] == [
        f"{first.run_id}-1"
    ]


def test_content_that_comes_back_is_not_computed_again(study: Trial, subject: str) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording(1))
    first = study.pipeline(key, "succeeded")
    study.put(key, recording(2))
    second = study.pipeline(key, "succeeded", run_is_not=first.run_id)
    study.put(key, recording(1))
    third = study.pipeline(key, "succeeded", run_is_not=second.run_id)
    assert [past.run_id for past in third.past] == [first.run_id, second.run_id]
    assert study.table(third, "recording")[0]["rows"] == study.table(first, "recording")[0]["rows"]


def test_deleted_file_is_no_longer_counted_and_its_run_is_kept(study: Trial, subject: str) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording())
    made = study.pipeline(key, "succeeded")
    study.delete(key)
    study.eventually(lambda: (row := study.row(key)) is not None and row.deleted)
    [past] = study.settled(key).pipelines["read"].past
    assert past.run_id == made.run_id
    assert study.run(made.run_id or "").state == "succeeded"


def test_deleted_metadata_file_makes_what_rests_on_it_stale(study: Trial, subject: str) -> None:
    key, source = f"raw/{subject}/V1_lumbar.cwa", f"clinical/heights/{subject}_20240311.csv"
    study.put(source, height(subject, 170))
    study.put(key, recording())
    study.pipeline(key, "succeeded")
    study.delete(source)
    stale = study.eventually(lambda: study.pipeline(key, "succeeded").stale)
    assert stale.code == "value_withdrawn"


@pytest.mark.parametrize(
    "name", ["S 07+é%", "100%25", "a&b=c?d", "Jürgen ñ 体", "plus+plus", "tab'quote\"s"]
)
def test_name_of_a_subject_may_hold_what_people_write(
    name: str, study: Trial, subject: str
) -> None:
    whole = f"{subject} {name}"
    key = f"raw/{whole}/V1_wrist.cwa"
    study.put(key, recording())
    [table] = study.table(study.pipeline(key, "succeeded"), "recording")
    assert (table["subject"], table["file"]) == (whole, key)
