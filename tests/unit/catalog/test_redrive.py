"""Dead letters go back to where they are tried again, counted by cause, and none is lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import pytest

from wearline.core.dead_letters import DeadLetter, Route, route
from wearline.flow.redrive import causes_of, redrive

EVENT = {"detail": {"bucket": {"name": "b"}, "object": {"key": "raw/a+b 100%25.csv"}}}
RULE = "arn:aws:events:us-east-1:1:rule/wearline-dev-gait-01-data"
QUEUE = "arn:aws:sqs:us-east-1:1:wearline-dev-data"


class Letters:
    """See ``wearline.flow.redrive.DeadLetterQueue``."""

    def __init__(self, *bodies: str) -> None:
        self.letters = [DeadLetter(str(number), body) for number, body in enumerate(bodies)]

    def count(self) -> int:
        return len(self.letters)

    def receive(self) -> list[DeadLetter]:
        return self.letters[:2]

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        self.letters = [each for each in self.letters if each not in letters]

    def show(self, letters: Sequence[DeadLetter]) -> None:
        """They were never hidden."""


def routed(letter: DeadLetter) -> Route:
    return route("dev", "data-backlog", letter)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (json.dumps({"study": "gait", "event": EVENT}), "failed five times: an event of S3"),
        ('{"source": "wearline.catalog"}', "failed five times: what a sweep handed on"),
        ('{"study": "gait", "bucket": "b", "key": "k"}', "failed five times: a wake-up"),
        ("{", "failed five times: a message that nobody can read"),
    ],
)
def test_letter_of_a_function_goes_back_to_its_queue_as_it_was(body: str, cause: str) -> None:
    assert routed(DeadLetter("1", body)) == Route(cause, "data-backlog", body)


def test_event_that_a_rule_could_not_deliver_is_wrapped_as_the_rule_would_have() -> None:
    told = {"RULE_ARN": RULE, "TARGET_ARN": QUEUE, "ERROR_CODE": "NO_PERMISSIONS"}
    found = route("dev", "rule", DeadLetter("1", json.dumps(EVENT), told))
    assert (found.cause, found.queue) == ("not delivered: NO_PERMISSIONS", "data")
    assert json.loads(found.body) == {"study": "gait-01", "event": EVENT}


def test_event_that_is_wrapped_already_is_not_wrapped_again() -> None:
    body = json.dumps({"study": "gait-01", "event": EVENT})
    told = {"RULE_ARN": RULE, "TARGET_ARN": QUEUE}
    assert route("dev", "rule", DeadLetter("1", body, told)).body == body


def test_schedule_that_could_not_start_a_sweep_starts_one() -> None:
    machine = "arn:aws:states:us-east-1:1:stateMachine:wearline-dev-catalog"
    letter = DeadLetter("1", '{"study": "gait"}', {"TARGET_ARN": machine})
    assert route("dev", "rule", letter).sweep == "gait"


def test_change_that_the_stream_gave_up_on_is_left_to_a_sweep_of_every_study() -> None:
    assert route("dev", "wake", DeadLetter("1", "{}")).sweep == ""


def test_letter_is_deleted_only_after_it_was_sent() -> None:
    letters = Letters("a", "b", "c")

    def fails_at_second(found: Route) -> None:
        if found.body == "b":
            raise ConnectionError

    with pytest.raises(ConnectionError):
        redrive(letters, routed, fails_at_second)
    assert [each.body for each in letters.letters] == ["b", "c"]


def test_letters_that_die_again_meanwhile_do_not_keep_it_going() -> None:
    letters = Letters("a", "b")
    sent: list[str] = []

    def dies_again(found: Route) -> None:
        sent.append(found.body)
        letters.letters.append(DeadLetter(f"again {len(sent)}", found.body))

    redrive(letters, routed, dies_again)
    assert sent == ["a", "b"]


def test_dry_run_counts_and_touches_nothing() -> None:
    letters = Letters("{}", "{")
    assert causes_of(letters, routed) == Counter(
        {
            "failed five times: a wake-up": 1,
            "failed five times: a message that nobody can read": 1,
        }
    )
    assert letters.count() == 2
