"""Algorithms of a team run beside those of SKDH, from the registration of their release alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from wearline_processor import registered, worker
from wearline_processor.errors import ParameterInvalid, RegistrationInvalid
from wearline_processor.release import installed, signatures
from wearline_processor.steps import parse
from wearline_recordings import axivity, wrist

START = datetime(2024, 3, 11, 9)  # noqa: DTZ001 - a wall clock
PACKAGE = """
import numpy as np
from skdh import BaseProcess, handle_process_returns

class LoudSeconds(BaseProcess):
    def __init__(self, threshold=1.2):
        super().__init__(threshold=threshold)
        self.threshold = threshold

    @handle_process_returns(results_to_kwargs=False)
    def predict(self, *, time, accel, **kwargs):
        super().predict(expect_days=False, expect_wear=False, time=time, accel=accel, **kwargs)
        norm = np.linalg.norm(accel, axis=1)
        loud = np.unique(time[norm > self.threshold].astype(int))
        return {"Second": loud, "Threshold": np.full(loud.size, self.threshold)}

class Unrelated:
    pass
"""
LOUD: dict[str, Any] = {
    "module": "team_algorithms",
    "parameters": {"threshold": {"type": "number", "minimum": 1, "maximum": 8, "unit": "g"}},
    "requires": ["accel"],
    "table": {
        "name": "loud_second",
        "meaning": "Each second with a sample above the threshold.",
        "columns": [
            {"name": "start", "kind": "instant", "meaning": "Start", "result": "Second"},
            {
                "name": "threshold_g",
                "kind": "number",
                "meaning": "The threshold.",
                "unit": "g",
                "result": "Threshold",
            },
        ],
    },
}
Register = Callable[[dict[str, Any]], None]


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """register({...}): the installed release, with a package of the team and its registration."""
    installed()  # before the folder is another
    (tmp_path / "team_algorithms.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registered, "RELEASES", tmp_path / "releases")
    path = tmp_path / "releases" / installed() / "processes.json"
    path.parent.mkdir(parents=True)

    def write(registrations: dict[str, Any]) -> None:
        path.write_text(json.dumps(registrations))
        _forget()

    yield write
    _forget()


def _forget() -> None:
    registered.registrations.cache_clear()
    registered.allowed.cache_clear()


def test_results_of_a_registered_algorithm_become_its_table(
    register: Register,
    document: Callable[..., dict[str, Any]],
    plan_file: Callable[[dict[str, Any]], Path],
    tmp_path: Path,
) -> None:
    register({"LoudSeconds": LOUD})
    recording, output = tmp_path / "input.cwa", tmp_path / "output"
    axivity.write(recording, wrist.signal(hours=0.5, hz=50, start=START, seed=3))
    output.mkdir()
    plan = plan_file(document([{"process": "LoudSeconds", "parameters": {"threshold": 1.5}}]))
    arguments = {"--plan": plan, "--input": recording, "--output": output}
    worker.main([str(part) for pair in arguments.items() for part in pair])
    report = json.loads((output / "worker.json").read_text())
    assert report["verdict"] == "succeeded", report["reason"]
    table = pq.read_table(output / "loud_second.parquet")
    assert table.num_rows > 0
    assert table.column_names[-3:] == ["start_utc", "start_local", "threshold_g"]
    assert set(table["threshold_g"].to_pylist()) == {1.5}


def test_its_parameters_are_checked_as_those_of_skdh(register: Register) -> None:
    register({"LoudSeconds": LOUD})
    with pytest.raises(ParameterInvalid, match="at most 8"):
        parse([{"process": "LoudSeconds", "parameters": {"threshold": 9}}])
    with pytest.raises(ParameterInvalid, match="mean 'threshold'"):
        parse([{"process": "LoudSeconds", "parameters": {"treshold": 2}}])


def test_studies_may_name_it_once_its_signature_is_generated(register: Register) -> None:
    register({"LoudSeconds": LOUD})
    facts = signatures(installed())["processes"]["LoudSeconds"]
    assert facts["parameters"]["threshold"]["default"] == 1.2
    assert facts["tables"] == ["loud_second"]


def test_what_is_not_registered_is_no_step(register: Register) -> None:
    register({})
    with pytest.raises(ParameterInvalid, match="no step 'LoudSeconds'"):
        parse([{"process": "LoudSeconds"}])


@pytest.mark.parametrize(
    ("name", "facts", "said"),
    [
        ("Sleep", LOUD, "is the name of a process of SKDH"),
        ("LoudSeconds", {"module": "team_algorithms"}, "not of the shape"),
        ("Unrelated", LOUD, "does not derive from skdh.BaseProcess"),
    ],
)
def test_a_registration_that_cannot_stand_is_refused_in_words(
    register: Register, name: str, facts: dict[str, Any], said: str
) -> None:
    register({name: facts})
    with pytest.raises(RegistrationInvalid, match=said):
        parse([{"process": name, "parameters": {"threshold": 2}}])
