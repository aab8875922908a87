"""The release names itself, and tells the control plane what it can do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wearline_processor import release
from wearline_processor.processes import PROCESSES
from wearline_processor.quality.catalogue import CATALOGUE


@pytest.fixture(scope="module")
def signatures() -> Any:
    return json.loads(json.dumps(release.signatures(release.installed()), allow_nan=False))


def test_release_is_the_one_whose_skdh_is_installed() -> None:
    name = release.installed()
    about = json.loads((release.RELEASES / name / "release.json").read_text("utf-8"))
    assert about["release"] == name
    assert release.packages()["scikit-digital-health"] == about["skdh"]


def test_signatures_name_every_process_with_a_default_for_every_parameter(
    signatures: dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]],
) -> None:
    assert set(signatures["processes"]) == set(PROCESSES)
    for process in signatures["processes"].values():
        for facts in process["parameters"].values():
            assert {"type", "default"} <= set(facts)


def test_zero_and_false_are_facts_too(
    signatures: dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]],
) -> None:
    sleep = signatures["processes"]["Sleep"]["parameters"]
    assert sleep["min_wear_time"]["minimum"] == 0
    assert sleep["min_wear_time"]["default"] == 0
    closed = signatures["processes"]["ActivityLevelClassification"]["parameters"]["closed_bout"]
    assert closed["default"] is False


def test_saved_names_that_differ_are_mapped(
    signatures: dict[str, dict[str, dict[str, dict[str, object]]]],
) -> None:
    renamed = {
        name: process["saved_as"]
        for name, process in signatures["processes"].items()
        if process["saved_as"]
    }
    assert renamed == {"CtaWearDetection": {"temp_thresh": "temp_threshold"}}


def test_findings_are_those_a_study_may_decide_on(signatures: dict[str, list[str]]) -> None:
    expected = {code for code, kind in CATALOGUE.items() if not kind.unreadable}
    assert set(signatures["findings"]) == expected


def test_hash_covers_lock_and_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = tmp_path / "releases" / "r" / "requirements.lock"
    source = tmp_path / "package" / "module.py"
    for path in (lock, source):
        path.parent.mkdir(parents=True)
        path.write_text("a")
    monkeypatch.setattr(release, "RELEASES", tmp_path / "releases")
    monkeypatch.setattr(release, "SOURCE", tmp_path / "package")
    seen = set()
    for path, text in ((lock, "a"), (lock, "b"), (source, "b"), (source, "a")):
        path.write_text(text)
        release.release_hash.cache_clear()
        seen.add(release.release_hash("r"))
    release.release_hash.cache_clear()
    assert len(seen) == 3  # the last state is that of lock "b" and source "a" again


def test_stale_signatures_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["--folder", str(tmp_path), "--check"]) == 1
    assert "not current" in capsys.readouterr().err
    assert release.main(["--folder", str(tmp_path)]) == 0
    assert release.main(["--folder", str(tmp_path), "--check"]) == 0
