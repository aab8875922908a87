"""A sweep begins: whose turn it is, and which sections there are to sweep."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from wearline.aws.world import world
from wearline.flow.catalog import resolve_sections, take_turn
from wearline.flow.studies import deployed_study

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    name = event["study"]
    study = deployed_study(world(), name)
    if study is None:
        return {"state": "nothing", "study": name}
    turn = take_turn(world(), name, event["execution"])
    if turn.state != "go":
        logger.info("not now", study=name, state=turn.state)
        return {"state": turn.state, "study": name, "joined": turn.joined}
    # Who joined while this one waited counts on it to see the study as it is from now on.
    resolved = resolve_sections(world(), deployed_study(world(), name) or study)
    logger.info("resolved", study=name, sections=len(resolved.sections))
    return {
        "state": "go",
        "study": name,
        "sections": [section.as_json() for section in resolved.sections],
        "unreadable": resolved.unreadable,
    }
