"""ECS tasks, without Docker too, and their ends as AWS reports them.

AWS starts a task with the credentials of its task role, sends SIGTERM on StopTask and SIGKILL after
`stopTimeout` seconds, and keeps exit code, stop code and reason of each container:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html

Here a task is a local process, or a container of a Docker engine. What exceeds the slots waits in
the state PROVISIONING, where AWS would wait for capacity; what exceeds the quota is refused, as
AWS refuses it:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
"""

import hashlib
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response, request_scope
from ministack.services import ecs, sts

from wearline_local.containers import Container, Containers, ImageNotBuilt
from wearline_local.processes import ImageMissing, ProcessContainer, Processes

CREDENTIALS_S = 12 * 3600
EXITED = "Essential container in task exited"
QUOTA_REACHED = "You've reached the limit on the number of vCPUs you can run concurrently"

Task = dict[str, Any]
Runner = Processes | Containers


class Endings:
    """Lets a thread wait for the end of a task without asking again and again."""

    def __init__(self) -> None:
        self._events: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def of(self, task_arn: str) -> threading.Event:
        with self._lock:
            return self._events.setdefault(task_arn, threading.Event())

    def announce(self, task_arn: str) -> None:
        self.of(task_arn).set()

    def forget(self, task_arn: str) -> None:
        with self._lock:
            self._events.pop(task_arn, None)


def mend_endings() -> Endings:
    """Give each end of a task the reason and stop code of AWS, and announce it."""
    endings = Endings()
    original = ecs._mark_task_stopped

    def mark_task_stopped(
        arn: str, task: Task, reason: str, stop_code: str, exit_code: int | None = None
    ) -> bool:
        if stop_code == "EssentialContainerExited":
            reason = EXITED
            if "_stop_reason" in task:
                reason, stop_code = task["_stop_reason"], "UserInitiated"
        stopped = bool(original(arn, task, reason, stop_code, exit_code))
        if stopped:
            endings.announce(arn)
        return stopped

    ecs._mark_task_stopped = mark_task_stopped
    return endings


def docker_client() -> Any:
    """The client of the Docker engine; ends with a sentence where none answers."""
    client = ecs._get_docker()
    try:
        client.ping()
    except Exception:  # noqa: BLE001  # whatever the client lacks, the answer is the same
        sys.exit("WEARLINE_DOCKER=1, but no Docker engine answers: start one, or leave it out")
    return client


def mend_containers(
    processes: Runner, slots: int, quota: int | None, port: int
) -> Callable[[], None]:
    """Run tasks as processes or containers, `slots` at a time; return what ends them all."""
    queue = ThreadPoolExecutor(slots, thread_name_prefix="wearline-task")
    ecs._docker = processes
    ecs._run_task_worker = partial(queue.submit, ecs._run_task_worker)
    ecs._watch_task_lifecycle = _follow
    ecs._register_metadata = partial(_register, ecs._register_metadata, port)
    ecs._build_run_kwargs = partial(_run_arguments, ecs._build_run_kwargs)
    ecs._run_docker_container = _run_container
    ecs._ACTION_MAP["StopTask"] = ecs._stop_task = partial(_stop, processes, ecs._stop_task)
    if quota is not None:
        ecs._ACTION_MAP["RunTask"] = ecs._run_task = partial(_within, quota, ecs._run_task)

    def end() -> None:
        queue.shutdown(wait=False, cancel_futures=True)
        processes.stop_all()

    return end


def _run_container(
    processes: Runner, definition: dict[str, Any], arguments: dict[str, Any], **_options: Any
) -> ProcessContainer | Container:
    try:
        return processes.run(definition["image"], **arguments)
    except (ImageMissing, ImageNotBuilt) as error:
        raise ecs._ImagePullError(str(error)) from error


def _follow(task: Task, processes: Any, account_id: str, region: str) -> None:
    """Hold the slot until the task ends, then record how it ended."""
    containers = [processes.get(container_id) for container_id in task["_docker_ids"]]
    for container in containers:
        container.wait()
    with request_scope(account_id, region):
        ecs._maybe_mark_stopped(task, processes)
    for container in containers:
        processes.forget(container)


def _register(original: Callable[..., str], port: int, *arguments: Any) -> str:
    """Give a container what AWS puts in its environment: region, metadata and credentials."""
    task_arn, _cluster, definition, _container, _launch_type, environment, *_network = arguments
    host_mode, own_address = True, None
    token: str = original(*arguments[:6], host_mode, own_address)
    for name in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"):
        environment.pop(name, None)
    environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    environment["AWS_REGION"] = environment["AWS_DEFAULT_REGION"] = get_region()
    environment["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE"
    if role := definition.get("taskRoleArn"):
        environment |= _credentials(role, session=task_arn.rpartition("/")[2])
    return token


def _credentials(role_arn: str, session: str) -> dict[str, str]:
    """Open a session of the task role, as the ECS agent does for a task."""
    role = role_arn.rpartition("/")[2]
    access_key = f"ASIA{hashlib.sha256(session.encode()).hexdigest()[:16].upper()}"
    secret, token = secrets.token_hex(20), secrets.token_hex(64)
    sts.register_session(
        access_key,
        {
            "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{role}/{session}",
            "UserId": f"{role}:{session}",
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": time.time() + CREDENTIALS_S,
        },
    )
    return {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }


def _run_arguments(
    original: Callable[..., dict[str, Any]], definition: dict[str, Any], *rest: Any
) -> dict[str, Any]:
    arguments = original(definition, *rest)
    arguments["entrypoint"] = definition.get("entryPoint")
    arguments["stop_timeout_s"] = definition.get("stopTimeout", 30)
    arguments["user"] = definition.get("user")
    arguments["read_only"] = definition.get("readonlyRootFilesystem", False)
    arguments["volumes"] = [each["containerPath"] for each in definition.get("mountPoints", [])]
    arguments["logged"] = (definition.get("logConfiguration") or {}).get("logDriver") == "awslogs"
    return arguments


def _stop(processes: Runner, original: Callable[..., Any], data: dict[str, Any]) -> Any:
    """Answer at once that the task is to stop, and let its processes take their time."""
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    task = cluster and ecs._resolve_task(data.get("task", ""), cluster)
    if not task or not task["_docker_ids"] or task["lastStatus"] == "STOPPED":
        return original(data)
    task["_stop_reason"] = data.get("reason", "Task stopped by user")
    for container_id in task["_docker_ids"]:
        threading.Thread(target=processes.get(container_id).stop, daemon=True).start()
    return json_response({"task": ecs._sanitize(task) | {"desiredStatus": "STOPPED"}})


def _within(quota: int, original: Callable[..., Any], data: dict[str, Any]) -> Any:
    active = sum(task.get("lastStatus") != "STOPPED" for task in ecs._tasks.values())
    if active < quota:
        return original(data)
    return json_response({"tasks": [], "failures": [{"reason": QUOTA_REACHED}]})


def failure_of(body: bytes | str) -> tuple[str, str]:
    """Return the code and the message of an error answer."""
    answer = json.loads(body)
    return answer.get("__type", "AmazonECSException").rpartition("#")[2], answer.get("message", "")
