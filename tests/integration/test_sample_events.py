"""The samples of events/ are events that the functions take: one after the other, to a verdict."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.capture_events import EVENTS, EXAMPLE, FUNCTIONS, HEIGHTS, KEY, SOURCE, STUDY, walk
from tests.trials import Trial, deployed_trial
from wearline_cli.environments import Environment

SETTLED: dict[str, list[str]] = {"batchItemFailures": []}


def test_every_function_has_its_sample_and_every_sample_its_function() -> None:
    samples = {path.stem.removesuffix("_died") for path in EVENTS.glob("*.json")}
    assert samples == set(FUNCTIONS)


@pytest.mark.parametrize("sample", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_sample_holds_nothing_of_the_machine_that_it_was_taken_on(sample: Path) -> None:
    text = sample.read_text()
    assert not any(trace in text for trace in ("127.0.0.1", "localhost", "/tmp", "000000000000"))  # noqa: S108


class Functions:
    """The deployed functions, given their samples as if the study of the samples were this one."""

    def __init__(self, there: Environment, study: Trial) -> None:
        session: Any = there.session
        self._client = session.client("lambda", endpoint_url=there.endpoint)
        self._study = study

    def answer(self, name: str, run_id: str | None = None) -> Any:
        """What the function answers to its sample, and to its sample of this run."""
        event = (EVENTS / f"{name}.json").read_text().replace(STUDY, self._study.name)
        if run_id is not None:
            event = re.sub(r"\b[0-9a-f]{40}\b", run_id, event)
        function = f"wearline-local-{name.removesuffix('_died').replace('_', '-')}"
        answer = self._client.invoke(FunctionName=function, Payload=event.encode())
        body = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, f"{function} failed: {body}"
        return body


@pytest.fixture
def study(platform: Environment, tmp_path: Path) -> Trial:
    shutil.copytree(EXAMPLE / "pipelines", tmp_path / "pipelines")
    document = (EXAMPLE / "study.yaml").read_text().replace(STUDY, "<study>")
    return deployed_trial(platform, document, tmp_path)


@pytest.mark.engine
def test_samples_take_a_recording_from_its_upload_to_its_verdict(
    platform: Environment, study: Trial
) -> None:
    functions = Functions(platform, study)
    with study.events_lost():
        study.put(KEY, walk(study.folder, seed=1))
        study.put(SOURCE, HEIGHTS.replace(STUDY, study.name))
    assert functions.answer("data_arrived") == SETTLED
    assert study.pipeline(KEY, "waiting").unmet
    assert functions.answer("metadata_arrived") == SETTLED
    study.accepted(SOURCE)
    assert functions.answer("wake_waiting") == SETTLED
    assert functions.answer("evaluate_waiting") == SETTLED

    made = study.pipeline(KEY, "succeeded")
    prepared = functions.answer("prepare_run", made.run_id)
    assert prepared["go"] is False, "a run that has ended is not begun again"
    recorded = functions.answer("record_run", made.run_id)
    assert recorded["state"] == "succeeded"
    assert functions.answer("record_run_died", made.run_id) == SETTLED

    resolved = functions.answer("resolve_study")
    assert resolved["study"] == study.name
    assert functions.answer("sweep_bucket")["counts"] is not None
    assert functions.answer("finish_sweep")["study"] == study.name
