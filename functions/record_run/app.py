"""After a task, or after an execution that died: record what the run came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from wearline.aws.measuring import measure_verdict
from wearline.aws.messages import died, end_of_try, order
from wearline.aws.world import world
from wearline.flow.processing import Recorded, record_death, record_run
from wearline.flow.studies import deployed_study

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS)


def bury(record: SQSRecord) -> None:
    name, run_id, attempt, status = died(record.body)
    study = deployed_study(world(), name, though_removed=True)
    if study is not None:
        tell(run_id, record_death(world(), study, run_id, attempt, status))


def tell(run_id: str, recorded: Recorded) -> None:
    metrics.add_metric(f"Run{recorded.state.capitalize()}", MetricUnit.Count, 1)
    logger.info("recorded", run_id=run_id, state=recorded.state)
    if recorded.state in ("succeeded", "failed"):
        measure_verdict(metrics, world(), run_id)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    if "Records" in event:
        return process_partial_response(event, bury, processor, context)
    ordered = order(event)
    study = deployed_study(world(), ordered.study, though_removed=True)
    if study is None:
        raise LookupError(f"study {ordered.study} is not deployed; deploy it and redrive")
    recorded = record_run(world(), study, ordered, end_of_try(event))
    tell(ordered.run_id, recorded)
    return {"state": recorded.state, "wait_s": recorded.wait_s}
