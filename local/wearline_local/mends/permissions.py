"""Names of actions, as on AWS IAM.

A batch of messages is authorised entry by entry as the action on one message; there is no action
`sqs:SendMessageBatch`.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from functools import partial
from typing import Any

from ministack.core import iam_actions

SINGLE = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def mend() -> None:
    """Ask roles for the action on one message."""
    iam_actions.extract_iam_action = partial(_action, iam_actions.extract_iam_action)


def _action(original: Any, *request: Any, **named: Any) -> str | None:
    action: str | None = original(*request, **named)
    return SINGLE.get(action or "", action)
