"""The worker by itself: a plan and a file in, a report and tables out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from wearline_processor import worker
from wearline_processor.run_document import Processed, bounded, outputs
from wearline_recordings import axivity, faults, wrist

Make = Callable[..., Any]
STEPS = [
    {"process": "GetDayWindowIndices", "parameters": {"bases": [0, 12], "periods": [24, 24]}},
    {"process": "CalibrateAccelerometer"},
    {"process": "CtaWearDetection"},
    {"process": "ActivityLevelClassification", "parameters": {"min_wear_time": 2}},
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "wrist.cwa"
    start = datetime(2024, 3, 11, 9)  # noqa: DTZ001 - a wall clock
    axivity.write(path, wrist.signal(hours=5, hz=25, start=start, seed=1))
    return path


@pytest.fixture
def work(tmp_path: Path, document: Make, plan_file: Make) -> Make:
    """work(file, steps=...): the report of the worker, and its folder."""

    def run(file: Path, **given: Any) -> tuple[dict[str, Any], Path]:
        output = tmp_path / "output"
        output.mkdir(exist_ok=True)
        plan = plan_file(document(**given))
        files = ["--plan", str(plan), "--input", str(file), "--output", str(output)]
        assert worker.main(files) == 0
        return json.loads((output / "worker.json").read_text("utf-8")), output

    return run


def test_report_names_every_table_and_picture_that_was_written(work: Make, recording: Path) -> None:
    report, folder = work(recording, steps=STEPS)
    assert report["verdict"] == "succeeded"
    written = {path.name for path in folder.iterdir()} - {"worker.json"}
    assert written == {output["name"] for output in report["outputs"]}
    assert {"day.parquet", "day.csv", "days.png", "epoch.parquet", "recording.parquet"} <= written


def test_headline_says_what_the_tables_say(work: Make, recording: Path) -> None:
    report, folder = work(recording, steps=STEPS)
    [row] = parquet.read_table(folder / "day.parquet").to_pylist()
    [day], measures = report["summary"]["days"], report["summary"]["measures"]
    assert day["date"] == row["date"]
    assert day["wake_mvpa_min"] == measures["wake_mvpa_mean_min"] > 0
    assert day["wake_mvpa_min"] == pytest.approx(row["wake_mvpa_min"], rel=1e-5)
    assert day["worn_h"] == pytest.approx(row["worn_min"] / 60, rel=1e-5)


def test_a_run_never_fails_over_its_headline(
    work: Make, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(worker, "summary", broken)
    report, _ = work(recording, steps=STEPS)
    assert (report["verdict"], report["reason"], report["summary"]) == ("succeeded", None, None)
    assert "ZeroDivisionError" in report["warnings"][-1]["message"]


def test_warnings_of_skdh_come_with_their_step(work: Make, recording: Path) -> None:
    report, _ = work(recording, steps=STEPS)
    (warning,) = [each for each in report["warnings"] if each["step"] == "CalibrateAccelerometer"]
    assert "No Calibration performed" in warning["message"]
    assert warning["count"] == 1


def test_a_recording_that_could_not_be_calibrated_says_so(work: Make, recording: Path) -> None:
    _, folder = work(recording, steps=STEPS)
    row = parquet.read_table(folder / "recording.parquet").to_pylist()[0]
    assert row["calibrated"] is False
    assert row["calibration_scale_x"] is None
    assert row["worn_h"] == pytest.approx(5, abs=0.2)


def test_a_pipeline_without_steps_reads_and_takes_quality(work: Make, recording: Path) -> None:
    report, folder = work(recording, steps=[])
    assert report["verdict"] == "succeeded"
    assert {output["name"] for output in report["outputs"]} == {
        "recording.parquet",
        "quality.parquet",
    }
    assert report["quality"]["rows"] > 0
    row = parquet.read_table(folder / "recording.parquet").to_pylist()[0]
    assert row["calibrated"] is None


def test_trimmed_recording_is_judged_whole_and_processed_in_part(
    work: Make, recording: Path
) -> None:
    trim = {"action": "trim", "from": "2024-03-11T14:00:00.000+00:00", "to": None}
    report, folder = work(recording, steps=STEPS, decisions=[{**trim, "to": trim["from"]}])
    assert report["reason"]["code"] == "nothing_left"
    report, folder = work(recording, steps=STEPS, decisions=[trim])
    assert report["verdict"] == "succeeded"
    assert report["quality"]["start"] == "2024-03-11T13:00:00.000Z"
    epochs = parquet.read_table(folder / "epoch.parquet").to_pylist()
    assert 0 < len(epochs) * epochs[0]["duration_s"] / 3600 == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("other", [{"release": "skdh-0.16.0"}, {"hash": "ab" * 32}])
def test_a_plan_for_another_release_is_refused(
    work: Make, recording: Path, document: Make, other: dict[str, str]
) -> None:
    processor = document()["identity"]["processor"]
    report, _ = work(recording, processor={**processor, **other})
    assert report["reason"]["code"] == "release_mismatch"
    assert next(iter(other.values()))[:12] in report["reason"]["sentence"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"steps": [{"process": "Gait"}]}, "parameter_invalid"),
        ({"steps": [{"process": "Sleep"}]}, "steps_disconnected"),
        ({"format": {"type": "geneactiv"}}, "format_unexpected"),
        ({"time_zone": "New York"}, "plan_invalid"),
    ],
)
def test_what_cannot_be_done_is_a_reason(
    work: Make, recording: Path, given: dict[str, Any], code: str
) -> None:
    report, _ = work(recording, **given)
    assert (report["verdict"], report["reason"]["code"]) == ("failed", code)


@pytest.fixture
def truncated(recording: Path, tmp_path: Path) -> Path:
    path = tmp_path / "truncated.cwa"
    path.write_bytes(faults.BY_FORMAT["cwa"]["truncated-tail"](recording.read_bytes()))
    return path


def test_the_study_decides_which_findings_fail_a_run(work: Make, truncated: Path) -> None:
    report, _ = work(truncated, steps=[])
    assert report["verdict"] == "succeeded"
    (finding,) = [f for f in report["quality"]["findings"] if f["code"] == "truncated_tail"]
    policy = {"fail_on": ["truncated_tail"], "accept": []}
    report, folder = work(truncated, steps=[], quality=policy)
    assert report["verdict"] == "failed"
    assert report["reason"] == {
        "code": "quality_truncated_tail",
        "sentence": finding["sentence"],
    }
    assert parquet.read_table(folder / "quality.parquet").num_rows >= 1


def test_a_long_gap_fails_what_counts_samples_unless_it_is_filled(
    work: Make, recording: Path, tmp_path: Path
) -> None:
    gap = tmp_path / "gap.cwa"
    gap.write_bytes(faults.axivity.gap(recording.read_bytes(), seconds=1800))
    report, _ = work(gap, steps=STEPS)
    assert report["reason"]["code"] == "quality_long_gaps"
    assert work(gap, steps=[])[0]["verdict"] == "succeeded"
    filled, folder = work(gap, steps=[{"process": "FillGaps"}, *STEPS])
    assert filled["verdict"] == "succeeded"
    [day] = parquet.read_table(folder / "day.parquet").to_pylist()
    assert day["recorded_min"] == pytest.approx(330, abs=0.1)
    assert day["worn_min"] <= 301


def test_a_file_that_is_no_recording_is_refused_in_a_sentence(work: Make, tmp_path: Path) -> None:
    path = tmp_path / "letter.cwa"
    path.write_bytes(bytes(range(256)) * 20)
    report, _ = work(path)
    assert report["reason"]["code"] == "format_not_recognised"
    assert report["quality"] is None
    assert report["processor"]["release"] == "skdh-0.17.18"


def test_an_error_nobody_foresaw_is_a_reason_too(
    work: Make, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(worker, "read", broken)
    report, _ = work(recording)
    assert report["reason"]["code"] == "worker_failed"
    assert "ZeroDivisionError" in report["reason"]["sentence"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "memory_limit"),
        (OSError(27, "File too large"), "output_limit"),
        (OSError(28, "No space left on device"), "disk_full"),
    ],
)
def test_limits_that_python_sees_have_their_codes(
    work: Make, recording: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    def limited(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(worker, "read", limited)
    assert work(recording)[0]["reason"]["code"] == code


@pytest.mark.parametrize(
    "name", ["../plan.json", "/etc/hostname", "link.parquet", "worker.json", "a b.parquet", ""]
)
def test_only_plain_results_of_the_workers_folder_are_uploaded(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "output"
    folder.mkdir()
    (tmp_path / "plan.json").write_text("{}")
    (folder / "worker.json").write_text("{}")
    (folder / "link.parquet").symlink_to("/etc/hostname")
    (folder / "day.parquet").write_bytes(b"PAR1")
    report = {"outputs": [{"name": name}, {"name": "day.parquet", "table": "day", "rows": 0}]}
    processed = Processed(folder, None, None, None, None, report, None)
    assert [output["name"] for output in outputs(processed)] == ["day.parquet"]


@pytest.mark.parametrize(("files", "mib"), [(2, 600), (101, 0)])
def test_results_that_are_too_large_together_fail_the_run_and_stay(
    tmp_path: Path, files: int, mib: int
) -> None:
    names = [f"table_{number}.parquet" for number in range(files)]
    for name in names:
        with (tmp_path / name).open("wb") as file:
            file.truncate(mib << 20)  # sparse: it takes no room
    report = {
        "verdict": "succeeded",
        "quality": {"rows": 5},
        "outputs": [{"name": name} for name in names],
    }
    processed = bounded(Processed(tmp_path, None, None, None, None, report, None))
    assert outputs(processed) == []
    assert processed.report["verdict"] == "failed"
    assert processed.report["quality"] == {"rows": 5}
    assert processed.reason.code == "output_limit"


def test_results_within_their_bound_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "day.parquet").write_bytes(b"PAR1")
    report = {"verdict": "succeeded", "outputs": [{"name": "day.parquet"}]}
    processed = Processed(tmp_path, None, None, None, None, report, None)
    assert bounded(processed) is processed
