"""In a layer of its own: wraps a function's handler so that some of its invocations raise.

The invocation is drawn by lot, and so is the call of AWS at which it raises: before the call's
effect, or after it. One that makes fewer calls raises when all its work is done.
"""

from __future__ import annotations

import importlib
import os
import random
from pathlib import Path
from typing import Any

import botocore.client

HANDLER = os.environ["FAULTY_HANDLER"]
SHARE = float(os.environ["FAULTY_SHARE"])
TOLD = Path(os.environ["FAULTY_TOLD"])
MOST_CALLS = 24


class InjectedFault(Exception):
    """What a throttle, a lost answer or a lack of memory would be."""


class Fate:
    """When the invocation that is under way raises, if it does."""

    def __init__(self) -> None:
        self._lot = random.Random()  # noqa: S311  a fault is no secret
        self._calls_left: int | None = None

    def begin(self) -> None:
        raises = self._lot.random() < SHARE
        self._calls_left = self._lot.randrange(1, MOST_CALLS) if raises else None
        self._tell("invoked")

    def around_call(self, client: Any, operation: str, parameters: Any) -> Any:
        """See ``botocore.client.BaseClient._make_api_call``."""
        if self._calls_left is not None:
            self._calls_left -= 1
        fails, before = self._calls_left == 0, self._lot.random() < 0.5
        if fails and before:
            self._raise(f"before {operation}")
        answer = _make_api_call(client, operation, parameters)
        if fails:
            self._raise(f"after {operation}")
        return answer

    def end(self) -> None:
        if self._calls_left is not None:
            self._raise("at the end")

    def _raise(self, where: str) -> None:
        self._calls_left = None
        self._tell(f"raised {where}")
        raise InjectedFault(where)

    def _tell(self, line: str) -> None:
        with TOLD.open("a") as told:
            told.write(f"{os.environ['AWS_LAMBDA_FUNCTION_NAME']} {line}\n")


FATE = Fate()
_make_api_call = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]


def _around_call(client: Any, operation: str, parameters: Any) -> Any:
    return FATE.around_call(client, operation, parameters)


botocore.client.BaseClient._make_api_call = _around_call  # type: ignore[attr-defined]
_module, _, _name = HANDLER.rpartition(".")
_handler = getattr(importlib.import_module(_module), _name)


def handler(event: Any, context: Any) -> Any:
    FATE.begin()
    answer = _handler(event, context)
    FATE.end()
    return answer
