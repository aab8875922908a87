"""The catalog and what a person does with it, on the deployed platform."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.trials import Trial
from wearline_cli.catalog_commands import last_report
from wearline_cli.main import main

pytestmark = pytest.mark.engine

STUDY = """
study: <study>
timezone: {default: Europe/London}
buckets: [{name: <study>-data}]
results: {bucket: <study>-data, prefix: biomarkers/}
catalog: {settle_minutes: 0}
files:
  walks:
    kind: data
    key: raw/{subject}/{visit}.csv
    format: {csv: {time: timestamp, accel: [x, y, z], unit: g, clock: local}}
    location: lumbar
    pipelines: [look, gauge]
  heights:
    kind: metadata
    key: clinical/heights_{version}.csv
    entity: {subject: {column: SUBJECT}}
    values:
      height: {column: HEIGHT_CM, unit: cm, minimum: 50, maximum: 250}
pipelines:
  look: {skdh: 0.17.18, steps: []}
  gauge: {skdh: 0.17.18, requires: [height], steps: []}
"""
FILE = "raw/S101/V1.csv"
HEIGHTS = "clinical/heights_1.csv"


def walk(seconds: int = 20) -> str:
    lines = [
        f"2024-03-11T10:{n // 6000:02}:{n // 100 % 60:02}.{n % 100:02},{n % 7 / 100},0.0,1.0"
        for n in range(seconds * 100)
    ]
    return "\n".join(["timestamp,x,y,z", *lines]) + "\n"


def wearline(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.fixture
def study(new_trial: Callable[[str], Trial], aws: object, monkeypatch: pytest.MonkeyPatch) -> Trial:
    return new_trial(STUDY)


def states(study: Trial, key: str = FILE) -> dict[str, str]:
    return {name: each.disposition for name, each in study.settled(key).pipelines.items()}


def test_sweep_takes_up_what_no_event_told_of_and_both_sums_close(study: Trial) -> None:
    with study.events_lost():
        study.put(FILE, walk())
        study.put("notes/read me.txt", "call the site")
    assert study.sweep()["recovered"] == 2
    assert states(study) == {"look": "succeeded", "gauge": "waiting"}
    report = study.sweep()
    assert (report["listed"], report["recovered"], report["unaccounted"]) == (2, 0, 0)
    shown = wearline("catalog", "report", study.name).output
    assert "no pattern" in shown
    lines = {line["pattern"]: line for line in last_report(study.there, study.name)["lines"]}
    assert lines["walks"]["pipelines"]["succeeded"] == 1


def test_record_of_a_run_that_is_altered_is_a_problem(study: Trial) -> None:
    study.put(FILE, walk())
    pipeline = study.settled(FILE).pipelines["look"]
    run = study.run(pipeline.run_id or "")
    study.put(f"biomarkers/runs/{run.run_id}/attempts/{run.result}/run.json", "{}")
    study.sweep()
    [problem] = study.problems("result_altered")
    assert run.run_id[:12] in problem.sentence


def test_missing_bucket_is_a_problem_and_a_clean_end(study: Trial) -> None:
    s3 = study.there.s3
    for version in s3.list_object_versions(Bucket=study.bucket).get("Versions", []):
        s3.delete_object(Bucket=study.bucket, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=study.bucket)
    assert study.sweep()["unreadable"] == [study.bucket]
    assert [problem.kind for problem in study.problems()] == ["bucket_missing"]


def test_corrected_height_is_planned_applied_and_replaces_the_result(
    study: Trial, tmp_path: Path
) -> None:
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS101,170\n")
    study.put(FILE, walk())
    study.eventually(lambda: states(study)["gauge"] == "succeeded")
    first = study.settled(FILE).pipelines["gauge"]
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS101,172\n")
    study.eventually(lambda: study.settled(FILE).pipelines["gauge"].stale)
    path = tmp_path / "plan.json"
    shown = wearline("plan", study.name, "--out", str(path)).output
    assert "height of S101 was corrected from 1.7 m to 1.72 m" in " ".join(shown.split())
    assert study.settled(FILE).pipelines["gauge"].run_id == first.run_id
    assert wearline("apply", str(path)).exit_code == 0
    study.eventually(lambda: study.settled(FILE).pipelines["gauge"].run_id != first.run_id)
    second = study.settled(FILE).pipelines["gauge"]
    assert (second.disposition, second.stale) == ("succeeded", None)
    assert [past.run_id for past in second.past] == [first.run_id]
    refused = wearline("apply", str(path))
    assert refused.exit_code == 1
    assert "The world has moved on" in refused.output


def test_failed_run_is_tried_again_by_a_person(study: Trial) -> None:
    study.put(FILE, "no recording at all\n")
    assert states(study)["look"] == "failed"
    code = study.settled(FILE).pipelines["look"].reason
    assert code is not None
    done = wearline("retry", study.name, "--failed", "--reason-code", code.code)
    assert "1 next attempt asked for" in done.output
    study.eventually(lambda: study.settled(FILE).pipelines["look"].attempt == 2)
    run = study.run(study.settled(FILE).pipelines["look"].run_id or "")
    assert [each.name for each in run.tries] == ["1.1", "2.1"]


def test_explain_answers_from_evidence_in_less_than_a_second_of_work(study: Trial) -> None:
    study.put(FILE, walk())
    study.settled(FILE)
    url = f"s3://{study.bucket}/{FILE}"
    wearline("explain", url)
    began = time.process_time()
    told = json.loads(wearline("explain", url, "--json").output)
    assert time.process_time() - began < 1
    assert told["seen"][1].startswith("Its event told of it")
    assert {each["name"] for each in told["pipelines"]} == {"look", "gauge"}
    unknown = json.loads(wearline("explain", f"s3://{study.bucket}/raw/S9.csv", "--json").output)
    assert "The nearest pattern is walks" in unknown["what"]


def test_dead_letter_is_tried_again(study: Trial) -> None:
    with study.events_lost():
        study.put(FILE, walk())
    sqs = study.there.sqs
    letters = sqs.get_queue_url(QueueName="wearline-local-data-dead-letters")["QueueUrl"]
    event = {"detail": {"bucket": {"name": study.bucket}, "object": {"key": FILE}}}
    body = json.dumps({"study": study.name, "event": event})
    sqs.send_message(QueueUrl=letters, MessageBody=body)
    told = json.loads(wearline("redrive", "--json").output)
    assert told["data"]["failed five times: an event of S3"] >= 1
    assert states(study)["look"] == "succeeded"


def test_withdrawn_subject_is_removed_and_stays_so(study: Trial, tmp_path: Path) -> None:
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS101,170\nS102,180\n")
    study.put(FILE, walk())
    study.eventually(lambda: states(study)["gauge"] == "succeeded")
    study.sweep()
    would = json.loads(wearline("withdraw", study.name, "S101", "--json").output)
    assert would["would_remove"]["runs"] == 2
    assert states(study)["gauge"] == "succeeded"
    assert wearline("withdraw", study.name, "S101", "--confirm").exit_code == 1
    done = wearline("withdraw", study.name, "S101", "--confirm", "--reason", "asked", "--json")
    record = json.loads(done.output)
    assert "S101" not in done.output
    assert record["removed"]["versions of results and plans"] > 4
    assert record["removed"]["versions of the report"] >= 1
    page = study.there.s3.list_object_versions(Bucket=study.bucket, Prefix="biomarkers/report")
    assert not page.get("Versions")
    assert not page.get("DeleteMarkers")
    left = json.loads(wearline("withdraw", study.name, "S101", "--json").output)
    assert set(left["would_remove"].values()) == {0}
    runs = study.there.s3.list_objects_v2(Bucket=study.bucket, Prefix="biomarkers/runs/")
    assert runs["KeyCount"] == 0
    study.put(FILE, walk(30))
    study.put(HEIGHTS, "SUBJECT,HEIGHT_CM\nS101,171\nS102,181\n")
    study.eventually(lambda: _etag(study, FILE) == study.settled(FILE).version.etag)
    row = study.settled(FILE)
    assert (row.reason.code if row.reason else None, row.pipelines) == ("withdrawn", {})
    plan = wearline("plan", study.name, "--out", str(tmp_path / "plan.json"), "--json")
    assert json.loads(plan.output)["standings"] == {}
    study.accepted(HEIGHTS)
    assert study.there.ledger.metadata(study.name, "S101") == []
    assert len(study.there.ledger.metadata(study.name, "S102")) == 1


def test_withdrawal_says_until_when_a_lock_keeps_results(
    new_trial: Callable[[str], Trial], aws: object
) -> None:
    results = "{bucket: <study>-results, prefix: biomarkers/"
    before = "{bucket: <study>-data, prefix: biomarkers/"
    study = new_trial(STUDY.replace(before, f"{results}, lock_days: 30"))
    # CloudFormation of the embedded AWS makes the bucket without its lock; S3 obeys one.
    rule: Any = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    study.there.s3.put_object_lock_configuration(
        Bucket=f"{study.name}-results",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
    )
    study.put(FILE, walk())
    assert states(study)["look"] == "succeeded"
    done = wearline("withdraw", study.name, "S101", "--confirm", "--reason", "asked", "--json")
    kept = [each for each in json.loads(done.output)["kept"] if "locked until" in each]
    until = (datetime.now(UTC) + timedelta(days=30)).date()
    assert [str(until) in each for each in kept] == [True]
    left = study.there.s3.list_objects_v2(Bucket=f"{study.name}-results", Prefix="biomarkers/runs/")
    assert left["KeyCount"] > 0
    assert study.sweep()["unaccounted"] == 0


def _etag(study: Trial, key: str) -> str:
    answer = study.there.s3.head_object(Bucket=study.bucket, Key=key)
    return answer["ETag"].strip('"')
