"""Dead letters: why each one died, as far as it tells, and where it goes to be tried again.

- A message that a function failed on five times goes back to the queue that it came from.
- An event that EventBridge could not deliver tells its rule, its target and the error ("Using
  dead-letter queues to process undelivered events"), and goes to the target's queue, wrapped
  as the rule would have wrapped it.
- A change of metadata that the stream gave up on names its records and does not hold them
  ("Capturing discarded batches"): a sweep finds every file whose metadata changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SUFFIX = "-dead-letters"
RULES, WAKE = "rule", "wake"
_SOURCES = {
    "wearline.catalog": "what a sweep handed on",
    "wearline.person": "what a person directed",
    "aws.states": "an execution that died",
}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of a dead-letter queue; ``attributes`` are those that its sender gave it.

    ``sent_ms`` is when it was first sent (Unix, ms): dying does not change that.
    """

    handle: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    sent_ms: float = 0


@dataclass(frozen=True, slots=True)
class Route:
    """Where a dead letter goes: a queue, or a sweep of a study (all of them where empty)."""

    cause: str
    queue: str | None = None
    body: str = ""
    sweep: str | None = None


def route(environment: str, queue: str, letter: DeadLetter) -> Route:
    """``queue`` is the short name of the dead-letter queue, such as ``data-backlog``.

    >>> route("dev", "data", DeadLetter("", '{"source": "wearline.catalog"}')).queue
    'data'
    """
    if queue == WAKE:
        return Route("a change of metadata that the stream gave up on", sweep="")
    if queue == RULES:
        return _undelivered(environment, letter)
    return Route(f"failed five times: {_what(letter.body)}", queue, letter.body)


def _what(body: str) -> str:
    try:
        message = json.loads(body)
    except ValueError:
        return "a message that nobody can read"
    if not isinstance(message, Mapping):
        return "a message that nobody can read"
    if "event" in message:
        return "an event of S3"
    if "problem_id" in message:
        return "word of a problem"
    return _SOURCES.get(str(message.get("source")), "a wake-up")


def _undelivered(environment: str, letter: DeadLetter) -> Route:
    told = letter.attributes
    target = told.get("TARGET_ARN", "")
    cause = f"not delivered: {told.get('ERROR_CODE', 'no error is told')}"
    study = _study_of_rule(environment, told.get("RULE_ARN", ""))
    if ":stateMachine:" in target or not target:
        return Route(cause, sweep=_study_in(letter.body))
    queue = target.rpartition(":")[2].removeprefix(f"wearline-{environment}-")
    return Route(cause, queue, _wrapped(letter.body, study))


def _study_in(body: str) -> str:
    try:
        return str(json.loads(body).get("study", ""))
    except (ValueError, AttributeError):
        return ""


def _study_of_rule(environment: str, arn: str) -> str | None:
    """Rules of a study are named ``wearline-{environment}-{study}-{data|metadata}``."""
    found = re.search(rf"rule/wearline-{environment}-(.+)-(?:data|metadata)$", arn)
    return found[1] if found else None


def _wrapped(body: str, study: str | None) -> str:
    """The event as the rule's input transformer would have handed it on; as it is where it
    cannot be read, for its function to say so."""
    try:
        event: Any = json.loads(body)
    except ValueError:
        return body
    if study is None or not isinstance(event, Mapping) or "event" in event:
        return body
    return json.dumps({"study": study, "event": event}, ensure_ascii=False)
