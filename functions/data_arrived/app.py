"""An upload, or a sweep's finding: bring the data file's row in line and start what may start."""

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

from wearline.aws.messages import notice
from wearline.aws.world import world
from wearline.flow.arrivals import data_arrived

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS)


def settle_one(record: SQSRecord) -> None:
    row = data_arrived(world(), notice(record.body))
    if row is not None:
        metrics.add_metric("DataArrived", MetricUnit.Count, 1)
        logger.info("settled", study=row.study, kind=row.kind, rev=row.rev)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return process_partial_response(event, settle_one, processor, context)
