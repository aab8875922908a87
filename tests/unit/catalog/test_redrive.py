"""Dead letters go back to where they are tried again, counted by cause, and none is lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import pytest

from wearline.core.dead_letters import DeadLetter, Route, route
from wearline.flow.redrive import Unroutable, causes_of, redrive, tried_again

EVENT = {"detail": {"bucket": {"name": "b"}, "object": {"key": "raw/a+b 100%25.csv"}}}
RULE = "arn:aws:events:us-east-1:1:rule/wearline-dev-gait-01-data"
STARTED_MS = 1_000.0
QUEUE = "arn:aws:sqs:us-east-1:1:wearline-dev-data"


class Letters:
    """See ``wearline.flow.redrive.DeadLetterQueue``."""

    def __init__(self, *bodies: str) -> None:
        self.letters = [
            DeadLetter(str(number), body, id=str(number)) for number, body in enumerate(bodies)
        ]
        self.hidden: set[str] = set()

    def receive(self) -> list[DeadLetter]:
        found = [each for each in self.letters if each.id not in self.hidden][:2]
        self.hidden |= {each.id for each in found}
        return found

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        self.letters = [each for each in self.letters if each not in letters]

    def show(self, letters: Sequence[DeadLetter]) -> None:
        self.hidden -= {each.id for each in letters}


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
        redrive(letters, routed, fails_at_second, Counter())
    assert [each.body for each in letters.letters] == ["b", "c"]


def test_letters_that_die_again_meanwhile_do_not_keep_it_going() -> None:
    letters = Letters("a", "b")
    sent: list[str] = []

    def dies_again(found: Route) -> None:
        sent.append(found.body)
        again = f"again {len(sent)}"
        letters.letters.append(DeadLetter(again, found.body, id=again, sent_ms=STARTED_MS + 1))

    causes: Counter[str] = Counter()
    redrive(letters, routed, dies_again, causes, STARTED_MS)
    assert (sent, causes.total(), len(letters.letters)) == (["a", "b"], 2, 2)
    assert not letters.hidden & {each.id for each in letters.letters}


def test_letter_that_can_go_nowhere_stays_and_stops_no_other() -> None:
    letters = Letters("a", "b", "c")

    def gone_for_second(found: Route) -> None:
        if found.body == "b":
            raise Unroutable("the queue data is gone")

    causes: Counter[str] = Counter()
    redrive(letters, routed, gone_for_second, causes)
    assert [each.body for each in letters.letters] == ["b"]
    assert causes["left where it is: the queue data is gone"] == 1
    assert tried_again(causes) == 2


def test_what_was_sent_before_it_broke_off_is_counted() -> None:
    causes: Counter[str] = Counter()

    def fails_at_second(found: Route) -> None:
        if found.body == "b":
            raise ConnectionError

    with pytest.raises(ConnectionError):
        redrive(Letters("a", "b"), routed, fails_at_second, causes)
    assert tried_again(causes) == 1


@pytest.mark.parametrize("body", ["{", "[]", "5"])
def test_event_that_nobody_can_read_goes_on_as_it_is(body: str) -> None:
    told = {"RULE_ARN": RULE, "TARGET_ARN": QUEUE}
    assert route("dev", "rule", DeadLetter("1", body, told)).body == body


def test_dry_run_counts_and_touches_nothing() -> None:
    letters = Letters("{}", "{")
    assert causes_of(letters, routed) == Counter(
        {
            "failed five times: a wake-up": 1,
            "failed five times: a message that nobody can read": 1,
        }
    )
    assert len(letters.receive()) == 2
