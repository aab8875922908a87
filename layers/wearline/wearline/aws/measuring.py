"""Measures of runs as metrics in the functions' logs (EMF), which CloudWatch takes from there."""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from wearline.core.measures import of_start, of_verdict
from wearline.flow.processing import Prepared
from wearline.ports import World

SERVICE = {"service": "wearline"}


def measure_start(metrics: Metrics, world: World, study: str, prepared: Prepared) -> None:
    """A run's first try is about to start."""
    file = prepared.plan["identity"]["file"]
    row = world.ledger.object(study, file["bucket"], file["key"])
    metrics.add_metric("RunStarted", MetricUnit.Count, 1)
    for name, value in of_start(row, world.now()).items():
        metrics.add_metric(name, MetricUnit.Seconds, value)


def measure_waiting(waiting_for: Mapping[str, int]) -> None:
    """How many pipelines wait for each requirement, by its name in the study's configuration."""
    for name, count in waiting_for.items():
        with single_metric(
            "WaitingFor", MetricUnit.Count, count, default_dimensions=SERVICE
        ) as one:
            one.add_dimension("requirement", name)


def measure_verdict(metrics: Metrics, world: World, run_id: str) -> None:
    """A run has its verdict. A failed one is counted by its reason too."""
    run = world.ledger.run(run_id)
    if run is None:
        return
    row = world.ledger.object(run.study, run.bucket, run.key)
    for name, value in of_verdict(run, row).items():
        metrics.add_metric(name, MetricUnit.NoUnit, value)
    if run.state == "failed" and run.reason:
        with single_metric("RunFailedFor", MetricUnit.Count, 1, default_dimensions=SERVICE) as why:
            why.add_dimension("reason", run.reason.code)
