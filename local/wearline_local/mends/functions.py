"""Functions that fail and functions in a crowd, as on AWS Lambda.

- A handler that raises answers with the class of its exception as `errorType` and keeps its
  execution environment: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
- AWS gives every concurrent invocation an environment of its own. A laptop cannot: invocations
  beyond `environments` of one function wait for a free one instead of being throttled.
"""

import threading
from collections import defaultdict
from functools import partial
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

FAILED = "__function_error__"

_RAISED = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")'
)
_ANSWERED = (
    '_real_stdout.write(json.dumps({"status": "ok", "result": {"' + FAILED + '": {'
    '"errorMessage": str(e), "errorType": type(e).__name__, '
    '"requestId": _ms_ctx.get("request_id", ""), '
    '"stackTrace": traceback.format_tb(e.__traceback__)}}}) + "\\n"); '
    "traceback.print_exc()"
)


def mend(environments: int) -> None:
    """Let functions fail as on AWS, and bound the environments of each."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if _RAISED not in script:
        raise RuntimeError("The worker script of ministack changed: mend functions.py anew")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_RAISED, _ANSWERED)
    crowd: defaultdict[str, threading.Semaphore] = defaultdict(
        partial(threading.Semaphore, environments)
    )
    execute = lambda_svc._execute_function_warm

    def execute_function_warm(function: dict[str, Any], event: Any, request_id: str) -> Any:
        config = function.get("config") or function
        with crowd[config.get("FunctionArn", "")]:
            return _as_failure(execute(function, event, request_id))

    lambda_svc._execute_function_warm = execute_function_warm


def _as_failure(answer: dict[str, Any]) -> dict[str, Any]:
    body = answer.get("body")
    if not isinstance(body, dict) or FAILED not in body:
        return answer
    return answer | {"body": body[FAILED], "error": True}
