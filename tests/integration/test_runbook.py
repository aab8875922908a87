"""The entries of the runbook on parked messages, each tried: seen, redriven, gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.integration.test_catalog import FILE, STUDY, states, walk, wearline
from tests.trials import Trial
from wearline_cli.catalog_commands import start_sweep

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("dead letters")]
OTHERS = tuple(f"raw/S10{n}/V1.csv" for n in range(2, 6))
HEIGHTS = "clinical/heights_1.csv"


class Parked:
    """The dead-letter queues, by the name of their alarm."""

    def __init__(self, study: Trial) -> None:
        self._sqs, self._study = study.there.sqs, study

    def url(self, alarm: str) -> str:
        return self._sqs.get_queue_url(QueueName=f"wearline-local-{alarm}")["QueueUrl"]

    def put(self, alarm: str, body: dict[str, Any], **attributes: str) -> None:
        told: Any = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        url, text = self.url(alarm), json.dumps(body)
        self._sqs.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=told)

    def notice(self, key: str, *, source: str | None = None) -> dict[str, Any]:
        body = {"study": self._study.name, "bucket": self._study.bucket, "key": key}
        return body if source is None else {**body, "source": source}

    def event(self, key: str) -> dict[str, Any]:
        return {"detail": {"bucket": {"name": self._study.bucket}, "object": {"key": key}}}


def test_parked_message_of_each_kind_is_seen_and_tried_again(
    new_trial: Callable[[str], Trial], aws: object
) -> None:
    study = new_trial(STUDY)
    study.put(FILE, walk())
    run_id = study.settled(FILE).pipelines["look"].run_id
    with study.events_lost():
        for key in OTHERS:
            study.put(key, walk(10 + int(key[7])))
        study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS101,170\n")
    parked, backlog = Parked(study), "wearline.catalog"
    told = {"study": study.name}
    parked.put("data-dead-letters", {**told, "event": parked.event(OTHERS[0])})
    parked.put("data-backlog-dead-letters", parked.notice(OTHERS[1], source=backlog))
    parked.put("evaluation-dead-letters", parked.notice(OTHERS[2]))
    parked.put("metadata-dead-letters", {**told, "event": parked.event(HEIGHTS)})
    parked.put("metadata-backlog-dead-letters", parked.notice(HEIGHTS, source=backlog))
    dead = {"source": backlog, "execution": f"{run_id}-1"}
    parked.put("died-executions-dead-letters", {**told, **dead})
    parked.put("problems-dead-letters", {**told, "problem_id": "tried"})
    arn = "arn:aws:sqs:us-east-1:000000000000:wearline-local-data"
    rule = f"arn:aws:events:us-east-1:000000000000:rule/wearline-local-{study.name}-data"
    error = {"RULE_ARN": rule, "TARGET_ARN": arn, "ERROR_CODE": "NO_PERMISSIONS"}
    parked.put("rule-dead-letters", parked.event(OTHERS[3]), **error)
    seen = json.loads(wearline("redrive", "--dry-run", "--json").output)
    assert {"data", "data-backlog", "evaluation", "metadata", "metadata-backlog"} <= seen.keys()
    assert {"died-executions", "problems", "rule"} <= seen.keys()
    assert seen["rule"]["not delivered: NO_PERMISSIONS"] >= 1
    redriven = json.loads(wearline("redrive", "--json").output)
    assert seen.keys() <= redriven.keys()
    assert [states(study, key)["look"] for key in OTHERS] == ["succeeded"] * len(OTHERS)
    study.accepted(HEIGHTS)
    study.eventually(lambda: states(study)["gauge"] == "succeeded")
    assert study.sweep()["recovered"] == 0


def test_sweep_that_was_aborted_is_made_up_for_by_the_next(
    new_trial: Callable[[str], Trial], aws: object
) -> None:
    study = new_trial(STUDY)
    with study.events_lost():
        study.put(FILE, walk())
    states_of = study.there.stepfunctions
    aborted = start_sweep(study.there, study.name)
    states_of.stop_execution(executionArn=aborted, error="Tried", cause="by hand")
    assert states_of.describe_execution(executionArn=aborted)["status"] == "ABORTED"
    report = json.loads(wearline("catalog", "start", study.name, "--json").output)
    assert report["recovered"] == 1
    assert states(study)["look"] == "succeeded"


def test_messages_wait_for_a_function_that_takes_none_and_are_settled_when_it_does(
    new_trial: Callable[[str], Trial], aws: object
) -> None:
    study = new_trial(STUDY)
    with taking_nothing(study, "data-arrived", "metadata-arrived"):
        study.put(FILE, walk())
        study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS101,170\n")
        study.eventually(lambda: waiting(study, "DataQueueUrl"))
        study.eventually(lambda: waiting(study, "MetadataQueueUrl"))
        assert study.row(FILE) is None
    study.accepted(HEIGHTS)
    study.eventually(lambda: states(study)["gauge"] == "succeeded")

    with taking_nothing(study, "evaluate-waiting"):
        study.put(OTHERS[0], walk(12))
        study.eventually(lambda: states(study, OTHERS[0])["gauge"] == "waiting")
        study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS101,170\nS102,180\n")
        study.eventually(lambda: waiting(study, "EvaluationQueueUrl"))
        assert states(study, OTHERS[0])["gauge"] == "waiting"
    study.eventually(lambda: states(study, OTHERS[0])["gauge"] == "succeeded")


def waiting(study: Trial, queue: str) -> int:
    name: Any = "ApproximateNumberOfMessages"
    found = study.there.sqs.get_queue_attributes(
        QueueUrl=study.there.outputs[queue], AttributeNames=[name]
    )
    return int(found["Attributes"][name])


@contextmanager
def taking_nothing(study: Trial, *functions: str) -> Iterator[None]:
    """Switch the functions' queues off, as a broken mapping would be, and on again."""
    client: Any = study.there.session.client("lambda", endpoint_url=study.there.endpoint)
    mappings = [
        each["UUID"]
        for name in functions
        for each in client.list_event_source_mappings(FunctionName=f"wearline-local-{name}")[
            "EventSourceMappings"
        ]
    ]
    for each in mappings:
        client.update_event_source_mapping(UUID=each, Enabled=False)
    try:
        yield
    finally:
        for each in mappings:
            client.update_event_source_mapping(UUID=each, Enabled=True)


def test_sweep_makes_up_for_a_wake_up_that_was_given_up_on(
    new_trial: Callable[[str], Trial], aws: object
) -> None:
    study = new_trial(STUDY)
    study.put(FILE, walk())
    assert states(study)["gauge"] == "waiting"
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS101,170\n")
    study.accepted(HEIGHTS)
    Parked(study).put("wake-dead-letters", {"DDBStreamBatchInfo": {"batchSize": 1}})
    seen = json.loads(wearline("redrive", "--dry-run", "--json").output)
    assert seen["wake"]["a change of metadata that the stream gave up on"] >= 1
    study.sweep()
    study.eventually(lambda: states(study)["gauge"] == "succeeded")
