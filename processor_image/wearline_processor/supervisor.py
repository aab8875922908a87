"""The supervisor: alone holds AWS credentials. Fetches, has the worker work, uploads, commits.

    python -m wearline_processor.supervisor

Status 0 whenever a run.json of this attempt exists, whatever its verdict on the recording.
Anything else means infrastructure, and the attempt may be made again: 70 when S3 or the
environment failed, 143 after SIGTERM (a Spot interruption, a stopped task).
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from wearline_processor import plan as plans
from wearline_processor import run_document
from wearline_processor.child import Task, Worker, explain
from wearline_processor.errors import PlanInvalid
from wearline_processor.run_document import Attempt, Processed
from wearline_processor.store import Address, Store, StoreFailed

INFRASTRUCTURE = 70
TERMINATED = 128 + signal.SIGTERM
_REPORT = "worker.json"
_LOG = "worker.log"
_LOG_TAIL = 4096
_MOST_REPORT = 1 << 26


class Terminated(BaseException):
    """SIGTERM came: the attempt is given up without a verdict."""


@dataclass(frozen=True)
class Settings:
    """The task, from its environment."""

    plan: Address
    output: Address
    attempt: Attempt
    time_limit_s: float
    memory_limit_mib: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Raises KeyError or ValueError for a task that was not set up as the contract says."""
        return cls(
            plan=Address.parse(environment["WEARLINE_PLAN"]),
            output=Address.parse(environment["WEARLINE_OUTPUT"]),
            attempt=Attempt(
                run_id=environment["WEARLINE_RUN_ID"],
                attempt=environment["WEARLINE_ATTEMPT"],
                image_digest=environment.get("WEARLINE_IMAGE_DIGEST") or None,
            ),
            time_limit_s=float(environment.get("WEARLINE_TIME_LIMIT_S", "3600")),
            memory_limit_mib=int(environment.get("WEARLINE_MEMORY_LIMIT_MIB", "8192")),
        )


def main(environment: Mapping[str, str] | None = None, store: Store | None = None) -> int:
    """One attempt at a run; answers the exit status."""
    _hide_from_other_processes()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        settings = Settings.of(environment if environment is not None else os.environ)
        with tempfile.TemporaryDirectory(prefix="wearline-") as scratch:
            return attempt(settings, store or Store(), Path(scratch))
    except Terminated:
        log("terminated")
        return TERMINATED
    except StoreFailed as problem:
        log("store_failed", operation=problem.operation, code=problem.code)
    except (KeyError, ValueError) as problem:
        log("settings_invalid", problem=type(problem).__name__)
    except OSError as problem:
        log("system_failed", errno=problem.errno)
    return INFRASTRUCTURE


def attempt(settings: Settings, store: Store, scratch: Path) -> int:
    """Fetch, process, upload, commit. Raises StoreFailed and Terminated."""
    started = datetime.now(UTC)
    began = time.monotonic()
    log("started", run_id=settings.attempt.run_id, attempt=settings.attempt.attempt)
    document, processed = _process(settings, store, scratch, began)
    outputs = _upload(settings, store, processed)
    run = run_document.build(settings.attempt, document, processed, outputs, started)
    mine = store.commit(run_document.to_json(run), settings.output.under("run.json"))
    log(
        "finished",
        verdict=run["verdict"],
        code=(run["reason"] or {}).get("code"),
        first=mine,
        seconds=round(time.monotonic() - began, 1),
    )
    return 0


def _process(
    settings: Settings, store: Store, scratch: Path, began: float
) -> tuple[Any, Processed]:
    path = scratch / "plan.json"
    path.write_bytes(store.read(settings.plan))
    output = scratch / "output"
    output.mkdir(mode=0o777)
    output.chmod(0o777)  # the worker may be another user
    scratch.chmod(0o755)
    try:
        plan = plans.load(path, settings.attempt.run_id)
    except PlanInvalid as problem:
        return _document(path), Processed.refused(problem, output)
    file = scratch / f"input{_suffix(plan.source.key)}"
    fetched = store.fetch(plan.source, file)
    log("fetched", bytes=plan.source.size, seconds=round(time.monotonic() - began, 1))
    remaining = settings.time_limit_s - (time.monotonic() - began)
    task = Task(
        plan=path,
        input=file,
        output=output,
        log=scratch / _LOG,
        sha256=fetched.sha256,
        time_limit_s=max(remaining * 0.9, 1.0),  # the rest is for the upload
        memory_limit_mib=settings.memory_limit_mib,
    )
    return plan.document, replace(_work(task, plan.source.size), version_id=fetched.version_id)


def _work(task: Task, size: int) -> Processed:
    worker = Worker(task)
    try:
        ending = worker.run()
    except Terminated:
        worker.stop()
        raise
    log(
        "worked",
        status=ending.status,
        cpu_s=round(ending.cpu_s, 1),
        peak_memory_mib=round(ending.peak_memory_mib),
    )
    report = _report(task.output / _REPORT) if ending.status == 0 else None
    reason = None if report else explain(ending, task, _tail(task.log))
    return run_document.bounded(
        Processed(task.output, task.log, task.sha256, size, ending, report, reason)
    )


def _upload(settings: Settings, store: Store, processed: Processed) -> list[dict[str, Any]]:
    outputs = run_document.outputs(processed)
    for output in outputs:
        path = processed.log if output["name"] == _LOG else processed.folder / output["name"]
        if path is not None:
            store.upload(path, settings.output.under(output["name"]), output["media_type"])
    return outputs


def _report(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            report = json.loads(file.read(_MOST_REPORT))  # one that is cut is no JSON
        return report if isinstance(report, dict) else None
    except (OSError, ValueError):
        return None


def _document(path: Path) -> Any:  # noqa: ANN401
    """The plan as it came, for run.json; null when it is not even JSON."""
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError:
        return None


def _suffix(key: str) -> str:
    """The suffix of the key, for readers that remark on it; nothing else of the key."""
    found = re.search(r"\.[A-Za-z0-9]{1,8}$", key)
    return found.group() if found else ""


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _LOG_TAIL, 0))
        return file.read().decode("utf-8", "replace")


def _hide_from_other_processes() -> None:
    """So that a worker of the same user cannot read this process, its environment included."""
    if sys.platform == "linux":
        pr_set_dumpable = 4  # prctl(2)
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def log(event: str, **facts: str | float | bool | None) -> None:
    """One line of JSON. Facts are named one by one: no key, subject or header comes here."""
    print(json.dumps({"event": event, **facts}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
