"""A sweep begins: which buckets of the study can be swept."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from wearline.aws.world import world
from wearline.flow.studies import deployed_study
from wearline.flow.sweep import readable_buckets

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    study = deployed_study(world(), event["study"])
    buckets = readable_buckets(world(), study) if study else []
    logger.info("resolved", study=event["study"], buckets=len(buckets))
    return {
        "ok": bool(buckets),
        "study": event["study"],
        "buckets": [{"bucket": bucket, "prefixes": []} for bucket in buckets],
    }
