"""Functions that fail and functions in a crowd, as on AWS Lambda.

- A handler that raises answers with the class of its exception as `errorType` and keeps its
  execution environment: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
- A layer is mounted, not copied: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
- AWS gives every concurrent invocation an environment of its own. A laptop cannot: invocations
  beyond `environments` of one function wait for a free one instead of being throttled.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from wearline_local.layers import UnpackedLayers

FAILED = "__function_error__"
REAP_S = 0.5  # an idle environment has nothing to save

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


def mend(environments: int, layers: UnpackedLayers) -> None:
    """Let functions fail as on AWS, share layers, and bound the environments of each."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if _RAISED not in script:
        raise RuntimeError("The worker script of ministack changed: mend functions.py anew")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_RAISED, _ANSWERED)
    lambda_runtime._REAP_GRACE = REAP_S
    spawn = lambda_runtime.Worker._spawn
    lambda_runtime.Worker._spawn = lambda worker: _spawn(spawn, layers, worker)
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


def _spawn(original: Callable[[Any], None], layers: UnpackedLayers, worker: Any) -> None:
    """Start an environment that finds its layers where they lie."""
    config = worker.config
    archives = [lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers", [])]
    folders = [str(layers.folder_of(archive)) for archive in archives if archive]
    variables = (config.get("Environment") or {}).get("Variables", {})
    mounted = variables | {"_LAMBDA_LAYERS_DIRS": os.pathsep.join(folders)}
    worker.config = config | {"Layers": [], "Environment": {"Variables": mounted}}
    try:
        original(worker)
    finally:
        worker.config = config
