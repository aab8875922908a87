"""A run that cannot end well still ends, with a reason, and what waits behind it goes on."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.trials import Trial

from .conftest import recording

pytestmark = pytest.mark.engine


def workers() -> Iterator[tuple[int, Path]]:
    """The processes that work on a plan at this moment, and where their plans lie."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if b"wearline_processor.worker" in command:
                plan = command[command.index(b"--plan") + 1].decode()
                yield int(folder.name), Path(plan)


def worker_of(key: str) -> int | None:
    """The process that works on this file."""
    for pid, plan in workers():
        with suppress(OSError, ValueError):
            if json.loads(plan.read_text())["identity"]["file"]["key"] == key:
                return pid
    return None


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_worker_that_dies_by_a_signal_is_a_failed_run_with_that_reason(
    number: signal.Signals, study: Trial, subject: str
) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording())
    os.kill(study.eventually(lambda: worker_of(key)), number)
    failed = study.pipeline(key, "failed")
    assert failed.reason is not None
    assert failed.reason.code == f"worker_killed_{number.name.lower()}"
    assert study.problem("run_failed", key).sentence == failed.reason.sentence
    study.put(key, recording(2))
    study.pipeline(key, "succeeded", run_is_not=failed.run_id)
    study.eventually(lambda: not [row for row in study.problems() if key in row.concerns])


def test_aborted_execution_is_recorded_as_a_failed_run(study: Trial, subject: str) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, recording())
    running = study.pipeline(key, "running")
    machine = study.there.outputs["ProcessingMachineArn"]
    name = f"{running.run_id}-{running.attempt}"
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    study.there.stepfunctions.stop_execution(executionArn=execution)
    failed = study.pipeline(key, "failed")
    assert failed.run_id == running.run_id
    assert failed.reason is not None
    assert failed.reason.sentence
    assert study.run(failed.run_id or "").state == "failed"


def test_failed_recording_is_a_green_execution(study: Trial, subject: str) -> None:
    key = f"raw/{subject}/V1_wrist.cwa"
    study.put(key, b"no recording at all")
    failed = study.pipeline(key, "failed")
    assert failed.reason is not None
    assert failed.reason.code == "format_not_recognised"
    machine = study.there.outputs["ProcessingMachineArn"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{failed.run_id}-1"

    def status() -> str | None:
        told = study.there.stepfunctions.describe_execution(executionArn=arn)["status"]
        return told if told != "RUNNING" else None

    assert study.eventually(status) == "SUCCEEDED"
