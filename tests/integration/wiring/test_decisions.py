"""A data manager's word on recordings, on the deployed platform: it arrives like metadata."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.trials import Trial

from .conftest import STUDY, recording

pytestmark = pytest.mark.engine

DECISIONS = """  decisions: {kind: decisions, key: "decisions/{part}_{date:%Y%m%d}.csv"}
pipelines:
"""
HEADER = "key,subject,visit,action,details,reason,author,date\n"
BY = "a test,me,2024-04-01\n"


@pytest.fixture(scope="session")
def decided(shared_trial: Callable[[str, str], Trial]) -> Trial:
    return shared_trial("decided", STUDY.replace("pipelines:\n", DECISIONS, 1))


def test_excluded_recording_runs_once_the_decision_is_withdrawn(
    decided: Trial, subject: str
) -> None:
    source, key = f"decisions/{subject}_20240401.csv", f"raw/{subject}/V1_wrist.cwa"
    decided.put(source, f"{HEADER},{subject},,exclude,,{BY}")
    decided.accepted(source)
    decided.put(key, recording())
    reason = decided.pipeline(key, "excluded").reason
    assert reason is not None
    assert reason.sentence == "a test (me, 2024-04-01)"
    decided.delete(source)
    decided.pipeline(key, "succeeded")


def test_trimmed_recording_says_so_in_its_record_and_what_has_run_becomes_stale(
    decided: Trial, subject: str
) -> None:
    source, key = f"decisions/{subject}_20240401.csv", f"raw/{subject}/V1_wrist.cwa"
    decided.put(source, f"{HEADER}{key},,,trim,from=2024-03-11T09:00:10,{BY}")
    decided.accepted(source)
    decided.put(key, recording())
    plan = decided.record(decided.pipeline(key, "succeeded"))["plan"]
    assert plan["identity"]["decisions"][0]["from"] == "2024-03-11T13:00:10.000+00:00"
    assert plan["origin"]["decisions"][0]["author"] == "me"
    decided.put(source, f"{HEADER}{key},,,exclude,,{BY}")
    stale = decided.eventually(lambda: decided.pipeline(key, "succeeded").stale)
    assert stale.code == "excluded"


def test_decision_that_names_nothing_is_a_problem_until_the_recording_comes(
    decided: Trial, subject: str
) -> None:
    def told() -> bool:
        return any(source in row.concerns for row in decided.problems("decision_names_nothing"))

    source, key = f"decisions/{subject}_20240401.csv", f"raw/{subject}/V1_wrist.cwa"
    decided.put(source, f"{HEADER}{key},,,accept,gaps,{BY}")
    decided.eventually(told)
    decided.put(key, recording())
    decided.pipeline(key, "succeeded")
    decided.eventually(lambda: not told())
