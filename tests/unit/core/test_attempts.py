"""What the end of a try means."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.attempts import MOST_TRIES, Again, Cause, TaskEnd, cause_of, judge, task_end
from wearline.core.ledger import Reason

PASSES = (
    TaskEnd(error="States.TaskFailed", stop_code="SpotInterruption"),
    TaskEnd(error="AmazonECS.Unknown", cause='{"Failures":[{"Reason":"RESOURCE:CPU"}]}'),
    TaskEnd(exit_code=137),
    TaskEnd(exit_code=1),
    TaskEnd(exit_code=0),
)
ends = st.builds(
    TaskEnd,
    error=st.none() | st.text(max_size=20),
    cause=st.none() | st.text(max_size=20),
    exit_code=st.none() | st.integers(-1, 255),
)


@pytest.mark.parametrize("end", PASSES)
def test_what_may_pass_is_tried_again_with_a_reason_that_a_person_can_read(end: TaskEnd) -> None:
    again = judge(end, tries=1)
    assert isinstance(again, Again)
    assert again.reason.sentence


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        (TaskEnd(stopped_reason="CannotPullContainerError: no such image"), "image"),
        (TaskEnd(error="States.Timeout"), "time_limit"),
        (TaskEnd(stop_code="UserInitiated", exit_code=137), "stopped"),
    ],
)
def test_what_will_not_pass_is_final_at_once(end: TaskEnd, cause: Cause) -> None:
    judged = judge(end, tries=1)
    assert isinstance(judged, Reason)
    assert judged.code == cause


@given(ends, st.integers(MOST_TRIES, 50))
def test_nothing_is_tried_for_ever(end: TaskEnd, tries: int) -> None:
    assert isinstance(judge(end, tries), Reason)


@given(st.integers(1, MOST_TRIES - 2))
def test_each_wait_for_what_is_unknown_is_longer(tries: int) -> None:
    first, next_ = judge(TaskEnd(), tries), judge(TaskEnd(), tries + 1)
    assert isinstance(first, Again)
    assert isinstance(next_, Again)
    assert next_.wait_s > first.wait_s


def test_words_tell_more_than_the_exit_code_of_a_killed_task() -> None:
    assert cause_of(TaskEnd(exit_code=137)) == "out_of_memory"
    assert cause_of(TaskEnd(exit_code=137, stop_code="SpotInterruption")) == "interrupted"


def test_a_failed_task_is_read_from_the_cause_of_its_state() -> None:
    task = {"StopCode": "EssentialContainerExited", "Containers": [{"ExitCode": 3}]}
    end = task_end(None, {"Error": "States.TaskFailed", "Cause": json.dumps(task)})
    assert (end.exit_code, end.stop_code) == (3, "EssentialContainerExited")


@given(st.text(max_size=40) | st.none())
def test_any_cause_can_be_read(cause: str | None) -> None:
    assert task_end(None, {"Error": "States.TaskFailed", "Cause": cause}).cause == cause
