"""`wearline doctor` on the embedded AWS: well, and with real faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from tests.integration.wiring.conftest import STUDY
from tests.trials import Trial
from wearline.ports import Put
from wearline_cli.main import main
from wearline_local.launcher import Engine

pytestmark = pytest.mark.engine


@pytest.fixture
def doctor(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[int, Any]]:
    """The command's exit status, and what it says of the lines that name something."""
    monkeypatch.setenv("WEARLINE_FOLDER", str(engine.folder))

    def run(about: str) -> tuple[int, Any]:
        done = CliRunner().invoke(main, ["doctor", "--json"])
        found = json.loads(done.output)
        return done.exit_code, [each for each in found if about in each["what"]]

    return run


@pytest.fixture
def study(new_trial: Callable[[str], Trial]) -> Trial:
    return new_trial(STUDY)


def test_each_fault_has_a_line_and_what_mends_it(
    study: Trial, doctor: Callable[[str], tuple[int, Any]]
) -> None:
    _, well = doctor(study.name)
    assert [each["state"] for each in well] == ["well", "well"]

    s3: Any = study.there.s3
    s3.put_bucket_notification_configuration(Bucket=study.bucket, NotificationConfiguration={})
    s3.put_bucket_versioning(Bucket=study.bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket=study.bucket)
    status, found = doctor(study.bucket)
    assert status == 1
    said = {each["what"]: each for each in found}
    assert said[f"bucket {study.bucket} sends no events to EventBridge"]["mend"].startswith(
        "wearline study deploy"
    )
    assert said[f"bucket {study.bucket} does not block public access"]["state"] == "ill"
    assert any("keeps no versions" in what for what in said)


def test_a_study_that_was_deployed_with_another_processor_is_noted(
    study: Trial, doctor: Callable[[str], tuple[int, Any]]
) -> None:
    row = study.there.study(study.name)
    older = {name: replace(each, hash="0" * 64) for name, each in row.releases.items()}
    study.there.ledger.commit(Put(replace(row, releases=older)))
    _, found = doctor(f"study {study.name}")
    assert [each["state"] for each in found] == ["warning"]
    assert "is frozen as 000000000000" in found[0]["what"]


def test_a_bucket_that_is_gone_is_bad(
    study: Trial, doctor: Callable[[str], tuple[int, Any]]
) -> None:
    s3: Any = study.there.s3
    for each in s3.list_object_versions(Bucket=study.bucket).get("Versions", []):
        s3.delete_object(Bucket=study.bucket, Key=each["Key"], VersionId=each["VersionId"])
    for each in s3.list_object_versions(Bucket=study.bucket).get("DeleteMarkers", []):
        s3.delete_object(Bucket=study.bucket, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=study.bucket)
    status, found = doctor(f"bucket {study.bucket}")
    assert status == 1
    assert found[0]["what"] == f"bucket {study.bucket} is not there"
