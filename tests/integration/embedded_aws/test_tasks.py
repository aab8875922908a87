"""ECS tasks without Docker behave as on Fargate.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
"""

import json

from botocore.exceptions import ClientError

from .conftest import Account, Tasks, eventually

IGNORE_SIGTERM = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
SLEEP = "import time; print('up', flush=True); time.sleep(60)"


def test_exit_code_and_stop_code_are_kept(tasks: Tasks) -> None:
    task = tasks.run(tasks.definition("raise SystemExit(3)"))
    stopped = tasks.reached(task, "STOPPED")
    assert stopped["containers"][0]["exitCode"] == 3
    assert stopped["stopCode"] == "EssentialContainerExited"
    assert stopped["stoppedReason"] == "Essential container in task exited"


def test_death_by_signal_is_128_and_its_number(tasks: Tasks) -> None:
    task = tasks.run(tasks.definition("import os; os.kill(os.getpid(), 11)"))
    assert tasks.reached(task, "STOPPED")["containers"][0]["exitCode"] == 139


def test_output_is_in_the_log_group_when_the_task_has_stopped(tasks: Tasks) -> None:
    task = tasks.run(tasks.definition("print('one'); print('two', end='')"))
    tasks.reached(task, "STOPPED")
    assert tasks.log(task) == ["one", "two"]


def test_container_sees_its_environment_and_overrides_and_nothing_of_ours(tasks: Tasks) -> None:
    definition = tasks.definition(
        "import json, os; print(json.dumps(dict(os.environ)))",
        container={"environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]},
    )
    override = {"name": "processor", "environment": [{"name": "B", "value": "2"}]}
    task = tasks.run(definition, overrides={"containerOverrides": [override]})
    tasks.reached(task, "STOPPED")
    seen = json.loads(tasks.log(task)[0])
    assert (seen["A"], seen["B"]) == ("1", "2")
    assert seen["AWS_REGION"] == "us-east-1"
    assert not {"PYTHONPATH", "STATE_DIR", "AWS_ACCESS_KEY_ID"} & set(seen)


def test_task_role_is_what_the_container_may_do(account: Account, tasks: Tasks) -> None:
    allowed, other = account.bucket(), account.bucket()
    source = (
        "import boto3, botocore\n"
        "s3 = boto3.client('s3')\n"
        f"s3.put_object(Bucket={allowed!r}, Key='k', Body=b'')\n"
        "print(boto3.client('sts').get_caller_identity()['Arn'], flush=True)\n"
        f"s3.list_objects_v2(Bucket={other!r})\n"
    )
    role = account.role("s3:PutObject", "sts:GetCallerIdentity")
    task = tasks.run(tasks.definition(source, taskRoleArn=role))
    stopped = tasks.reached(task, "STOPPED")
    assert stopped["containers"][0]["exitCode"] == 1
    identity, *_, denied = tasks.log(task)
    assert f"assumed-role/{role.rpartition('/')[2]}/" in identity
    assert "AccessDenied" in denied


def test_stop_asks_first_and_keeps_the_exit_code(tasks: Tasks) -> None:
    source = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)"
    )
    task = tasks.run(tasks.definition(source))
    eventually(lambda: _log(tasks, task))
    answer = tasks.account.client("ecs").stop_task(
        cluster=tasks.cluster, task=task, reason="by hand"
    )
    assert answer["task"]["desiredStatus"] == "STOPPED"
    stopped = tasks.reached(task, "STOPPED")
    assert stopped["containers"][0]["exitCode"] == 75
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "by hand")


def test_stop_kills_after_the_stop_timeout(tasks: Tasks) -> None:
    definition = tasks.definition(f"{IGNORE_SIGTERM}; {SLEEP}", container={"stopTimeout": 2})
    task = tasks.run(definition)
    eventually(lambda: _log(tasks, task))
    tasks.account.client("ecs").stop_task(cluster=tasks.cluster, task=task)
    assert tasks.reached(task, "STOPPED")["containers"][0]["exitCode"] == 137


def test_image_without_a_release_cannot_be_pulled(tasks: Tasks) -> None:
    task = tasks.run(tasks.definition("", image="wearline-processor:skdh-0.0.0"))
    stopped = tasks.reached(task, "STOPPED")
    assert stopped["stopCode"] == "TaskFailedToStart"
    assert stopped["stoppedReason"].startswith("CannotPullContainerError")


def test_tasks_beyond_the_slots_wait_and_can_be_stopped_before_they_start(tasks: Tasks) -> None:
    definition = tasks.definition(SLEEP)
    started = [tasks.run(definition) for _ in range(4)]
    waiting = [task for task in started if tasks.described(task)["lastStatus"] == "PROVISIONING"]
    assert waiting
    for task in started:
        tasks.account.client("ecs").stop_task(cluster=tasks.cluster, task=task)
    assert {tasks.reached(task, "STOPPED")["stopCode"] for task in started} == {"UserInitiated"}


def _log(tasks: Tasks, task: str) -> list[str]:
    try:
        return tasks.log(task)
    except ClientError:
        return []
