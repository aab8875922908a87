"""`ecs:runTask.sync`, time limits and stops of executions, as AWS Step Functions has them.

- A run-a-job state waits for the task, answers with its description in PascalCase (times in
  milliseconds), fails with States.TaskFailed when an essential container did not exit with 0 (the
  cause is that description), with AmazonECS.Unknown when RunTask answered with failures, and stops
  the task when the state times out or the execution is stopped:
  https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
  https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-sync
- TimeoutSeconds of a state may be a JSONata expression, and that of a machine ends its executions
  as TIMED_OUT: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
- A Succeed state may have an Output:
  https://docs.aws.amazon.com/step-functions/latest/dg/state-succeed.html
- An execution that ended keeps its end. One that a restart of the engine cut short is announced
  on the event bus as any failed one; on AWS there is no such restart.
"""

import contextvars
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import ecs, stepfunctions

from wearline_local.mends.ecs import Endings, failure_of

RUN_TASK = "arn:aws:states:::ecs:runTask"

Execution = dict[str, Any]
_execution: contextvars.ContextVar[Execution] = contextvars.ContextVar("execution")


class ExecutionEnded(Exception):
    """A state of an execution that was stopped or timed out must not act any more."""


def mend(endings: Endings) -> None:
    """Replace the parts of ministack's Step Functions that differ from AWS."""
    tasks = TaskStates(endings)
    stepfunctions._SERVICE_DISPATCH[RUN_TASK] = tasks.run
    stepfunctions._invoke_resource = partial(_unless_ended, stepfunctions._invoke_resource)
    stepfunctions._invoke_resource_with_timeout = partial(
        tasks.invoke_with_timeout, stepfunctions._invoke_resource_with_timeout
    )
    stepfunctions._execute_task = partial(_execute_task, stepfunctions._execute_task)
    stepfunctions._fail_execution = partial(_fail_once, stepfunctions._fail_execution)
    stepfunctions._stop_execution = partial(tasks.stop_execution, stepfunctions._stop_execution)
    stepfunctions._run_execution = partial(_run_within_limit, stepfunctions._run_execution, tasks)
    stepfunctions._apply_output_path = partial(_output_of, stepfunctions._apply_output_path)
    _announce_interrupted()


class TaskStates:
    """The states that run an ECS task and wait for it."""

    def __init__(self, endings: Endings) -> None:
        self._endings = endings
        self._waiting: dict[str, dict[str, str]] = {}  # execution -> task -> cluster

    def run(self, resource: str, arguments: dict[str, Any], timeout: float | None = None) -> Any:
        """Run a task, and for `.sync` wait for its end."""
        request = stepfunctions._pascal_to_camel(arguments)
        status, _, body = ecs._run_task({"startedBy": "AWS Step Functions"} | request)
        if status >= 400:
            code, message = failure_of(body)
            raise stepfunctions._ExecutionError(f"ECS.{code}", message)
        answer = json.loads(body)
        if not resource.endswith(".sync"):
            return as_states_answer(answer)
        if answer["failures"]:
            cause = json.dumps(as_states_answer(answer["failures"]))
            raise stepfunctions._ExecutionError("AmazonECS.Unknown", cause)
        return self._result(answer["tasks"][0]["taskArn"], request.get("cluster"), timeout)

    def invoke_with_timeout(
        self, original: Callable[..., Any], resource: str, arguments: Any, timeout: float
    ) -> Any:
        if not resource.startswith(RUN_TASK):
            return original(resource, arguments, timeout)
        _refuse_if_ended()
        return self.run(resource, arguments, timeout)

    def stop_execution(self, original: Callable[..., Any], data: dict[str, Any]) -> Any:
        answer = original(data)
        self.stop_tasks(data.get("executionArn", ""))
        return answer

    def stop_tasks(self, execution_arn: str) -> None:
        """Stop the tasks that an ended execution still waits for."""
        execution = stepfunctions._executions.get(execution_arn)
        if execution and execution["status"] != "RUNNING":
            for task_arn, cluster in list(self._waiting.get(execution_arn, {}).items()):
                _stop(task_arn, cluster, f"Execution {execution['status'].lower()}")

    def _result(self, task_arn: str, cluster: str | None, timeout: float | None) -> Any:
        cluster = cluster or "default"
        waiting = self._waiting.setdefault(_execution.get()["executionArn"], {})
        waiting[task_arn] = cluster
        try:
            if not self._endings.of(task_arn).wait(timeout):
                _stop(task_arn, cluster, f"State timed out after {timeout} seconds")
                raise stepfunctions._ExecutionError("States.Timeout", f"After {timeout} seconds")
        finally:
            waiting.pop(task_arn, None)
            self._endings.forget(task_arn)
        return _judged(task_arn, cluster)


def as_states_answer(value: Any, name: str = "") -> Any:
    """Turn an answer of the ECS API into that of a state: PascalCase, times in milliseconds."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: as_states_answer(v, key) for key, v in value.items()}
    if isinstance(value, list):
        return [as_states_answer(item, name) for item in value]
    if name.endswith("At") and isinstance(value, str):
        return round(datetime.fromisoformat(value).timestamp() * 1000)
    return value


def _judged(task_arn: str, cluster: str) -> Any:
    """Describe an ended task, or fail as the state would."""
    _, _, body = ecs._describe_tasks({"cluster": cluster, "tasks": [task_arn]})
    description = as_states_answer(json.loads(body)["tasks"][0])
    essential = ecs._tasks.get(task_arn)["_container_essentials"]
    codes = [container.get("ExitCode") for container in description["Containers"]]
    if any(code != 0 for code, counts in zip(codes, essential, strict=True) if counts):
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(description))
    return description


def _stop(task_arn: str, cluster: str, reason: str) -> None:
    ecs._stop_task({"cluster": cluster, "task": task_arn, "reason": reason})


def _refuse_if_ended() -> None:
    execution = _execution.get(None)
    if execution and execution["status"] != "RUNNING":
        raise ExecutionEnded(execution["executionArn"])


def _unless_ended(original: Callable[..., Any], *arguments: Any) -> Any:
    _refuse_if_ended()
    return original(*arguments)


def _execute_task(
    original: Callable[..., Any],
    state: dict[str, Any],
    raw_input: Any,
    execution: Execution,
    context: dict[str, Any],
) -> Any:
    _execution.set(execution)
    limit = state.get("TimeoutSeconds")
    if isinstance(limit, str):
        state = state | {
            "TimeoutSeconds": stepfunctions._jsonata_state_field(
                state, "TimeoutSeconds", "number", raw_input, context
            )
        }
    return original(state, raw_input, execution, context)


def _fail_once(original: Callable[..., None], execution: Execution, error: str, cause: str) -> None:
    if execution["status"] == "RUNNING":
        original(execution, error, cause)


def _output_of(
    original: Callable[..., Any], state: dict[str, Any], data: Any, context: Any = None
) -> Any:
    if state.get("Type") == "Succeed" and "Output" in state:
        return stepfunctions._apply_jsonata_output(state, data, context)
    return original(state, data, context)


def _run_within_limit(original: Callable[..., None], tasks: TaskStates, arn: str) -> None:
    limit = _limit_of(arn)
    if limit is not None and app._MAIN_LOOP is not None:
        end = partial(contextvars.copy_context().run, _time_out, tasks, arn)
        loop = app._MAIN_LOOP
        loop.call_soon_threadsafe(loop.call_later, limit, loop.run_in_executor, None, end)
    original(arn)


def _limit_of(execution_arn: str) -> float | None:
    with suppress(KeyError, TypeError, ValueError):
        machine = stepfunctions._executions.get(execution_arn)["stateMachineArn"]
        definition = json.loads(stepfunctions._state_machines.get(machine)["definition"])
        return float(definition["TimeoutSeconds"])
    return None


def _time_out(tasks: TaskStates, execution_arn: str) -> None:
    execution = stepfunctions._executions.get(execution_arn)
    if not execution or execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["stopDate"] = stepfunctions.now_iso()
    stepfunctions._add_event(execution, "ExecutionTimedOut", {})
    stepfunctions._emit_execution_status_event(execution)
    tasks.stop_tasks(execution_arn)


def _announce_interrupted() -> None:
    """After a restart, publish the failure of each execution that it cut short."""
    interrupted: list[tuple[str, str, str]] = []
    restore, load = stepfunctions._restore_state, app._load_persisted_state

    def restore_state(data: dict[str, Any] | None) -> None:
        for scope, execution in data["executions"].all_items() if data else ():
            if execution["status"] == "RUNNING":
                interrupted.append(scope)
        restore(data)

    def load_persisted_state() -> None:
        load()
        for account_id, region, arn in interrupted:
            with request_scope(account_id, region):
                stepfunctions._emit_execution_status_event(stepfunctions._executions.get(arn))

    stepfunctions._restore_state = restore_state
    app._load_persisted_state = load_persisted_state
