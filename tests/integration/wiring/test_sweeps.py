"""A sweep finds what no event told of, and says what it cannot reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.trials import Trial

from .conftest import STUDY, height, recording

pytestmark = pytest.mark.engine


def test_recording_whose_event_was_lost_is_found_and_runs(
    new_trial: Callable[[str], Trial],
) -> None:
    study = new_trial(STUDY)
    key = "raw/S1/V1_wrist.cwa"
    with study.events_lost():
        study.put(key, recording())
    assert study.row(key) is None
    report = study.sweep()
    assert (report["listed"], report["recovered"]) == (1, 1)
    study.pipeline(key, "succeeded")
    assert study.sweep()["recovered"] == 0


def test_metadata_whose_event_was_lost_is_found_and_wakes_what_waits(
    new_trial: Callable[[str], Trial],
) -> None:
    study = new_trial(STUDY)
    key = "raw/S1/V1_lumbar.cwa"
    study.put(key, recording())
    study.pipeline(key, "waiting")
    with study.events_lost():
        study.put("clinical/heights/late_20240311.csv", height("S1", 171))
    study.sweep()
    study.pipeline(key, "succeeded")


def test_missing_bucket_is_a_problem_and_the_sweep_ends_well(
    new_trial: Callable[[str], Trial],
) -> None:
    study = new_trial(STUDY)
    empty(study)
    study.there.s3.delete_bucket(Bucket=study.bucket)
    study.sweep()
    [problem] = study.problems("bucket_missing")
    assert study.bucket in problem.concerns
    study.there.s3.create_bucket(Bucket=study.bucket)
    study.sweep()
    assert not study.problems("bucket_missing")


def empty(study: Trial) -> None:
    """Only an empty bucket can be deleted."""
    pages = study.there.s3.get_paginator("list_object_versions").paginate(Bucket=study.bucket)
    for page in pages:
        for each in page.get("Versions", []):
            study.there.s3.delete_object(
                Bucket=study.bucket, Key=each["Key"], VersionId=each["VersionId"]
            )
