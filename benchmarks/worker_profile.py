"""A worker, and the CPU seconds that it spends within single functions, printed as JSON.

python worker_profile.py MODULE:FUNCTION... -- OPTIONS OF THE WORKER
"""

from __future__ import annotations

import json
import sys
import time
from functools import wraps
from importlib import import_module
from typing import Any

from wearline_processor import worker


def timed(name: str, spent: dict[str, float]) -> None:
    """Put the function in its own place, with a clock around it."""
    place, _, attribute = name.partition(":")
    module = import_module(place)
    function = getattr(module, attribute)

    @wraps(function)
    def clocked(*arguments: Any, **options: Any) -> Any:
        began = time.process_time()
        try:
            return function(*arguments, **options)
        finally:
            spent[name] += time.process_time() - began

    spent[name] = 0.0
    setattr(module, attribute, clocked)


if __name__ == "__main__":
    end = sys.argv.index("--")
    spent: dict[str, float] = {}
    for each in sys.argv[1:end]:
        timed(each, spent)
    worker.main(sys.argv[end + 1 :])
    json.dump(spent, sys.stdout)
