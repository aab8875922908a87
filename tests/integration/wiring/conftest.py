"""One study for all that needs none of its own, with tiny recordings."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from tests.trials import Trial
from wearline_recordings import axivity, wrist

# `read` needs nothing; the others wait for one value, and for two. All only read, and are quick.
STUDY = """
study: <study>
timezone: {default: America/New_York}
buckets: [{name: <study>-data}]
results: {bucket: <study>-data, prefix: biomarkers/}
catalog: {settle_minutes: 0}
files:
  wrist: {kind: data, key: "raw/{subject}/{visit}_wrist.cwa", format: axivity, pipelines: [read]}
  back: {kind: data, key: "raw/{subject}/{visit}_lumbar.cwa", format: axivity, pipelines: [height]}
  legs: {kind: data, key: "raw/{subject}/{visit}_legs.cwa", format: axivity, pipelines: [legs]}
  heights:
    kind: metadata
    key: clinical/heights/{part}_{date:%Y%m%d}.csv
    entity: {subject: {column: SUBJECT}, visit: {column: VISIT}}
    values:
      height: {column: HEIGHT_CM, unit: cm, minimum: 50, maximum: 250}
  leg_lengths:
    kind: metadata
    key: clinical/legs/{part}_{date:%Y%m%d}.csv
    entity: {subject: {column: SUBJECT}, visit: {column: VISIT}}
    values:
      leg_length: {column: LEG_CM, unit: cm, minimum: 20, maximum: 150}
pipelines:
  read: {skdh: 0.17.18, steps: []}
  height: {skdh: 0.17.18, steps: [], requires: [height]}
  legs: {skdh: 0.17.18, steps: [], requires: [height, leg_length]}
"""


@pytest.fixture(scope="session")
def study(shared_trial: Callable[[str, str], Trial]) -> Trial:
    return shared_trial("wiring", STUDY)


@pytest.fixture
def subject() -> str:
    """A subject whom no other test knows."""
    return f"S{uuid.uuid4().hex[:8]}"


@cache
def recording(seed: int = 1) -> bytes:
    """Half a minute at a wrist; another one for each seed."""
    signal = wrist.signal(hours=0.01, hz=25, start=datetime(2024, 3, 11, 9), seed=seed)  # noqa: DTZ001
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.cwa"
        axivity.write(path, signal)
        return path.read_bytes()


def height(subject: str, cm: float) -> str:
    """A metadata file with one row."""
    return f"SUBJECT,VISIT,HEIGHT_CM\n{subject},V1,{cm}\n"


def leg_length(subject: str, cm: float) -> str:
    """A metadata file with one row."""
    return f"SUBJECT,VISIT,LEG_CM\n{subject},V1,{cm}\n"
