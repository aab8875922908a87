"""The samples of events/, given to functions as if the study of the samples were a trial's."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, Protocol

from tests.capture_events import EVENTS, EXAMPLE, HEIGHTS, KEY, SOURCE, STUDY, walk
from tests.trials import Trial, deployed_trial
from wearline_cli.environments import Environment

SETTLED: dict[str, list[str]] = {"batchItemFailures": []}


class Functions(Protocol):
    """Whatever runs the functions: the embedded AWS, or containers."""

    def invoke(self, name: str, event: str) -> Any:
        """What the function of this folder answers to this event, as JSON."""


def sample_study(there: Environment, folder: Path) -> Trial:
    """The study of the samples, under a name of its own."""
    shutil.copytree(EXAMPLE / "pipelines", folder / "pipelines")
    document = (EXAMPLE / "study.yaml").read_text().replace(STUDY, "<study>")
    return deployed_trial(there, document, folder)


def take(functions: Functions, study: Trial) -> None:
    """Give each function its samples, one after the other, from an upload to its verdict."""

    def answer(name: str, run_id: str | None = None) -> Any:
        event = (EVENTS / f"{name}.json").read_text().replace(STUDY, study.name)
        if run_id is not None:
            event = re.sub(r"\b[0-9a-f]{40}\b", run_id, event)
        return functions.invoke(name.removesuffix("_died"), event)

    with study.events_lost():
        study.put(KEY, walk(study.folder, seed=1))
        study.put(SOURCE, HEIGHTS.replace(STUDY, study.name))
    assert answer("data_arrived") == SETTLED
    assert study.pipeline(KEY, "waiting").unmet
    assert answer("metadata_arrived") == SETTLED
    study.accepted(SOURCE)
    assert answer("wake_waiting") == SETTLED
    assert answer("evaluate_waiting") == SETTLED

    made = study.pipeline(KEY, "succeeded")
    prepared = answer("prepare_run", made.run_id)
    assert prepared["go"] is False, "a run that has ended is not begun again"
    recorded = answer("record_run", made.run_id)
    assert recorded["state"] == "succeeded"
    assert answer("record_run_died", made.run_id) == SETTLED

    resolved = answer("resolve_study")
    assert resolved["study"] == study.name
    assert answer("sweep_bucket")["counts"] is not None
    assert answer("finish_sweep")["study"] == study.name


def parsed(payload: str, function: str) -> Any:
    """The answer of a function; an assertion where it failed."""
    body = json.loads(payload)
    assert not (isinstance(body, dict) and "errorType" in body), f"{function} failed: {body}"
    return body
