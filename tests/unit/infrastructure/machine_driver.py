"""Executes a state machine with the answers of its services scripted; runs beside ministack.

Reads {"definition", "input", "name", "answers"} from standard input. `answers` lists, for each
task state, what its calls come to, in order: {"result": ...} or {"error": ..., "cause": ...}; one
with "when" answers every call whose payload holds that. Arguments, retries, catches, choices and
waits are those of the definition, evaluated by ministack's interpreter; nothing sleeps.
"""

from __future__ import annotations

import contextvars
import json
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from ministack.services import stepfunctions

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:driven"
LAMBDA = "states:::lambda:invoke"
_state: contextvars.ContextVar[str] = contextvars.ContextVar("state")

Json = dict[str, Any]


class Script:
    """The services, as a test has them answer, and what they were asked."""

    def __init__(self, answers: Mapping[str, list[Json]]) -> None:
        self._answers = {state: list(each) for state, each in answers.items()}
        self._lock = threading.Lock()
        self.calls: list[Json] = []
        self.waits: list[float] = []

    def invoke(self, resource: str, arguments: Json, timeout: float | None = None) -> Any:
        state = _state.get()
        with self._lock:
            self.calls.append({"state": state, "arguments": arguments, "timeout_s": timeout})
            answer = self._answer(state, arguments)
        if "error" in answer:
            raise stepfunctions._ExecutionError(answer["error"], answer.get("cause", ""))
        return {"Payload": answer["result"]} if LAMBDA in resource else answer["result"]

    def _answer(self, state: str, arguments: Json) -> Json:
        waiting = self._answers.get(state, [])
        for index, answer in enumerate(waiting):
            if "when" in answer:
                if answer["when"].items() <= arguments["Payload"].items():
                    return answer
            else:
                return waiting.pop(index)
        return {"error": "Test.NotScripted", "cause": f"{state} was called once too often"}


def drive(scenario: Json) -> Json:
    script = Script(scenario["answers"])
    stepfunctions._invoke_resource = script.invoke
    stepfunctions._invoke_resource_with_timeout = script.invoke
    stepfunctions._scaled_sleep = script.waits.append
    time.sleep = lambda _: None
    stepfunctions._emit_execution_status_event = lambda _: None
    stepfunctions._execute_task = _naming(stepfunctions._execute_task)
    arn = f"{ARN.replace('stateMachine', 'execution')}:{scenario['name']}"
    stepfunctions._state_machines[ARN] = {
        "name": "driven",
        "definition": json.dumps(scenario["definition"]),
    }
    stepfunctions._executions[arn] = {
        "executionArn": arn,
        "stateMachineArn": ARN,
        "name": scenario["name"],
        "status": "RUNNING",
        "startDate": "2026-01-01T00:00:00.000Z",
        "input": json.dumps(scenario["input"]),
        "events": [],
    }
    stepfunctions._run_execution(arn)
    return _told(stepfunctions._executions[arn]) | {"calls": script.calls, "waits": script.waits}


def _naming(original: Any) -> Any:
    """Say which state calls, and evaluate its time limit, which ministack 1.5.33 does not."""

    def execute(state: Json, given: Any, execution: Json, context: Json) -> Any:
        _state.set(context["State"]["Name"])
        limit = stepfunctions._jsonata_state_field(
            state, "TimeoutSeconds", "number", given, context
        )
        return original(state | {"TimeoutSeconds": limit}, given, execution, context)

    return execute


def _told(execution: Json) -> Json:
    entered = (event.get("stateEnteredEventDetails") for event in execution["events"])
    return {
        "status": execution["status"],
        "states": [details["name"] for details in entered if details],
        "output": json.loads(execution["output"]),
    }


if __name__ == "__main__":
    json.dump(drive(json.load(sys.stdin)), sys.stdout)
