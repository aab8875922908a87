"""Why a plan is another one, in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from wearline.core.changes import explained

IDENTITY: dict[str, Any] = {
    "recording": {"subject": "S101", "visit": "V1", "location": "left_wrist"},
    "steps": [
        {"process": "CtaWearDetection", "parameters": {}},
        {"process": "Sleep", "parameters": {"min_sleep_block": 0.5}},
    ],
    "metadata": {"height": {"value": 1.7, "unit": "m"}},
    "processor": {"release": "skdh-0.17.18", "engine": "lean", "hash": "one"},
    "time_zone": "UTC",
    "quality": {"fail_on": None, "accept": ["gap"]},
    "file": {"etag": "a"},
}
SLEEP = {"process": "Sleep", "parameters": {"min_sleep_block": 0.6}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"steps": [IDENTITY["steps"][0], SLEEP]},
            "Sleep.min_sleep_block went from 0.5 to 0.6",
        ),
        ({"steps": IDENTITY["steps"][1:]}, "the step CtaWearDetection was removed"),
        (
            {"metadata": {"height": {"value": 1.72, "unit": "m"}}},
            "height of S101 was corrected from 1.7 m to 1.72 m",
        ),
        ({"metadata": {}}, "height is no longer required"),
        ({"time_zone": "Europe/London"}, "the time zone went from UTC to Europe/London"),
        (
            {"processor": IDENTITY["processor"] | {"hash": "two"}},
            "the processor release skdh-0.17.18 was built anew",
        ),
        ({"file": {"etag": "b"}}, "the file has another version"),
        (
            {"quality": {"fail_on": None, "accept": []}},
            "the findings that are accepted went from gap to none",
        ),
    ],
)
def test_difference_is_told_in_the_words_of_the_study(
    changes: dict[str, Any], sentence: str
) -> None:
    [difference] = explained(IDENTITY, IDENTITY | changes)
    assert difference.sentence == sentence


def test_every_difference_is_told_once() -> None:
    others = IDENTITY | {"steps": [SLEEP], "time_zone": "Europe/London"}
    assert [each.sentence for each in explained(IDENTITY, others)] == [
        "the step CtaWearDetection was removed",
        "Sleep.min_sleep_block went from 0.5 to 0.6",
        "the time zone went from UTC to Europe/London",
    ]


def test_corrections_of_many_subjects_are_of_one_sort() -> None:
    [difference] = explained(
        IDENTITY, IDENTITY | {"metadata": {"height": {"value": 1.8, "unit": "m"}}}
    )
    assert difference.sort == "height was corrected"
