"""What the end of a task or a job means, as ECS, Batch and Step Functions tell it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wearline.core.attempts import Again, cause_of, judge, task_end

Json = dict[str, Any]


def failed(**description: Any) -> Json:
    return {"Error": "States.TaskFailed", "Cause": json.dumps(description)}


def task(stop_code: str, reason: str, **container: Any) -> Json:
    return failed(
        StopCode=stop_code,
        StoppedReason=reason,
        Containers=[container],
        CapacityProviderName="FARGATE_SPOT",
    )


def job(reason: str, **container: Any) -> Json:
    return failed(Status="FAILED", StatusReason=reason, Container=container)


# "Stopped tasks error messages", "API failure reasons" (Amazon ECS); "Job timeouts",
# "Automated job retries" (AWS Batch).
ENDS: list[tuple[str, Json]] = [
    ("interrupted", task("SpotInterruption", "Your Spot Task was interrupted.", ExitCode=143)),
    ("interrupted", job("Your Spot Task was interrupted.", ExitCode=143)),
    ("interrupted", job("Your Spot Task was interrupted.", ExitCode=137)),
    (
        "out_of_memory",
        task(
            "EssentialContainerExited",
            "Essential container in task exited",
            ExitCode=137,
            Reason="OutOfMemoryError: Container killed due to memory usage",
        ),
    ),
    (
        "out_of_memory",
        job("Essential container in task exited", ExitCode=137, Reason="OutOfMemoryError"),
    ),
    ("out_of_memory", job("Essential container in task exited", ExitCode=137)),
    ("image", task("TaskFailedToStart", "CannotPullContainerError: manifest unknown")),
    ("image", job("CannotPullContainerError: pull image manifest has been retried 1 time(s)")),
    ("capacity", task("TaskFailedToStart", "Capacity is unavailable at this time.")),
    ("capacity", {"Error": "AmazonECS.Unknown", "Cause": '[{"Reason": "RESOURCE:CPU"}]'}),
    ("capacity", {"Error": "Wearline.NeverStarted", "Cause": "The job waited ten days"}),
    ("time_limit", {"Error": "States.Timeout", "Cause": ""}),
    ("time_limit", job("Job attempt duration exceeded timeout")),
    ("stopped", task("UserInitiated", "Task stopped by user", ExitCode=143)),
    ("infrastructure", job("Essential container in task exited", ExitCode=70)),
    ("infrastructure", {"Error": "Batch.ClientException", "Cause": "JobQueue not found"}),
]


@pytest.mark.parametrize(("cause", "error"), ENDS)
def test_a_cause_is_read_from_what_the_service_says(cause: str, error: Json) -> None:
    assert cause_of(task_end(None, error)) == cause


@pytest.mark.parametrize("lane", [task, job])
def test_what_may_pass_is_tried_again_and_the_rest_is_final(lane: Any) -> None:
    again = {"interrupted", "out_of_memory", "capacity", "infrastructure"}
    for cause, error in ENDS:
        assert isinstance(judge(task_end(None, error), tries=1), Again) == (cause in again)
        assert not isinstance(judge(task_end(None, error), tries=4), Again)


def test_a_job_names_its_log() -> None:
    assert task_end(None, job("", ExitCode=70, LogStreamName="r/1/2")).log == "r/1/2"
