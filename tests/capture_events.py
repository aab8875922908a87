"""Takes the sample events of events/ from a real run on an embedded AWS of its own.

    python -m tests.capture_events

Every function logs the event that it is given while this runs. The last of each kind is kept,
without what only this machine knows.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.trials import Trial
from wearline_cli.environments import Environment, environment_at
from wearline_local import deployment, launcher
from wearline_recordings import csv_file, lumbar

EVENTS = launcher.ROOT / "events"
EXAMPLE = launcher.ROOT / "examples" / "parkinson-gait"
STUDY = "parkinson-gait-01"
KEY = "raw/US01/S101/V1_lumbar_2024-03-11.csv"
SOURCE = "clinical/demographics_20240301.csv"
HEIGHTS = f"USUBJID,VISIT,HEIGHT_CM\n{STUDY}-US01-S101,BASELINE,171.5\n"
FUNCTIONS = sorted(path.name for path in (launcher.ROOT / "functions").iterdir())
# What only this machine knows, and what stands in its place.
SCRUBBED = (
    (r"\b000000000000\b", "123456789012"),
    (r"\b127\.0\.0\.1\b", "192.0.2.1"),
    (r"http://192\.0\.2\.1:\d+", "https://sqs.us-east-1.amazonaws.com"),
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="wearline-events-") as folder:
        engine = launcher.start(launcher.Settings(folder=Path(folder) / "engine", port=None))
        try:
            deployment.deploy(engine, build=Path(folder) / "build")
            there = environment_at(engine)
            log_events(there)
            live(Trial(there, STUDY, Path(folder)))
            write(there)
        finally:
            launcher.stop(engine)


def log_events(there: Environment) -> None:
    """Have Powertools log the event of each invocation."""
    functions = client(there, "lambda")
    for name in map(deployed_name, FUNCTIONS):
        found = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables = {**found, "POWERTOOLS_LOGGER_LOG_EVENT": "true"}
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )


def live(study: Trial) -> None:
    """What brings every function into play: a wait, a run, a sweep, an execution that dies."""
    shutil.copytree(EXAMPLE / "pipelines", study.folder / "pipelines")
    study.deploy((EXAMPLE / "study.yaml").read_text())
    study.put(KEY, walk(study.folder, seed=1))
    study.pipeline(KEY, "waiting")
    study.put(SOURCE, HEIGHTS)
    made = study.pipeline(KEY, "succeeded")
    study.sweep()
    study.put(KEY, walk(study.folder, seed=2))
    running = study.pipeline(KEY, "running", run_is_not=made.run_id)
    machine = study.there.outputs["ProcessingMachineArn"]
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{running.run_id}-1"
    study.there.stepfunctions.stop_execution(executionArn=execution)
    study.pipeline(KEY, "failed", run_is_not=made.run_id)


def walk(folder: Path, seed: int) -> bytes:
    start = datetime(2024, 3, 11, 10)  # noqa: DTZ001 - a device's clock knows no zone
    path = folder / "walk.csv"
    csv_file.write(path, lumbar.signal(hours=0.03, hz=50, start=start, seed=seed))
    return path.read_bytes()


def write(there: Environment) -> None:
    """Write the last event of each kind."""
    EVENTS.mkdir(exist_ok=True)
    for function in FUNCTIONS:
        for event in logged(there, function):
            (EVENTS / f"{kind(function, event)}.json").write_text(scrubbed(event))


def kind(function: str, event: dict[str, Any]) -> str:
    """The function's name; `record_run_died` for the other thing that it is told."""
    died = function == "record_run" and "Records" in event
    return f"{function}_died" if died else function


def logged(there: Environment, function: str) -> Iterator[dict[str, Any]]:
    logs, group = client(there, "logs"), f"/aws/lambda/{deployed_name(function)}"
    for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
        name = stream["logStreamName"]
        for each in logs.get_log_events(logGroupName=group, logStreamName=name)["events"]:
            line = each["message"]
            if line.startswith("{") and '"location":"decorate:' in line:
                yield json.loads(line)["message"]


def scrubbed(event: dict[str, Any]) -> str:
    text = json.dumps(event, ensure_ascii=False)
    for pattern, replacement in SCRUBBED:
        text = re.sub(pattern, replacement, text)
    clean = json.loads(text)
    for record in clean.get("Records", []):
        if "body" in record:
            digest = hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
            record |= {"md5OfBody": digest, "receiptHandle": "receipt-handle"}
    return json.dumps(clean, indent=2, ensure_ascii=False) + "\n"


def deployed_name(function: str) -> str:
    return f"wearline-local-{function.replace('_', '-')}"


def client(there: Environment, service: str) -> Any:
    session: Any = there.session
    return session.client(service, endpoint_url=there.endpoint)


if __name__ == "__main__":
    main()
