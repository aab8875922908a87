"""State machines in JSONata run as Wearline writes them.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import json
import time
from datetime import UTC, datetime, timedelta

from .conftest import Account, Json, eventually

FLAKY = """
calls = 0
class Busy(Exception): pass
def handler(event, context):
    global calls
    calls += 1
    if calls <= event["failures"]: raise Busy(str(calls))
    return {"calls": calls}
"""


def test_retry_tries_again_and_catch_takes_what_is_left(account: Account) -> None:
    retry = {"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1}
    catch = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"why": "{% $states.errorOutput.Error %}"},
        "Next": "Gone",
    }
    definition = _invoking(account.function(FLAKY), Retry=[retry], Catch=[catch])
    definition["States"]["Gone"] = {"Type": "Pass", "Output": {"why": "{% $why %}"}, "End": True}
    machine = account.machine(definition)
    assert _output(account, machine, {"failures": 5}) == {"why": "Busy"}
    assert _output(account, machine, {"failures": 3})["Payload"] == {"calls": 4}


def test_assign_choice_and_wait_in_a_loop(account: Account) -> None:
    machine = account.machine(
        {
            "StartAt": "Count",
            "States": {
                "Count": {
                    "Type": "Pass",
                    "Assign": {"n": "{% $exists($states.input.n) ? $states.input.n + 1 : 1 %}"},
                    "Output": {"n": "{% $exists($states.input.n) ? $states.input.n + 1 : 1 %}"},
                    "Next": "Enough",
                },
                "Enough": {
                    "Type": "Choice",
                    "Choices": [
                        {
                            "Condition": "{% $n >= 3 %}",
                            "Next": "Done",
                            "Assign": {"said": "enough"},
                            "Output": {"n": "{% $n %}"},
                        }
                    ],
                    "Default": "Again",
                },
                "Again": {"Type": "Wait", "Seconds": "{% 0 %}", "Next": "Count"},
                "Done": {
                    "Type": "Succeed",
                    "Output": {
                        "said": "{% $said %}",
                        "n": "{% $states.input.n %}",
                        "name": "{% $states.context.Execution.Name %}",
                    },
                },
            },
        }
    )
    execution = account.ended(account.start(machine))
    expected = {"said": "enough", "n": 3, "name": execution["name"]}
    assert json.loads(execution["output"]) == expected


def test_map_keeps_the_order_and_counts_its_items(account: Account) -> None:
    double = {"Type": "Pass", "Output": "{% $states.input.value * 2 %}", "End": True}
    each = {
        "Type": "Map",
        "Items": "{% $states.input.items %}",
        "MaxConcurrency": 2,
        "ItemSelector": {"value": "{% $states.context.Map.Item.Value %}"},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Double",
            "States": {"Double": double},
        },
        "Output": {"sum": "{% $sum($states.result) %}", "all": "{% $states.result %}"},
        "End": True,
    }
    machine = account.machine({"StartAt": "Each", "States": {"Each": each}})
    assert _output(account, machine, {"items": [3, 1, 2]}) == {"sum": 12, "all": [6, 2, 4]}


def test_name_of_an_execution_is_taken_once(account: Account) -> None:
    states = account.client("stepfunctions")
    machine = account.machine({"StartAt": "P", "States": {"P": {"Type": "Succeed"}}})
    states.start_execution(stateMachineArn=machine, name="run-1", input="{}")
    with_same_name = {"stateMachineArn": machine, "name": "run-1", "input": "{}"}
    try:
        states.start_execution(**with_same_name)
    except states.exceptions.ExecutionAlreadyExists:
        refused = True
    else:
        refused = False
    # On AWS, the same input while it runs is answered with 200: both must be success to a caller.
    assert refused


def test_end_of_an_execution_reaches_a_queue(account: Account) -> None:
    url, arn = account.queue()
    machine = account.machine(
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Over", "Cause": "done"}}}
    )
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": [machine]},
    }
    _rule(account, pattern, arn)
    execution = account.start(machine, {"n": 1})
    detail = account.received(url)[0]["detail"]
    assert (detail["executionArn"], detail["status"]) == (execution, "FAILED")
    assert (detail["error"], json.loads(detail["input"])) == ("Over", {"n": 1})


def test_schedule_starts_an_execution(account: Account) -> None:
    machine = account.machine({"StartAt": "P", "States": {"P": {"Type": "Succeed"}}})
    account.client("scheduler").create_schedule(
        Name=f"s-{time.time_ns()}",
        ScheduleExpression=f"at({datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": machine,
            "RoleArn": account.role("states:StartExecution"),
            "Input": json.dumps({"study": "s"}),
        },
    )
    states = account.client("stepfunctions")
    started = eventually(
        lambda: states.list_executions(stateMachineArn=machine)["executions"], within_s=30
    )
    assert json.loads(account.execution(started[0]["executionArn"])["input"]) == {"study": "s"}


def _rule(account: Account, pattern: Json, target: str) -> None:
    events, name = account.client("events"), f"rule-{time.time_ns()}"
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": target}])


def _output(account: Account, machine: str, given: Json) -> Json:
    ended = account.run(machine, given)
    assert ended["status"] == "SUCCEEDED", ended
    return dict(json.loads(ended["output"]))


def _invoking(name: str, **fields: object) -> Json:
    arguments = {"FunctionName": name, "Payload": "{% $states.input %}"}
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": arguments,
        "End": True,
    }
    return {"StartAt": "Invoke", "States": {"Invoke": invoke | fields}}
