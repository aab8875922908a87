"""A study is taken down and keeps its data; what would change is shown before it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.integration.wiring.conftest import STUDY, recording
from tests.trials import Trial
from wearline_cli.environments import StudyRemoved
from wearline_cli.main import main
from wearline_cli.study_deployment import changes_of, deploy_study
from wearline_cli.study_removal import StillRunning, look, remove
from wearline_local.launcher import Engine

pytestmark = pytest.mark.engine
KEY, LATER = "raw/S1/V1_wrist.cwa", "raw/S2/V1_wrist.cwa"


@pytest.fixture
def study(new_trial: Callable[[str], Trial]) -> Trial:
    return new_trial(STUDY)


@pytest.fixture
def wearline(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command."""
    monkeypatch.setenv("WEARLINE_FOLDER", str(engine.folder))
    return lambda *words: CliRunner().invoke(main, list(words))


def stack_is_there(study: Trial) -> bool:
    stacks = study.there.cloudformation.describe_stacks()["Stacks"]
    names = [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"]
    return f"wearline-local-study-{study.name}" in names


def keys(study: Trial) -> set[str]:
    listed = study.there.s3.list_objects_v2(Bucket=study.bucket).get("Contents", [])
    return {each["Key"] for each in listed}


def test_a_removed_study_keeps_its_data_and_goes_on_when_it_is_deployed_again(
    study: Trial, wearline: Callable[..., Result]
) -> None:
    study.put(KEY, recording())
    made = study.pipeline(KEY, "succeeded")
    before = keys(study)

    shown = wearline("study", "remove", study.name, "--dry-run")
    assert "Nothing was changed." in shown.output
    assert f"stays: bucket {study.bucket}" in shown.output
    assert stack_is_there(study)

    done = wearline("study", "remove", study.name, "--yes")
    assert done.exit_code == 0, done.output
    assert not stack_is_there(study)
    assert keys(study) >= before
    assert study.record(made)["verdict"] == "succeeded"
    assert KEY in wearline("status", study.name, "--files").output

    # Nothing begins, and everything says why instead of failing.
    study.put(LATER, recording(seed=2))
    _message(study, LATER)
    problem = study.problem("configuration_missing", study.name)
    assert "was removed" in problem.sentence
    for command in (("catalog", "start", study.name), ("retry", study.name, "--failed")):
        refused = wearline(*command)
        assert refused.exit_code == 1
        assert "was removed from local" in refused.output
    with pytest.raises(StudyRemoved):
        study.there.working_study(study.name)
    assert study.row(LATER) is None

    deploy_study(study.there, study.folder / f"{study.name}.yaml")
    assert study.pipeline(LATER, "succeeded").run_id != made.run_id
    assert study.row(KEY).pipelines["read"].run_id == made.run_id
    study.eventually(lambda: not study.problems("configuration_missing"))


def streams(study: Trial) -> set[str]:
    pages = study.there.logs.get_paginator("describe_log_streams")
    found = pages.paginate(logGroupName=f"/wearline/local/study/{study.name}")
    return {each["logStreamName"] for page in found for each in page["logStreams"]}


def test_a_study_that_made_its_buckets_is_removed_and_deployed_again_in_the_same_words(
    study: Trial,
) -> None:
    study.put(KEY, recording())
    study.pipeline(KEY, "succeeded")
    before = streams(study)
    assert before
    remove(study.there, look(study.there, study.name))
    assert streams(study) == before

    path = study.folder / f"{study.name}.yaml"
    shown = "\n".join(changes_of(study.there, path, create_buckets=True))
    assert f"bucket {study.bucket} " in shown
    assert "AWS::S3::Bucket" not in shown
    deploy_study(study.there, path, create_buckets=True)
    deploy_study(study.there, path, create_buckets=True)
    study.put(LATER, recording(seed=2))
    study.pipeline(LATER, "succeeded")
    assert streams(study) > before


def test_a_bucket_that_comes_later_leaves_the_others_with_the_stack(study: Trial) -> None:
    path = study.folder / f"{study.name}.yaml"
    first = f"a-{study.name}"
    text = path.read_text()
    named = f"{{name: {study.bucket}}}"
    assert named in text
    path.write_text(text.replace(named, f"{named}, {{name: {first}}}"))
    deploy_study(study.there, path, create_buckets=True)
    stack = f"wearline-local-study-{study.name}"
    held = study.there.cloudformation.list_stack_resources(StackName=stack)
    assert {study.bucket, first} <= {
        each.get("PhysicalResourceId") for each in held["StackResourceSummaries"]
    }


def _message(study: Trial, key: str) -> None:
    """A message that was under way when the study went."""
    study.there.sqs.send_message(
        QueueUrl=study.there.outputs["EvaluationQueueUrl"],
        MessageBody=f'{{"study": "{study.name}", "bucket": "{study.bucket}", "key": "{key}"}}',
    )


def test_a_study_with_runs_under_way_goes_when_they_have_ended(study: Trial) -> None:
    study.put(KEY, recording())
    study.pipeline(KEY, "running")
    with pytest.raises(StillRunning):
        remove(study.there, look(study.there, study.name))
    assert stack_is_there(study)
    study.pipeline(KEY, "succeeded")
    remove(study.there, look(study.there, study.name))
    assert not stack_is_there(study)


def test_a_dry_run_shows_what_would_change_and_changes_nothing(study: Trial) -> None:
    path = study.folder / f"{study.name}.yaml"
    same = "\n".join(changes_of(study.there, path))
    assert "would not change" in same
    assert "the configuration is the one that is deployed" in same
    row = study.there.study(study.name)

    path.write_text(
        path.read_text().replace("raw/{subject}/{visit}_wrist", "in/{subject}/{visit}_w")
    )
    changed = "\n".join(changes_of(study.there, path))
    assert "~ AWS::Events::Rule DataRule" in changed
    assert "would replace the deployed one" in changed
    assert study.there.study(study.name) == row


def test_notifications_of_a_bucket_that_exists_are_kept(study: Trial, tmp_path: Path) -> None:
    s3: Any = study.there.s3
    other = f"{study.name}-other"
    s3.create_bucket(Bucket=other)
    queue = study.there.sqs.create_queue(QueueName=f"{study.name}-theirs")["QueueUrl"]
    arn = study.there.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    theirs = {
        "Id": "theirs",
        "QueueArn": arn["Attributes"]["QueueArn"],
        "Events": ["s3:ObjectCreated:*"],
    }
    s3.put_bucket_notification_configuration(
        Bucket=other,
        NotificationConfiguration={"QueueConfigurations": [theirs]},
        SkipDestinationValidation=True,
    )
    path = tmp_path / "study.yaml"
    text = STUDY.replace("name: <study>-data", f"name: {other}").replace("<study>-data", other)
    path.write_text(text.replace("<study>", f"{study.name}-two"))

    shown = "\n".join(changes_of(study.there, path))
    assert "would send its events to EventBridge, beside its 1 other notifications" in shown
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=other)

    deploy_study(study.there, path)
    found = s3.get_bucket_notification_configuration(Bucket=other)
    assert "EventBridgeConfiguration" in found
    assert [each["Id"] for each in found["QueueConfigurations"]] == ["theirs"]
