"""The stream of the metadata table: wake the files that depend on a changed subject."""

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
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from wearline.aws.messages import changed_subject
from wearline.aws.world import world
from wearline.flow.arrivals import metadata_changed

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.DynamoDBStreams)


def wake(record: DynamoDBRecord) -> None:
    change = record.dynamodb
    if change is None:
        return
    changed = changed_subject(change.old_image, change.new_image)
    if changed is not None:
        woken = metadata_changed(world(), *changed)
        metrics.add_metric("Woken", MetricUnit.Count, woken)
        logger.info("woken", study=changed[0], files=woken)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return process_partial_response(event, wake, processor, context)
