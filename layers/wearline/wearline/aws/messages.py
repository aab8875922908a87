"""What the functions are told, read from the messages of AWS.

Keys are taken from the raw event: in EventBridge events they are literal, and the
Powertools class for them un-quotes ``a+b 100%25.csv`` into another key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from wearline.aws.services import execution_input
from wearline.core.attempts import TaskEnd, task_end
from wearline.core.directives import of_message
from wearline.core.ledger import ToldBy
from wearline.core.plans import split_execution_name
from wearline.flow.arrivals import Notice
from wearline.flow.processing import Order

_SOURCES: Mapping[str | None, ToldBy] = {
    "wearline.catalog": "sweep",
    "wearline.person": "person",
}


def notice(body: str) -> Notice:
    """An object named by an S3 event that a study's rule passed on, a sweep, a wake-up, a person.

    Raises KeyError or ValueError for anything else; the message then ends as a dead letter.
    """
    message = json.loads(body)
    if "event" in message:
        detail = message["event"]["detail"]
        return Notice(message["study"], detail["bucket"]["name"], detail["object"]["key"])
    told_by = _SOURCES.get(message.get("source"), "wake_up")
    directive = of_message(message)
    return Notice(message["study"], message["bucket"], message["key"], told_by, directive)


def order(event: Mapping[str, Any]) -> Order:
    """The try that the Processing machine is at."""
    return Order(event["study"], event["run_id"], int(event["attempt"]), int(event["try"]))


def end_of_try(event: Mapping[str, Any]) -> TaskEnd:
    return task_end(event.get("task"), event.get("error"), event.get("memory"))


def died(body: str, input_of: Callable[[str], str] = execution_input) -> tuple[str, str, int, str]:
    """Study, run, attempt and status of an execution that died, as its event or a sweep says.

    The event of an execution that is encrypted with a customer's key holds no input
    ("Data at rest encryption in Step Functions"): ``input_of`` then asks for it.
    """
    message = json.loads(body)
    if message.get("source") == "wearline.catalog":
        run_id, attempt = split_execution_name(message["execution"])
        return message["study"], run_id, attempt, "gone"
    detail = message["detail"]
    ordered = json.loads(detail.get("input") or input_of(detail["executionArn"]))
    return ordered["study"], ordered["run_id"], int(ordered["attempt"]), detail["status"]


def changed_subject(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[str, str] | None:
    """Study and subject of a stream record that changes what is known; None for any other.

    A source taken over again changes only ``source_rev``, and must not wake anybody.
    """
    image = after or before or {}
    if not str(image.get("pk", "")).startswith("entity#"):
        return None
    if before and after and _said(before) == _said(after):
        return None
    return image["study"], image["subject"]


def _said(image: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in image.items() if name != "source_rev"}
