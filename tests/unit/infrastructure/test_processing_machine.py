"""The Processing machine, executed with its services' answers scripted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Machine

Json = dict[str, Any]

ORDER: Json = {"study": "gait", "run_id": "0" * 40, "attempt": 2, "lane": "live"}
TASK: Json = {
    "cluster": "arn:aws:ecs:eu-west-1:123456789012:cluster/wearline-stage",
    "task_definition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/of-a-study:7",
    "subnets": ["subnet-a"],
    "security_groups": ["sg-1", "sg-2"],
    "assign_public_ip": "DISABLED",
    "container": "processor",
    "cpu": "2048",
    "memory": "8192",
    "ephemeral_storage_gib": 33,
    "environment": [{"Name": "WEARLINE_ATTEMPT", "Value": "2.1"}],
    "time_limit_s": 1000,
}
GO: Json = {"result": {"go": True, "task": TASK}}
ENDED: Json = {"result": {"StopCode": "EssentialContainerExited", "Containers": [{"ExitCode": 0}]}}
NO_HOST: Json = {
    "error": "ECS.AmazonECSException",
    "cause": "Capacity is unavailable at this time. Please try again later or in a different "
    "availability zone (Service: AmazonECS; Status Code: 400; Error Code: ClientException)",
}


def recorded(state: str, wait_s: int = 0) -> Json:
    return {"result": {"state": state, "wait_s": wait_s}}


@pytest.mark.parametrize(
    ("state", "final"),
    [("succeeded", "RunSucceeded"), ("failed", "RunFailed"), ("superseded", "RunSuperseded")],
)
def test_each_verdict_ends_well_in_a_final_state_of_its_own(
    processing: Machine, state: str, final: str
) -> None:
    run = processing.run(ORDER, PrepareRun=[GO], RunTask=[ENDED], RecordRun=[recorded(state)])
    assert (run.status, run.states[-1]) == ("SUCCEEDED", final)
    assert run.output["state"] == state


def test_a_run_takes_six_transitions(processing: Machine) -> None:
    run = processing.run(ORDER, PrepareRun=[GO], RunTask=[ENDED], RecordRun=[recorded("succeeded")])
    assert run.states == [
        "PrepareRun", "MayStart", "RunTask", "RecordRun", "Recorded", "RunSucceeded"
    ]  # fmt: skip


def test_a_superseded_order_starts_no_task(processing: Machine) -> None:
    run = processing.run(ORDER, PrepareRun=[{"result": {"go": False, "state": "superseded"}}])
    assert (run.status, run.states[-1]) == ("SUCCEEDED", "RunSuperseded")
    assert run.called("RunTask") == []


def test_the_task_is_what_prepare_run_says(processing: Machine) -> None:
    run = processing.run(ORDER, PrepareRun=[GO], RunTask=[ENDED], RecordRun=[recorded("succeeded")])
    assert run.payloads("PrepareRun") == [
        {"study": "gait", "run_id": "0" * 40, "attempt": 2, "try": 1, "lane": "live"}
    ]
    (call,) = run.called("RunTask")
    assert call["arguments"] == {
        "Cluster": TASK["cluster"],
        "TaskDefinition": TASK["task_definition"],
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": ["subnet-a"],
                "SecurityGroups": ["sg-1", "sg-2"],
                "AssignPublicIp": "DISABLED",
            }
        },
        "Overrides": {
            "Cpu": "2048",
            "Memory": "8192",
            "EphemeralStorage": {"SizeInGiB": 33},
            "ContainerOverrides": [{"Name": "processor", "Environment": TASK["environment"]}],
        },
    }


def test_the_machine_waits_longer_for_a_task_than_the_worker_may_take(processing: Machine) -> None:
    run = processing.run(ORDER, PrepareRun=[GO], RunTask=[ENDED], RecordRun=[recorded("succeeded")])
    assert run.called("RunTask")[0]["timeout_s"] == TASK["time_limit_s"] + 900


def test_record_run_hears_how_the_task_ended(processing: Machine) -> None:
    run = processing.run(ORDER, PrepareRun=[GO], RunTask=[ENDED], RecordRun=[recorded("succeeded")])
    (told,) = run.payloads("RecordRun")
    assert told == {
        "study": "gait",
        "run_id": "0" * 40,
        "attempt": 2,
        "try": 1,
        "memory": TASK["memory"],
        "task": ENDED["result"],
        "error": None,
    }


FAILURES = {
    "image that cannot be pulled": (
        "States.TaskFailed",
        {"StopCode": "TaskFailedToStart", "StoppedReason": "CannotPullContainerError: not found"},
    ),
    "out of memory": (
        "States.TaskFailed",
        {"Containers": [{"ExitCode": 137, "Reason": "OutOfMemoryError: Container killed"}]},
    ),
    "Spot interruption": (
        "States.TaskFailed",
        {
            "StopCode": "SpotInterruption",
            "StoppedReason": "Your Spot Task was interrupted.",
            "CapacityProviderName": "FARGATE_SPOT",
        },
    ),
    "time limit": ("States.Timeout", {}),
    "forbidden": ("ECS.AccessDeniedException", {"Message": "not authorized to perform"}),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_any_other_end_of_a_task_is_for_record_run_to_judge(
    processing: Machine, failure: str
) -> None:
    error, description = FAILURES[failure]
    cause = json.dumps(description)
    run = processing.run(
        ORDER,
        PrepareRun=[GO],
        RunTask=[{"error": error, "cause": cause}],
        RecordRun=[recorded("failed")],
    )
    assert (run.status, run.states[-1]) == ("SUCCEEDED", "RunFailed")
    assert "WaitForCapacity" not in run.states
    (told,) = run.payloads("RecordRun")
    assert told["task"] is None
    assert told["error"] == {"Error": error, "Cause": cause}


def test_throttling_with_a_name_is_retried_in_place(processing: Machine) -> None:
    throttled = {"error": "ECS.ThrottlingException", "cause": "Rate exceeded"}
    run = processing.run(
        ORDER,
        PrepareRun=[GO],
        RunTask=[throttled, throttled, ENDED],
        RecordRun=[recorded("succeeded")],
    )
    assert (run.status, run.states.count("RunTask")) == ("SUCCEEDED", 1)
    assert run.waits == [5, 10]


CAPACITY = {
    "no host": NO_HOST,
    "throttled without a name": {
        "error": "ECS.AmazonECSException",
        "cause": "Rate exceeded. (Service: AmazonECS; Status Code: 400; Error Code: "
        "ThrottlingException)",
    },
    "failures of RunTask": {
        "error": "AmazonECS.Unknown",
        "cause": '[{"Reason": "RESOURCE:MEMORY"}]',
    },
    "quota": {
        "error": "AmazonECS.Unknown",
        "cause": "You've reached the limit on the number of vCPUs you can run concurrently",
    },
    "task that never got its host": {
        "error": "States.TaskFailed",
        "cause": '{"StopCode": "TaskFailedToStart", '
        '"StoppedReason": "Capacity is unavailable at this time."}',
    },
}


@pytest.mark.parametrize("refusal", CAPACITY)
def test_missing_capacity_waits_and_starts_again_as_the_same_try(
    processing: Machine, refusal: str
) -> None:
    run = processing.run(
        ORDER,
        PrepareRun=[GO],
        RunTask=[CAPACITY[refusal], CAPACITY[refusal], ENDED],
        RecordRun=[recorded("succeeded")],
    )
    assert (run.status, run.states[-1]) == ("SUCCEEDED", "RunSucceeded")
    assert run.states.count("WaitForCapacity") == 2
    assert [told["try"] for told in run.payloads("RecordRun")] == [1]
    first, second = run.waits
    assert 30 <= first <= 60
    assert 60 <= second <= 120


def test_capacity_that_never_comes_is_told_to_record_run_after_hours(processing: Machine) -> None:
    run = processing.run(
        ORDER, PrepareRun=[GO], RunTask=[NO_HOST] * 25, RecordRun=[recorded("failed")]
    )
    assert run.states[-1] == "RunFailed"
    assert len(run.waits) == 24
    assert 2 * 3600 < sum(run.waits) < 6 * 3600
    assert run.payloads("RecordRun")[0]["error"]["Cause"] == NO_HOST["cause"]


def test_another_try_is_prepared_anew_under_its_own_number(processing: Machine) -> None:
    run = processing.run(
        ORDER,
        PrepareRun=[GO, GO],
        RunTask=[{"error": "States.TaskFailed", "cause": "{}"}, ENDED],
        RecordRun=[recorded("again", 20), recorded("succeeded")],
    )
    assert run.states[-1] == "RunSucceeded"
    assert run.waits == [20]
    assert [told["try"] for told in run.payloads("PrepareRun")] == [1, 2]
    assert [told["try"] for told in run.payloads("RecordRun")] == [1, 2]
    assert run.payloads("RecordRun")[1]["error"] is None


def test_a_fault_of_lambda_is_ridden_out(processing: Machine) -> None:
    fault = {"error": "Lambda.TooManyRequestsException", "cause": "Rate Exceeded."}
    run = processing.run(
        ORDER,
        PrepareRun=[fault] * 8 + [GO],
        RunTask=[ENDED],
        RecordRun=[fault] * 8 + [recorded("succeeded")],
    )
    assert run.states[-1] == "RunSucceeded"


@pytest.mark.parametrize("state", ["PrepareRun", "RecordRun"])
def test_a_function_that_keeps_failing_ends_in_an_execution_that_died(
    processing: Machine, state: str
) -> None:
    answers = {"PrepareRun": [GO], "RunTask": [ENDED], "RecordRun": [recorded("succeeded")]}
    answers[state] = [{"error": "RowChanged", "cause": "{}"}] * 4
    run = processing.run(ORDER, **answers)
    assert run.status == "FAILED"
    assert len(run.called(state)) == 4


def test_an_answer_that_the_machine_does_not_know_is_never_taken_for_a_verdict(
    processing: Machine,
) -> None:
    run = processing.run(ORDER, PrepareRun=[GO], RunTask=[ENDED], RecordRun=[recorded("maybe")])
    assert (run.status, run.output["Error"]) == ("FAILED", "Wearline.NotRecorded")


# ---- the backlog, on AWS Batch

JOB: Json = {
    "name": "wearline-0-2-1",
    "queue": "arn:aws:batch:eu-west-1:123456789012:job-queue/wearline-stage-backlog",
    "definition": "arn:aws:batch:eu-west-1:123456789012:job-definition/of-a-study:3",
    "share": "gait7d9a1e62",
    "vcpus": "2",
}
BACKLOG = ORDER | {"lane": "backlog"}
GO_WITH_BATCH: Json = {"result": {"go": True, "task": TASK | {"job": JOB}}}
JOB_ENDED: Json = {"result": {"Status": "SUCCEEDED", "Container": {"ExitCode": 0}}}


def test_the_backlog_is_a_job_in_its_studys_share(processing: Machine) -> None:
    run = processing.run(
        BACKLOG, PrepareRun=[GO_WITH_BATCH], RunJob=[JOB_ENDED], RecordRun=[recorded("succeeded")]
    )
    assert run.states == [
        "PrepareRun", "MayStart", "RunJob", "RecordRun", "Recorded", "RunSucceeded"
    ]  # fmt: skip
    (call,) = run.called("RunJob")
    assert call["arguments"] == {
        "JobName": JOB["name"],
        "JobQueue": JOB["queue"],
        "JobDefinition": JOB["definition"],
        "ShareIdentifier": JOB["share"],
        "Timeout": {"AttemptDurationSeconds": TASK["time_limit_s"] + 900},
        "ContainerOverrides": {
            "Environment": TASK["environment"],
            "ResourceRequirements": [
                {"Type": "VCPU", "Value": "2"},
                {"Type": "MEMORY", "Value": "8192"},
            ],
        },
    }
    assert run.payloads("RecordRun")[0]["task"] == JOB_ENDED["result"]


def test_an_upload_is_a_task_also_where_there_is_batch(processing: Machine) -> None:
    run = processing.run(
        ORDER, PrepareRun=[GO_WITH_BATCH], RunTask=[ENDED], RecordRun=[recorded("succeeded")]
    )
    assert run.called("RunJob") == []


def test_the_backlog_runs_as_live_where_there_is_no_batch(processing: Machine) -> None:
    run = processing.run(
        BACKLOG, PrepareRun=[GO], RunTask=[ENDED], RecordRun=[recorded("succeeded")]
    )
    assert run.called("RunJob") == []
    assert run.states[-1] == "RunSucceeded"


@pytest.mark.parametrize("refusal", CAPACITY)
def test_an_upload_that_ecs_has_no_room_for_joins_the_backlog_at_once(
    processing: Machine, refusal: str
) -> None:
    run = processing.run(
        ORDER,
        PrepareRun=[GO_WITH_BATCH],
        RunTask=[CAPACITY[refusal]],
        RunJob=[JOB_ENDED],
        RecordRun=[recorded("succeeded")],
    )
    assert (run.waits, run.states[-1]) == ([], "RunSucceeded")
    (told,) = run.payloads("RecordRun")
    assert (told["try"], told["error"]) == (1, None)


def failed_job(reason: str, **container: Any) -> Json:
    description = {"Status": "FAILED", "StatusReason": reason, "Container": container}
    return {"error": "States.TaskFailed", "cause": json.dumps(description)}


@pytest.mark.parametrize(
    "failure",
    [
        failed_job("Your Spot Task was interrupted.", ExitCode=143),
        failed_job("Essential container in task exited", ExitCode=137, Reason="OutOfMemoryError"),
        failed_job("CannotPullContainerError: image not found"),
        failed_job("Job attempt duration exceeded timeout"),
        {"error": "Batch.ClientException", "cause": "JobQueue not found"},
    ],
)
def test_any_end_of_a_job_is_for_record_run_to_judge(processing: Machine, failure: Json) -> None:
    run = processing.run(
        BACKLOG, PrepareRun=[GO_WITH_BATCH], RunJob=[failure], RecordRun=[recorded("failed")]
    )
    assert (run.status, run.states[-1]) == ("SUCCEEDED", "RunFailed")
    (told,) = run.payloads("RecordRun")
    assert told["error"] == {"Error": failure["error"], "Cause": failure["cause"]}
    assert told["task"] is None


def test_too_many_submissions_are_submitted_again(processing: Machine) -> None:
    throttled = {
        "error": "Batch.AWSBatchException",
        "cause": "Too Many Requests (Service: AWSBatch; Status Code: 429; Error Code: "
        "TooManyRequestsException)",
    }
    run = processing.run(
        BACKLOG,
        PrepareRun=[GO_WITH_BATCH],
        RunJob=[throttled] * 8 + [JOB_ENDED],
        RecordRun=[recorded("succeeded")],
    )
    assert (run.states[-1], run.states.count("RunJob")) == ("RunSucceeded", 1)
    assert len(run.waits) == 8


def test_a_job_that_never_came_to_its_turn_took_no_time_of_its_run(processing: Machine) -> None:
    late = {"error": "States.Timeout", "cause": ""}
    run = processing.run(
        BACKLOG, PrepareRun=[GO_WITH_BATCH], RunJob=[late], RecordRun=[recorded("failed")]
    )
    assert run.payloads("RecordRun")[0]["error"]["Error"] == "Wearline.NeverStarted"


def test_the_next_try_of_a_job_may_go_to_another_queue(processing: Machine) -> None:
    elsewhere = {"result": {"go": True, "task": TASK | {"job": JOB | {"queue": "uninterrupted"}}}}
    run = processing.run(
        BACKLOG,
        PrepareRun=[GO_WITH_BATCH, elsewhere],
        RunJob=[failed_job("Your Spot Task was interrupted."), JOB_ENDED],
        RecordRun=[recorded("again", 5), recorded("succeeded")],
    )
    queues = [call["arguments"]["JobQueue"] for call in run.called("RunJob")]
    assert queues == [JOB["queue"], "uninterrupted"]
