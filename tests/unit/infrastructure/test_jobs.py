"""The job that prepare_run names: its queue, definition and share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from wearline.aws.tasks import share_identifier, task
from wearline.core.ledger import Release
from wearline.flow.processing import Order, Prepared
from wearline.flow.studies import DeployedStudy

GIB = 1024**3
RELEASE = Release("hash", "task-definition", {"21": "small", "50": "middle", "200": "large"})


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CLUSTER_ARN", "SUBNETS", "SECURITY_GROUPS"):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("BACKLOG_QUEUE_ARN", "backlog")
    monkeypatch.setenv("UNINTERRUPTED_QUEUE_ARN", "uninterrupted")
    return monkeypatch


def study(release: Release = RELEASE) -> DeployedStudy:
    """As much of a deployed study as a task is made from."""
    made = SimpleNamespace(
        row=SimpleNamespace(releases={"r": release}),
        configuration=SimpleNamespace(results=SimpleNamespace(bucket="results")),
        run_prefix=lambda run: f"runs/{run}/",
        attempt_prefix=lambda run, name: f"runs/{run}/attempts/{name}/",
    )
    return cast("DeployedStudy", made)


def told(size: int, release: Release = RELEASE, **before: int) -> dict[str, Any]:
    identity = {
        "file": {"size": size},
        "format": {"type": "axivity"},
        "steps": [],
        "processor": {"release": "r", "engine": "lean"},
    }
    plan = {"identity": identity}
    prepared = Prepared(plan, before.get("out_of_memory", 0), before.get("interrupted", 0))
    return task(study(release), Order("gait-01", "0" * 40, 2, 3), prepared)


def test_a_job_is_named_for_its_try_and_not_for_its_file(environment: pytest.MonkeyPatch) -> None:
    assert told(GIB)["job"]["name"] == f"wearline-{'0' * 40}-2-3"


@pytest.mark.parametrize(("interrupted", "queue"), [(0, "backlog"), (1, "backlog"),
                                                    (2, "uninterrupted")])  # fmt: skip
def test_a_try_that_lost_its_host_twice_runs_on_demand(
    environment: pytest.MonkeyPatch, interrupted: int, queue: str
) -> None:
    assert told(GIB, interrupted=interrupted)["job"]["queue"] == queue


@pytest.mark.parametrize(
    ("size", "definition"),
    [(0, "small"), (4 * GIB, "middle"), (20 * GIB, "large"), (90 * GIB, "large")],
)
def test_a_job_has_the_least_storage_that_its_file_needs(
    environment: pytest.MonkeyPatch, size: int, definition: str
) -> None:
    assert told(size)["job"]["definition"] == definition


def test_a_job_has_the_size_of_the_task(environment: pytest.MonkeyPatch) -> None:
    asked = told(0, out_of_memory=2)
    assert asked["job"]["vcpus"] == str(int(asked["cpu"]) // 1024)


@pytest.mark.parametrize("absent", ["queue", "definitions"])
def test_where_there_is_no_batch_there_is_no_job(
    environment: pytest.MonkeyPatch, absent: str
) -> None:
    if absent == "queue":
        environment.setenv("BACKLOG_QUEUE_ARN", "")
    release = Release("hash", "task-definition") if absent == "definitions" else RELEASE
    assert "job" not in told(GIB, release)


def test_a_share_is_of_letters_and_digits_and_of_one_study() -> None:
    shares = {share_identifier(name) for name in ("gait-01", "gait01", "gait-0-1")}
    assert len(shares) == 3
    assert all(each.isalnum() for each in shares)
