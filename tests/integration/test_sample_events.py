"""The samples of events/ are events that the functions take: one after the other, to a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.capture_events import EVENTS, FUNCTIONS
from tests.samples import parsed, sample_study, take
from wearline_cli.environments import Environment


def test_every_function_has_its_sample_and_every_sample_its_function() -> None:
    samples = {path.stem.removesuffix("_died") for path in EVENTS.glob("*.json")}
    assert samples == set(FUNCTIONS)


@pytest.mark.parametrize("sample", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_sample_holds_nothing_of_the_machine_that_it_was_taken_on(sample: Path) -> None:
    text = sample.read_text()
    assert not any(trace in text for trace in ("127.0.0.1", "localhost", "/tmp", "000000000000"))  # noqa: S108


class DeployedFunctions:
    """The functions of the embedded AWS."""

    def __init__(self, there: Environment) -> None:
        session: Any = there.session
        self._client = session.client("lambda", endpoint_url=there.endpoint)

    def invoke(self, name: str, event: str) -> Any:
        function = f"wearline-local-{name.replace('_', '-')}"
        answer = self._client.invoke(FunctionName=function, Payload=event.encode())
        return parsed(answer["Payload"].read(), function)


@pytest.mark.engine
def test_samples_take_a_recording_from_its_upload_to_its_verdict(
    platform: Environment, tmp_path: Path
) -> None:
    take(DeployedFunctions(platform), sample_study(platform, tmp_path))
