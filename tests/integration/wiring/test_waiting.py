"""A recording waits for its metadata, whichever comes first, and for all of it."""

from __future__ import annotations

import pytest

from tests.trials import Trial

from .conftest import height, leg_length, recording

pytestmark = pytest.mark.engine


def test_recording_that_came_before_its_height_runs_when_the_height_comes(
    study: Trial, subject: str
) -> None:
    key = f"raw/{subject}/V1_lumbar.cwa"
    study.put(key, recording())
    [unmet] = study.pipeline(key, "waiting").unmet
    assert (unmet.name, unmet.subject) == ("height", subject)
    study.put(f"clinical/heights/{subject}_20240311.csv", height(subject, 171.5))
    plan = study.record(study.pipeline(key, "succeeded"))["plan"]
    assert plan["identity"]["metadata"] == {"height": {"value": 1.715, "unit": "m"}}
    assert not [row for row in study.problems() if subject in row.concerns]


def test_recording_that_comes_after_its_height_runs_at_once(study: Trial, subject: str) -> None:
    source = f"clinical/heights/{subject}_20240311.csv"
    study.put(source, height(subject, 182))
    study.accepted(source)
    key = f"raw/{subject}/V1_lumbar.cwa"
    study.put(key, recording())
    origin = study.record(study.pipeline(key, "succeeded"))["plan"]["origin"]["metadata"]["height"]
    assert origin["source"]["key"] == source
    assert (origin["row"], origin["column"]) == (2, "HEIGHT_CM")


def test_recording_waits_for_every_value_and_says_which_are_missing(
    study: Trial, subject: str
) -> None:
    key = f"raw/{subject}/V1_legs.cwa"
    study.put(key, recording())
    assert {each.name for each in study.pipeline(key, "waiting").unmet} == {"height", "leg_length"}
    study.put(f"clinical/heights/{subject}_20240311.csv", height(subject, 160))

    def only_legs() -> bool:
        return [each.name for each in study.pipeline(key, "waiting").unmet] == ["leg_length"]

    study.eventually(only_legs)
    study.put(f"clinical/legs/{subject}_20240311.csv", leg_length(subject, 85))
    metadata = study.record(study.pipeline(key, "succeeded"))["plan"]["identity"]["metadata"]
    assert {name: each["value"] for name, each in metadata.items()} == {
        "height": 1.6,
        "leg_length": 0.85,
    }


def test_corrected_height_marks_what_was_made_with_the_old_one_stale_and_runs_nothing(
    study: Trial, subject: str
) -> None:
    key, source = f"raw/{subject}/V1_lumbar.cwa", f"clinical/heights/{subject}_20240311.csv"
    study.put(source, height(subject, 117))
    study.put(key, recording())
    made = study.pipeline(key, "succeeded")
    study.put(source, height(subject, 171))
    stale = study.eventually(lambda: study.pipeline(key, "succeeded").stale)
    assert stale.code == "plan_differs"
    assert study.pipeline(key, "succeeded").run_id == made.run_id
    study.put(source, height(subject, 117))
    study.eventually(lambda: study.pipeline(key, "succeeded").stale is None)


def test_bad_row_is_a_problem_without_its_value_and_the_good_row_counts(
    study: Trial, subject: str
) -> None:
    key, source = f"raw/{subject}/V1_lumbar.cwa", f"clinical/heights/{subject}_20240311.csv"
    study.put(source, height(subject, 158) + f"{subject}b,V1,17 feet\n")
    study.put(key, recording())
    study.pipeline(key, "succeeded")
    problem = study.problem("metadata_rejected", source)
    assert "HEIGHT_CM" in problem.sentence
    assert "17 feet" not in problem.sentence + problem.concerns
    study.put(source, height(subject, 158))
    study.eventually(lambda: not [row for row in study.problems() if source in row.concerns])
