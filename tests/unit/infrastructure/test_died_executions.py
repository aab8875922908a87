"""What record_run hears of executions that died."""

from __future__ import annotations

import json
from typing import Any

from wearline.aws.messages import died

RUN = "0" * 40
ORDER = json.dumps({"study": "gait", "run_id": RUN, "attempt": 2, "lane": "live"})


def event(**detail: Any) -> str:
    arn = f"arn:aws:states:eu-west-1:123456789012:execution:processing:{RUN}-2"
    return json.dumps({"detail": {"status": "ABORTED", "executionArn": arn, **detail}})


def never(_: str) -> str:
    raise AssertionError("asked for an input that the event holds")


def test_an_event_with_its_input_is_taken_at_its_word() -> None:
    assert died(event(input=ORDER), never) == ("gait", RUN, 2, "ABORTED")


def test_an_encrypted_execution_is_asked_for_the_input_that_its_event_keeps_back() -> None:
    asked: list[str] = []

    def input_of(arn: str) -> str:
        asked.append(arn)
        return ORDER

    assert died(event(), input_of) == ("gait", RUN, 2, "ABORTED")
    assert asked[0].endswith(f":{RUN}-2")
