"""An engine of its own: its state survives a graceful restart, its quota is kept."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from wearline_local import launcher

from .conftest import Account, Tasks, eventually


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[launcher.Settings]:
    """An engine of the test's own."""
    quota = {"WEARLINE_TASK_QUOTA": "0"}
    settings = launcher.Settings(tmp_path / "engine", launcher.free_port(), variables=quota)
    for name, value in launcher.start(settings).environment().items():
        monkeypatch.setenv(name, value)
    yield settings
    if running := launcher.find(settings.folder):
        launcher.stop(running)


def _restart(settings: launcher.Settings) -> launcher.Engine:
    running = launcher.find(settings.folder)
    assert running
    launcher.stop(running)
    return launcher.start(launcher.Settings(folder=settings.folder))


def test_objects_tables_and_queues_are_there_after_a_restart(own: launcher.Settings) -> None:
    account = Account(boto3.Session())
    bucket, (url, _) = account.bucket(), account.queue()
    account.client("s3").put_object(Bucket=bucket, Key="k", Body=b"kept")
    account.client("sqs").send_message(QueueUrl=url, MessageBody='"kept"')
    again = _restart(own)
    assert again.port == own.port
    assert account.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"kept"
    assert account.received(url) == ["kept"]


def test_execution_that_a_restart_cut_short_is_announced_as_failed(
    own: launcher.Settings,
) -> None:
    account = Account(boto3.Session())
    url, arn = account.queue()
    events = account.client("events")
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED"]}}
    events.put_rule(Name="died", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="died", Targets=[{"Id": "queue", "Arn": arn}])
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    execution = account.start(account.machine({"StartAt": "W", "States": {"W": wait}}))
    _restart(own)
    assert account.received(url)[0]["detail"]["executionArn"] == execution


def test_second_start_of_a_folder_is_the_first(own: launcher.Settings) -> None:
    assert launcher.start(own) == launcher.find(own.folder)


def test_engine_ends_with_its_owner(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as owner:
        settings = launcher.Settings(tmp_path / "owned", launcher.free_port(), owner=owner.pid)
        assert launcher.start(settings).is_ready()
        owner.kill()
    assert eventually(lambda: launcher.find(settings.folder) is None)


def test_task_beyond_the_quota_fails_the_state_with_what_was_said(own: launcher.Settings) -> None:
    account = Account(boto3.Session())
    account.client("ecs").create_cluster(clusterName="full")
    tasks = Tasks(account, "full", "/none")
    ended = account.run(account.machine(tasks.state(tasks.definition("print(1)"))))
    assert ended["error"] == "AmazonECS.Unknown"
    assert "reached the limit on the number of vCPUs" in ended["cause"]
