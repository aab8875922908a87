"""A stretch of a sweep: merge a section's listing with the ledger until time is nearly up."""

from __future__ import annotations

import gc
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from wearline.aws.world import world
from wearline.core.sections import Section
from wearline.flow.studies import deployed_study
from wearline.flow.sweep import sweep_section

logger = Logger()
SPARE_MS = 30_000
# Rows are read by the million and none is garbage that has to be looked for: half of the reading.
gc.set_threshold(100_000)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    study = deployed_study(world(), event["study"])
    if study is None:
        return {"counts": {}, "cursor": None, "unreadable": None}
    stretch = sweep_section(
        world(),
        study,
        event["sweep"],
        Section(**event["section"]),
        event["cursor"],
        lambda: context.get_remaining_time_in_millis() > SPARE_MS,
    )
    logger.info("swept", study=study.name, counts=dict(stretch.counts))
    return {
        "counts": dict(stretch.counts),
        "cursor": stretch.cursor,
        "unreadable": stretch.unreadable,
    }
