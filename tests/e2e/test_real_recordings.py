"""Recordings of real devices, uploaded: what is read equals, to the last bit, what SKDH reads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FOLDER, one_at_a_time
from tests.trials import Trial

from .conftest import Answers
from .recordings import MENDED, READ_BY_SKDH, REFUSED, STUDY, Real

pytestmark = pytest.mark.engine


@pytest.fixture(scope="session")
def study(shared_trial: Callable[[str, str], Trial], real_data: Path) -> Trial:
    return shared_trial("real-recordings", STUDY)


@pytest.fixture(scope="session")
def read_by_skdh(real_data: Path, skdh_directly: Answers) -> dict[str, dict[str, Any]]:
    """Of each recording: its rows and digests by SKDH's own reader. Asked once a session."""
    folder = Path(os.environ[FOLDER])
    answers = folder / "read_by_skdh.json"
    with one_at_a_time(folder / "read_by_skdh.lock"):
        if not answers.exists():
            found = skdh_directly([each.job(str(real_data / each.file)) for each in READ_BY_SKDH])
            answers.write_text(json.dumps([answer["recording"] for answer in found]))
    by_file = zip(READ_BY_SKDH, json.loads(answers.read_text()), strict=True)
    return {each.file: answer for each, answer in by_file}


@pytest.mark.parametrize("real", READ_BY_SKDH, ids=lambda real: real.file)
def test_samples_and_instants_of_a_real_recording_are_those_of_skdh(
    real: Real, study: Trial, real_data: Path, read_by_skdh: dict[str, dict[str, Any]]
) -> None:
    study.put(real.key, (real_data / real.file).read_bytes())
    expected = read_by_skdh[real.file]
    [found] = study.table(study.pipeline(real.key, "succeeded"), "recording")
    assert found["rows"] == expected["rows"] > 0
    assert found["start_utc"].timestamp() == pytest.approx(expected["first"], abs=1e-6)
    assert found["end_utc"].timestamp() == pytest.approx(expected["last"], abs=1e-6)
    assert found["instants_sha256"] == expected["instants_sha256"]
    assert found["samples_sha256"] == expected["samples_sha256"]


def test_recording_that_skdh_has_no_reader_for_is_read(study: Trial, real_data: Path) -> None:
    real = Real("agcounts-example.gt3x", "gt3x")
    study.put(real.key, (real_data / real.file).read_bytes())
    [found] = study.table(study.pipeline(real.key, "succeeded"), "recording")
    assert (found["rows"], found["nominal_hz"]) == (18000, 100)


@pytest.mark.parametrize(("real", "finding"), MENDED, ids=lambda value: getattr(value, "file", ""))
def test_broken_recording_with_good_blocks_is_read_without_the_bad_ones_and_says_so(
    real: Real, finding: str, study: Trial, real_data: Path
) -> None:
    study.put(real.key, (real_data / real.file).read_bytes())
    pipeline = study.pipeline(real.key, "succeeded")
    findings = {row["code"]: row for row in study.table(pipeline, "quality")}
    assert findings[finding]["severity"] == "warning"
    [recording] = study.table(pipeline, "recording")
    assert recording["rows"] > 0


@pytest.mark.parametrize(("real", "finding"), MENDED, ids=lambda value: getattr(value, "file", ""))
def test_study_may_refuse_what_was_mended(
    real: Real, finding: str, shared_trial: Callable[[str, str], Trial], real_data: Path
) -> None:
    strict = STUDY + "quality: {fail_on: [truncated_tail, bad_blocks]}\n"
    study = shared_trial("strict-about-recordings", strict)
    study.put(real.key, (real_data / real.file).read_bytes())
    reason = study.pipeline(real.key, "failed").reason
    assert reason is not None
    assert reason.code == f"quality_{finding}"


@pytest.mark.parametrize(
    ("real", "code", "told"), REFUSED, ids=lambda value: getattr(value, "file", "")
)
def test_recording_that_cannot_be_read_fails_with_a_reason_that_a_data_manager_understands(
    real: Real, code: str, told: tuple[str, ...], study: Trial, real_data: Path
) -> None:
    study.put(real.key, (real_data / real.file).read_bytes())
    reason = study.pipeline(real.key, "failed").reason
    assert reason is not None
    assert reason.code == code
    assert all(words in reason.sentence for words in told), reason.sentence
    assert study.problem("run_failed", real.key).sentence == reason.sentence


def test_queue_goes_on_after_recordings_that_cannot_be_read(study: Trial, real_data: Path) -> None:
    good = Real("actfast-axivity_ax6.cwa", "axivity")
    bad = REFUSED[0][0]
    bad_key, good_key = "geneactiv/first-bad.bin", "axivity/then-good.cwa"
    study.put(bad_key, (real_data / bad.file).read_bytes())
    study.put(good_key, (real_data / good.file).read_bytes())
    assert study.pipeline(good_key, "succeeded").attempt == 1
    assert study.pipeline(bad_key, "failed").attempt == 1
