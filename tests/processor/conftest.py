"""Plans as the control plane freezes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wearline_processor.release import installed, release_hash

Document = dict[str, Any]


@pytest.fixture(scope="session")
def document() -> Callable[..., Document]:
    """document(steps=..., engine=...): a plan over an Axivity recording; entries of its identity
    can be given."""

    def make(
        steps: list[Document] | None = None, *, engine: str = "lean", **given: Any
    ) -> Document:
        identity = {
            "study": "parkinson",
            "file": {
                "bucket": "parkinson-data",
                "key": "raw/S 1+é%20.cwa",
                "version_id": None,
                "etag": "0" * 32,
                "size": 1,
            },
            "fields": {},
            "recording": {"subject": "US01-007", "visit": "V1", "location": "left_wrist"},
            "format": {"type": "axivity"},
            "pipeline": "sleep-and-activity",
            "steps": steps or [],
            "time_zone": "America/New_York",
            "metadata": {},
            "quality": {"fail_on": [], "accept": []},
            "decisions": [],
            "processor": {
                "release": installed(),
                "engine": engine,
                "hash": release_hash(installed()),
            },
            "output_schema": "1",
        }
        return {"schema": "wearline.plan/1", "identity": {**identity, **given}, "origin": {}}

    return make


@pytest.fixture
def plan_file(tmp_path: Path) -> Callable[[Document], Path]:
    def write(plan: Document) -> Path:
        path = tmp_path / "plan.json"
        path.write_text(json.dumps(plan), "utf-8")
        return path

    return write
