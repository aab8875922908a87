"""`ecs:runTask.sync` as AWS Step Functions has it.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
"""

import json
import time

from .conftest import Account, Tasks, eventually

SLEEP = "import time; time.sleep(60)"


def test_answer_is_the_description_of_the_task(account: Account, tasks: Tasks) -> None:
    machine = account.machine(tasks.state(tasks.definition("print(1)")))
    ended = account.run(machine)
    assert ended["status"] == "SUCCEEDED"
    task = json.loads(ended["output"])
    assert task["Containers"][0] | {"ExitCode": 0, "Name": "processor"} == task["Containers"][0]
    assert (task["LastStatus"], task["StopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert task["StoppedReason"] == "Essential container in task exited"
    assert task["StartedBy"] == "AWS Step Functions"
    assert abs(task["CreatedAt"] / 1000 - time.time()) < 60


def test_exit_code_fails_the_state_with_the_description_as_cause(
    account: Account, tasks: Tasks
) -> None:
    ended = account.run(account.machine(tasks.state(tasks.definition("raise SystemExit(4)"))))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(ended["cause"])["Containers"][0]["ExitCode"] == 4


def test_task_that_never_started_fails_the_state(account: Account, tasks: Tasks) -> None:
    definition = tasks.definition("", image="wearline-processor:skdh-0.0.0")
    ended = account.run(account.machine(tasks.state(definition)))
    assert ended["error"] == "States.TaskFailed"
    assert json.loads(ended["cause"])["StopCode"] == "TaskFailedToStart"


def test_unknown_task_definition_is_an_exception_of_ecs(account: Account, tasks: Tasks) -> None:
    ended = account.run(account.machine(tasks.state("nothing:1")))
    assert ended["error"] == "ECS.ClientException"


def test_failed_state_is_caught_with_its_cause(account: Account, tasks: Tasks) -> None:
    catch = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Done"}
    definition = tasks.state(tasks.definition("raise SystemExit(1)"), Catch=[catch])
    definition["States"]["Done"] = {"Type": "Succeed"}
    output = json.loads(account.run(account.machine(definition))["output"])
    assert output["Error"] == "States.TaskFailed"
    assert json.loads(output["Cause"])["Containers"][0]["ExitCode"] == 1


def test_state_that_times_out_stops_its_task(account: Account, tasks: Tasks) -> None:
    limit = {"TimeoutSeconds": "{% $states.input.limit %}"}
    machine = account.machine(tasks.state(tasks.definition(SLEEP), **limit))
    ended = account.run(machine, {"limit": 1})
    assert ended["error"] == "States.Timeout"
    assert _only_task(tasks)["stopCode"] == "UserInitiated"


def test_stopped_execution_stops_its_task_and_stays_aborted(account: Account, tasks: Tasks) -> None:
    execution = account.start(account.machine(tasks.state(tasks.definition(SLEEP))))
    # Other tests of the session may hold every slot for tasks with a recording to work on.
    assert eventually(lambda: _running(tasks), within_s=240)
    account.client("stepfunctions").stop_execution(executionArn=execution)
    assert _only_task(tasks)["stopCode"] == "UserInitiated"
    assert account.execution(execution)["status"] == "ABORTED"


def test_machine_that_times_out_stops_its_task(account: Account, tasks: Tasks) -> None:
    machine = account.machine(tasks.state(tasks.definition(SLEEP)) | {"TimeoutSeconds": 1})
    assert account.run(machine)["status"] == "TIMED_OUT"
    assert _only_task(tasks)["stopCode"] == "UserInitiated"


def _running(tasks: Tasks) -> list[str]:
    answer = tasks.account.client("ecs").list_tasks(cluster=tasks.cluster)
    return [arn for arn in answer["taskArns"] if tasks.described(arn)["lastStatus"] == "RUNNING"]


def _only_task(tasks: Tasks) -> dict[str, object]:
    """The task when it has stopped; between two listings it may move from one to the other."""

    def listed() -> str | None:
        for status in ("STOPPED", "RUNNING"):
            answer = tasks.account.client("ecs").list_tasks(
                cluster=tasks.cluster, desiredStatus=status
            )
            if answer["taskArns"]:
                return str(answer["taskArns"][0])
        return None

    return tasks.reached(eventually(listed), "STOPPED")
