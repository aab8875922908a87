"""An attempt from the plan in S3 to its run.json, with real processes and a real S3."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pyarrow import parquet

from wearline_processor.plan import Source
from wearline_processor.store import Store, StoreFailed
from wearline_recordings import axivity, wrist

Make = Callable[..., Any]
BUCKET = "parkinson-data"
STEPS = [
    {"process": "GetDayWindowIndices", "parameters": {"bases": [0, 12], "periods": [24, 24]}},
    {"process": "CtaWearDetection"},
    {"process": "Sleep"},
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Eight hours at the wrist."""
    path = tmp_path_factory.mktemp("recording") / "wrist.cwa"
    start = datetime(2024, 3, 11, 18)  # noqa: DTZ001 - a wall clock
    axivity.write(path, wrist.signal(hours=8, hz=25, start=start, seed=1))
    return path.read_bytes()


@pytest.fixture(scope="module")
def finished(task: Make, recording: bytes) -> tuple[Any, str]:
    """An attempt that succeeded, and the log of its container."""
    attempt = task(recording, steps=STEPS)
    status, log = attempt.run()
    assert status == 0, log
    return attempt, log


def test_a_recording_becomes_tables_and_their_provenance(
    finished: tuple[Any, str], recording: bytes
) -> None:
    run = finished[0].document()
    assert (run["schema"], run["verdict"], run["reason"]) == ("wearline.run/1", "succeeded", None)
    assert run["input"] == {
        "sha256": hashlib.sha256(recording).hexdigest(),
        "size": len(recording),
        "version_id": run["plan"]["identity"]["file"]["version_id"],
    }
    assert run["plan"]["identity"]["file"]["key"] == "raw/US01-007/V1 wrist+ü%20.cwa"
    assert run["processor"]["image_digest"] == "sha256:" + "a" * 64
    assert run["processor"]["packages"]["scikit-digital-health"] == "0.17.18"
    assert [step["step"] for step in run["steps"]][:3] == [
        "read",
        "GetDayWindowIndices",
        "CtaWearDetection",
    ]
    assert run["cost"]["cpu_s"] > 0
    assert run["cost"]["peak_memory_mib"] >= max(s["peak_memory_mib"] for s in run["steps"])


def test_what_run_json_lists_is_what_is_stored(finished: tuple[Any, str]) -> None:
    attempt, _ = finished
    outputs = attempt.document()["outputs"]
    assert {output["name"] for output in outputs} | {"run.json"} == attempt.names()
    assert {"days.png", "night.csv", "worker.log"} <= attempt.names()
    for output in outputs:
        content = attempt.get(output["name"])
        assert hashlib.sha256(content).hexdigest() == output["sha256"]
        assert len(content) == output["bytes"]
    night = parquet.read_table(io.BytesIO(attempt.get("night.parquet")))
    (listed,) = [output for output in outputs if output["name"] == "night.parquet"]
    assert (listed["table"], listed["rows"], listed["schema_version"]) == (
        "night",
        night.num_rows,
        "1",
    )
    assert night["run"].to_pylist()[0] == attempt.environment["WEARLINE_RUN_ID"]


def test_logs_of_the_container_name_no_key_and_no_subject(finished: tuple[Any, str]) -> None:
    _, log = finished
    assert log
    for line in log.splitlines():
        json.loads(line)
    for secret in ("US01-007", "V1", "raw/", "wrist"):
        assert secret not in log


def test_a_run_json_that_is_there_stays_as_it_is(task: Make, recording: bytes) -> None:
    attempt = task(recording, steps=[])
    attempt.s3.put_object(Bucket=BUCKET, Key=attempt.prefix + "run.json", Body=b"{}")
    status, _ = attempt.run()
    assert status == 0
    assert attempt.get("run.json") == b"{}"


def test_only_the_version_of_the_plan_is_read(task: Make, recording: bytes) -> None:
    attempt = task(recording, steps=[])
    key = "raw/US01-007/V1 wrist+ü%20.cwa"
    attempt.s3.put_object(Bucket=BUCKET, Key=key, Body=b"a later version")
    status, _ = attempt.run()
    assert status == 0
    assert attempt.document()["input"]["size"] == len(recording)


def test_a_version_that_expired_is_found_by_its_content(task: Make, recording: bytes) -> None:
    attempt = task(recording, steps=[])
    key = "raw/US01-007/V1 wrist+ü%20.cwa"
    first = attempt.s3.list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"][0]
    again = attempt.s3.put_object(Bucket=BUCKET, Key=key, Body=recording)
    attempt.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=first["VersionId"])
    status, _ = attempt.run()
    assert status == 0
    assert attempt.document()["verdict"] == "succeeded"
    assert attempt.document()["input"]["version_id"] == again["VersionId"] != first["VersionId"]


@pytest.mark.parametrize(("code", "tried"), [("AccessDenied", 2), ("SlowDown", 1)])
def test_a_version_that_s3_denies_to_have_is_looked_for_by_its_content(
    s3: Any, tmp_path: Path, code: str, tried: int
) -> None:
    stored = s3.put_object(Bucket=BUCKET, Key="denied.cwa", Body=b"a recording")
    asked: list[dict[str, Any]] = []

    class Denying:
        """S3 as it answers whoever may not list a bucket, of a version that is not there."""

        def get_object(self, **named: Any) -> Any:
            asked.append(named)
            if "VersionId" in named:
                raise ClientError({"Error": {"Code": code}}, "GetObject")
            return s3.get_object(**named)

    source = Source(BUCKET, "denied.cwa", "gone", stored["ETag"].strip('"'), 11)
    with contextlib.suppress(StoreFailed):
        fetched = Store(Denying()).fetch(source, tmp_path / "input")
        assert fetched.version_id == stored["VersionId"]
    assert len(asked) == tried


def test_a_version_that_is_gone_is_no_verdict(task: Make, s3: Any) -> None:
    attempt = task(b"soon gone", steps=[])
    key = "raw/US01-007/V1 wrist+ü%20.cwa"
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"]
    s3.delete_object(Bucket=BUCKET, Key=key, VersionId=versions[0]["VersionId"])
    status, log = attempt.run()
    assert status == 70
    assert attempt.names() == set()
    assert '"operation": "fetch"' in log


@pytest.mark.parametrize(
    ("content", "given", "code"),
    [
        (b"this is no recording" * 100, {}, "format_not_recognised"),
        (None, {"steps": [{"process": "Gait"}]}, "parameter_invalid"),
    ],
)
def test_a_verdict_against_the_recording_is_a_success_of_the_task(
    task: Make, recording: bytes, content: bytes | None, given: dict[str, Any], code: str
) -> None:
    attempt = task(content or recording, **given)
    status, log = attempt.run()
    assert status == 0, log
    run = attempt.document()
    assert (run["verdict"], run["reason"]["code"]) == ("failed", code)
    assert run["reason"]["sentence"].endswith(".")
    assert f'"code": "{code}"' in log


def test_a_plan_of_another_run_is_refused_before_anything_is_read(task: Make) -> None:
    attempt = task(b"never read")
    attempt.environment["WEARLINE_RUN_ID"] = "f" * 40
    status, _ = attempt.run()
    assert status == 0
    assert attempt.document()["reason"]["code"] == "plan_invalid"
    assert attempt.document()["input"] == {
        "sha256": None,
        "size": None,
        "version_id": None,
    }


def test_sigterm_ends_the_attempt_without_a_verdict(task: Make, recording: bytes) -> None:
    attempt = task(recording, steps=STEPS)
    process = attempt.start()
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "fetched":
            break
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert '"terminated"' in rest
    assert attempt.names() == set()


@pytest.mark.parametrize("missing", ["WEARLINE_PLAN", "WEARLINE_RUN_ID", "WEARLINE_OUTPUT"])
def test_a_task_without_its_settings_is_infrastructure(task: Make, missing: str) -> None:
    attempt = task(b"never read")
    del attempt.environment[missing]
    assert attempt.run()[0] == 70


def test_two_runs_of_one_plan_give_the_same_bytes(
    finished: tuple[Any, str], task: Make, recording: bytes
) -> None:
    first, _ = finished
    again = task(recording, steps=STEPS, attempt="1.2")
    again.environment |= {
        "WEARLINE_PLAN": first.environment["WEARLINE_PLAN"],
        "WEARLINE_RUN_ID": first.environment["WEARLINE_RUN_ID"],
    }
    again.run()
    assert first.names() == again.names()
    for name in first.names() - {"run.json", "worker.log"}:
        assert first.get(name) == again.get(name), name


def test_nothing_is_left_on_the_disk(task: Make, recording: bytes, tmp_path: Path) -> None:
    attempt = task(recording, steps=[])
    attempt.environment["TMPDIR"] = str(tmp_path)
    attempt.run()
    assert list(tmp_path.iterdir()) == []
