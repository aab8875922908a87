"""What files would become, before any is uploaded."""

from __future__ import annotations

from wearline.core.preview import FilePreview, PipelinePreview, preview

from .example import BUCKET, study

STUDY = study()


def of(key: str, bucket: str = BUCKET) -> FilePreview:
    [found] = preview(STUDY, [(bucket, key)])
    return found


def test_a_recording_shows_whose_it_is_and_what_it_would_wait_for() -> None:
    found = of("raw/UK01/S 07+é%/V1_lumbar_2024-03-11.csv")
    assert (found.kind, found.pattern, found.subject, found.visit, found.location) == (
        "data",
        "lumbar",
        "S 07+é%",
        "V1",
        "lumbar",
    )
    assert found.time_zone == "Europe/London"
    assert found.pipelines == (PipelinePreview("gait", ("height",)),)


def test_a_location_is_made_of_the_fields_of_the_key() -> None:
    found = of("RAW/US01/S101/V1_left_wrist_2024-03-11.CWA")
    assert found.location == "left_wrist"
    assert found.pipelines == (PipelinePreview("sleep-and-activity", ()),)


def test_metadata_shows_its_pattern_and_fields() -> None:
    found = of("clinical/demographics_20240301.csv")
    assert (found.kind, found.pattern, found.fields) == (
        "metadata",
        "demographics",
        {"date": "20240301"},
    )


def test_an_ignored_file_shows_the_nearest_pattern_and_where_it_stops_fitting() -> None:
    found = of("raw/US01/S101/V1_lumber_2024-03-11.csv")
    assert (found.kind, found.nearest) == ("ignored", "lumbar")
    assert found.miss == (
        "after 'raw/US01/S101/V1_lumb' it needs 'ar_' and has 'er_2024-03-11.csv'"
    )


def test_a_file_that_differs_in_case_alone_shows_what_to_set() -> None:
    found = of("raw/US01/S101/V1_lumbar_2024-03-11.CSV")
    assert found.miss == "only the case of its letters differs; set ignore_case: true to match it"


def test_results_and_other_buckets_are_ignored_with_their_reason() -> None:
    assert of("biomarkers/runs/1/plan.json").reason == (
        "Wearline wrote it: it is under the results prefix"
    )
    assert of("raw/x.cwa", "elsewhere").reason == "the bucket is none of the study's"
