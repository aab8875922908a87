"""Names of actions, as on AWS IAM.

A batch of messages is authorised entry by entry as the action on one message; there is no action
`sqs:SendMessageBatch`.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

from ministack.core import iam_actions, iam_evaluator

SINGLE = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def mend() -> None:
    """Ask roles for the action on one message; note what they do where that is asked for."""
    iam_actions.extract_iam_action = partial(_action, iam_actions.extract_iam_action)
    if recording := os.environ.pop("WEARLINE_PERMISSIONS", None):
        record(Path(recording))


def _action(original: Any, *request: Any, **named: Any) -> str | None:
    action: str | None = original(*request, **named)
    return SINGLE.get(action or "", action)


def record(path: Path) -> None:
    """Note each action that a role was allowed, once for each resource: role, action, ARN."""
    seen: set[tuple[str, str, str]] = set()
    original = iam_evaluator.evaluate

    def evaluate(ctx: Any, *policies: Any) -> Any:
        result = original(ctx, *policies)
        assumed = ":assumed-role/" in ctx.principal_arn
        role = ctx.principal_arn.split("/")[1] if assumed else ""
        call = (role, ctx.action, ctx.resource_arn)
        if result.decision == "Allow" and role.startswith("wearline-") and call not in seen:
            seen.add(call)
            with path.open("a") as recording:
                recording.write(json.dumps(call) + "\n")
        return result

    iam_evaluator.evaluate = evaluate
