"""What the end of a task means: try again, or give the recording its verdict.

The supervisor exits 0 with a ``run.json`` for every verdict about the recording, so a
try without one is infrastructure. Sources of the error names and texts: "Handling errors
in Step Functions workflows" and "Stopped tasks error messages" (Amazon ECS).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from wearline.core.ledger import Reason, RunRow

MOST_TRIES = 4

KILLED = 137
# What the names of the log streams of tasks begin with.
LOG_PREFIX = "run"

Cause = Literal[
    "capacity", "interrupted", "out_of_memory", "image", "time_limit", "stopped", "infrastructure"
]


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """How a task ended, as Step Functions and ECS told it.

    ``error`` and ``cause`` come from the machine's Catch; ``memory_mib`` is what was asked for;
    the rest comes from the task itself.
    """

    error: str | None = None
    cause: str | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None
    log: str | None = None
    memory_mib: int | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more after ``wait_s`` seconds."""

    reason: Reason
    wait_s: int


# Words of error names, stop codes and reasons, the most specific first.
_TELLING: tuple[tuple[str, Cause], ...] = (
    ("CannotPull", "image"),
    ("OutOfMemory", "out_of_memory"),
    ("SpotInterruption", "interrupted"),
    ("Spot Task was interrupted", "interrupted"),
    ("States.Timeout", "time_limit"),
    ("attempt duration exceeded timeout", "time_limit"),
    ("Wearline.NeverStarted", "capacity"),
    ("Capacity is unavailable", "capacity"),
    ("RESOURCE:", "capacity"),
    ("reached the limit", "capacity"),
    ("Throttling", "capacity"),
    ("UserInitiated", "stopped"),
)


def cause_of(end: TaskEnd) -> Cause:
    """The cause of a try that left no ``run.json``.

    A task that must go and does not is killed too, so words come before the exit code.
    """
    told = " ".join(
        part for part in (end.error, end.cause, end.stop_code, end.stopped_reason) if part
    )
    unsaid: Cause = "out_of_memory" if end.exit_code == KILLED else "infrastructure"
    return next((cause for word, cause in _TELLING if word in told), unsaid)


def lacked_memory(reason: Reason | None) -> bool:
    """Whether the worker met its memory limit: that says nothing of the recording either."""
    return reason is not None and reason.code == "memory_limit"


SENTENCES: dict[Cause, str] = {
    "capacity": "AWS had no capacity for the task.",
    "interrupted": "The task was interrupted to give back Spot capacity.",
    "out_of_memory": "The task needed more memory than its size has.",
    "image": "The processor's image could not be pulled; check that it exists and may be read.",
    "time_limit": "The run took longer than a recording of this size may take.",
    "stopped": "The task was stopped by hand.",
    "infrastructure": "The task ended without a record of its run.",
}
_WAIT_S: dict[Cause, int] = {"capacity": 60, "interrupted": 5, "out_of_memory": 1}


def judge(end: TaskEnd, tries: int) -> Again | Reason:
    """Again for what may pass, a final reason for what will not.

    >>> judge(TaskEnd(error="States.Timeout"), tries=1).code
    'time_limit'
    """
    cause = cause_of(end)
    reason = Reason(cause, SENTENCES[cause])
    if cause in ("image", "time_limit", "stopped") or tries >= MOST_TRIES:
        return reason
    return Again(reason, _WAIT_S.get(cause, 10 * 2 ** (tries - 1)))


def task_end(
    answer: dict[str, Any] | None, error: dict[str, Any] | None, memory: str | None = None
) -> TaskEnd:
    """Read the machine's answer of a task or a job, or what its Catch holds.

    A task or job that did not exit with 0 fails its state as States.TaskFailed, and the
    cause is its description as JSON ("Run an Amazon ECS task with Step Functions", "Run
    Batch workloads with Step Functions").
    """
    told = answer or _described((error or {}).get("Cause"))
    container = next(iter(told.get("Containers") or [told.get("Container") or {}]))
    return TaskEnd(
        error=(error or {}).get("Error"),
        cause=(error or {}).get("Cause"),
        stop_code=told.get("StopCode"),
        stopped_reason=told.get("StoppedReason")
        or told.get("StatusReason")
        or container.get("Reason"),
        exit_code=container.get("ExitCode"),
        log=container.get("LogStreamName") or _log_stream(told, container),
        memory_mib=int(memory) if memory else None,
    )


def _log_stream(task: dict[str, Any], container: dict[str, Any]) -> str | None:
    """Where the awslogs driver writes: prefix, container, and id of the task.

    "Example awslogs log configuration" (Amazon ECS), option ``awslogs-stream-prefix``.
    """
    _, _, task_id = str(task.get("TaskArn", "")).rpartition("/")
    return f"{LOG_PREFIX}/{container.get('Name')}/{task_id}" if task_id else None


def _described(cause: str | None) -> dict[str, Any]:
    try:
        task = json.loads(cause or "")
    except ValueError:
        return {}
    return task if isinstance(task, dict) else {}


def tries_that_ended(run: RunRow | None, cause: Cause) -> int:
    """How many tries of a run ended for this cause."""
    return sum(1 for each in (run.tries if run else ()) if each.outcome == cause)


def tries_besides(run: RunRow, attempt: int | None = None) -> int:
    """How many tries had a task besides the one whose cost the run tells: of one attempt, or of
    all. Where there was no capacity or no image, no task ran."""
    ended = [
        each
        for each in run.tries
        if each.outcome not in (None, "capacity", "image")
        if attempt is None or each.name.startswith(f"{attempt}.")
    ]
    return max(0, len(ended) - bool(run.cost))
