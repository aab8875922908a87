"""A withdrawal finds what was still under way, and what a task left behind after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws
from tests.simulation.study import CONFIGURATIONS, PLAIN, RESULTS_BUCKET, study_row
from tests.unit.aws.test_ledger_contract import create_table
from tests.unit.core.rows import registered, run

from wearline.core.ledger import PipelineRow
from wearline.ports import Put
from wearline_cli.environments import Environment
from wearline_cli.withdrawal import inventory, take_up, under_way

TABLES = ("Objects", "Runs", "Requirements", "Metadata", "Problems", "Studies")
RUN = "a" * 40


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        found = Environment("dev", boto3.Session(region_name="us-east-1"))
        for name in TABLES:
            create_table(found.dynamodb, name, None if name in ("Runs", "Studies") else "sk")
        vars(found)["outputs"] = {f"{name}Table": name for name in TABLES}
        found.s3.create_bucket(Bucket=RESULTS_BUCKET)
        found.s3.put_bucket_versioning(
            Bucket=RESULTS_BUCKET, VersioningConfiguration={"Status": "Enabled"}
        )
        yield found


def found_of(there: Environment, subject: str) -> list[str]:
    return inventory(there, study_row("first", 1), CONFIGURATIONS["first"], subject).run_ids


def test_run_that_its_file_no_longer_names_is_stopped_too() -> None:
    file = replace(registered(), pipelines={"sleep": PipelineRow("running", "", "new", 2)})
    earlier = run("running", 1, "old")
    ended = run("superseded", 1, "ended")
    assert under_way([file], [earlier, ended]) == {"new-2", "old-1"}


def test_results_of_a_task_that_ended_after_the_removal_are_found(there: Environment) -> None:
    key = f"results/runs/{RUN}/attempts/1.1/night.csv"
    there.s3.put_object(Bucket=RESULTS_BUCKET, Key=key, Body=b"late")
    assert found_of(there, "S1") == [RUN]


def test_plan_of_another_subject_is_left(there: Environment) -> None:
    plan = b'{"identity": {"recording": {"subject": "S2"}}}'
    there.s3.put_object(Bucket=RESULTS_BUCKET, Key=f"results/runs/{RUN}/plan.json", Body=plan)
    assert found_of(there, "S1") == []
    assert found_of(there, "S2") == [RUN]


def test_file_that_is_somebody_elses_by_now_is_found_while_it_tells_of_the_subject(
    there: Environment,
) -> None:
    pipelines = {"sleep": PipelineRow("succeeded", "", RUN, 1)}
    key = "worn/a.bin"
    row = replace(registered(), study="simulated", bucket=PLAIN, key=key, pipelines=pipelines)
    made = replace(run("succeeded", 1, RUN), study="simulated", bucket=PLAIN, key=key)
    others = replace(made, run_id="b" * 40, subject="S2")
    for each in (row, replace(made, subject="S1"), others):
        there.ledger.commit(Put(replace(each, rev=0)))
    configuration = CONFIGURATIONS["by device log"]
    found = inventory(there, study_row("by device log", 1), configuration, "S1")
    assert (found.run_ids, [each.key for each in found.moved], found.files) == ([RUN], [key], [])
    assert found.counts["files that are somebody else's by now, and get a run of their own"] == 1


def test_file_that_was_given_back_while_its_run_was_removed_is_looked_at(
    there: Environment,
) -> None:
    queue = there.sqs.create_queue(QueueName="backlog")["QueueUrl"]
    vars(there)["outputs"]["DataBacklogQueueUrl"] = queue
    configuration, study = CONFIGURATIONS["by device log"], study_row("by device log", 1)
    kept = "b" * 40
    there.ledger.commit(Put(replace(run("succeeded", 1, kept), rev=0)))
    for key, run_id, attempt in (
        ("worn/removed.bin", RUN, 1),
        ("worn/begun_anew.bin", RUN, 2),
        ("worn/kept.bin", kept, 1),
    ):
        pipelines = {"sleep": PipelineRow("succeeded", "", run_id, attempt)}
        row = replace(registered(), study="simulated", bucket=PLAIN, key=key, pipelines=pipelines)
        there.ledger.commit(Put(replace(row, rev=0, attempts_gone=1)))
    take_up(there, study, configuration)
    messages = there.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(each["Body"])["key"] for each in messages] == ["worn/removed.bin"]
