"""The whole job with the real image as the task: from an upload to run.json."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.docker.conftest import Image, docker
from tests.integration.wiring.conftest import STUDY, recording
from tests.trials import Trial

KEY = "raw/S1/V1_wrist.cwa"


@pytest.fixture
def study(new_trial: Callable[[str], Trial]) -> Trial:
    return new_trial(STUDY)


def test_an_upload_becomes_a_result_in_the_processor_image(study: Trial, processor: Image) -> None:
    began = time.time()
    study.put(KEY, recording())
    made = study.pipeline(KEY, "succeeded")
    document = study.record(made)
    assert document["verdict"] == "succeeded"
    # The image's own Python ran it, and no process of this machine.
    version = processor.run("python", "-c", "import platform; print(platform.python_version())")
    assert document["processor"]["python"] == version.strip()
    started = docker(
        "events", "--since", str(int(began)), "--until", str(int(time.time()) + 1),
        "--filter", "event=start", "--filter", "label=wearline.trial=task",
        "--format", "{{.Actor.Attributes.image}}",
    )  # fmt: skip
    assert processor.name in started.split()


def test_a_broken_recording_ends_with_its_reason(study: Trial) -> None:
    study.put(KEY, b"no recording at all")
    failed = study.pipeline(KEY, "failed")
    assert study.record(failed)["reason"]["code"] == failed.reason.code


def test_a_stopped_task_has_time_to_stop_and_its_run_is_tried_again(study: Trial) -> None:
    session = study.there.session
    ecs = session.client("ecs", endpoint_url=study.there.endpoint)
    study.put(KEY, recording())
    cluster = study.there.outputs["ClusterArn"]

    def running() -> str | None:
        tasks = ecs.list_tasks(cluster=cluster, desiredStatus="RUNNING")["taskArns"]
        described = ecs.describe_tasks(cluster=cluster, tasks=tasks)["tasks"] if tasks else []
        mine = [each for each in described if f"-study-{study.name}-" in each["taskDefinitionArn"]]
        return next((one["taskArn"] for one in mine if one["lastStatus"] == "RUNNING"), None)

    task = study.eventually(running)
    ecs.stop_task(cluster=cluster, task=task, reason="Your Spot Task was interrupted.")
    made = study.pipeline(KEY, "succeeded")
    run = study.run(made.run_id)
    assert run.result == "1.2"
    assert run.tries[0].outcome == "interrupted"
