"""Before a task: verify that plan and file version still stand, and say what to run."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from wearline.aws.measuring import measure_start
from wearline.aws.messages import order
from wearline.aws.tasks import task
from wearline.aws.world import world
from wearline.flow.processing import prepare_run
from wearline.flow.studies import deployed_study

logger = Logger()
metrics = Metrics()
SUPERSEDED = {"go": False, "state": "superseded"}


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    ordered = order(event)
    study = deployed_study(world(), ordered.study, though_removed=True)
    prepared = prepare_run(world(), study, ordered) if study else None
    logger.info("prepared", run_id=ordered.run_id, attempt=ordered.name, go=prepared is not None)
    if study is None or prepared is None:
        return SUPERSEDED
    if ordered.try_number == 1:
        measure_start(metrics, world(), study.name, prepared)
    return {"go": True, "task": task(study, ordered, prepared)}
