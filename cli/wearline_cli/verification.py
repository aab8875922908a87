"""Verifies a deployed environment: a small recording, from its upload to its run.json.

It is a study like any other, `deployment-check`, with a bucket of its own, so what it proves is the
way of every file: rule, queue, function, execution, task, verdict.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wearline.core.ledger import ObjectRow, PipelineRow
from wearline.core.release_signatures import release_signature
from wearline_cli.environments import CommandError, Environment
from wearline_cli.study_deployment import deploy_study
from wearline_recordings import axivity, wrist

STUDY = "deployment-check"
RELEASE = "skdh-0.17.18"
POLL_S = 0.5
DOCUMENT = """\
# Made by `wearline deploy`, which uploads a small recording to it and waits for the result.
study: {study}
timezone: {{default: UTC}}
buckets: [{{name: {bucket}}}]
results: {{bucket: {bucket}, prefix: results/}}
# Swept when it is deployed. Sweeps of every day would hide that no other study is swept.
catalog: {{rate: 365 days}}
files:
  wrist: {{kind: data, key: "raw/{{subject}}_wrist.cwa", format: axivity, pipelines: [read]}}
pipelines:
  read: {{skdh: {skdh}, steps: []}}
"""


class NotVerified(CommandError):
    """The environment was deployed, and a recording did not get through it."""

    def __init__(self, env: str, why: str) -> None:
        self.env, self.why = env, why
        super().__init__(
            f"Environment {env} was deployed, but the recording that verifies it has no result:"
            f" {why} Look: wearline status {STUDY} --files --env {env}"
        )


@dataclass(frozen=True)
class Verified:
    """A recording that got through: its key, its run, and how long it took."""

    key: str
    run_id: str
    seconds: float


def verify(there: Environment, within_s: float) -> Verified:
    """Upload a recording and wait for its run.json. Raises NotVerified."""
    bucket = _deploy(there)
    moment = datetime.now(UTC)
    key = f"raw/{moment:%Y%m%dT%H%M%S%f}_wrist.cwa"
    began = time.monotonic()
    there.s3.put_object(Bucket=bucket, Key=key, Body=_recording(moment))
    made = _await(there, bucket, key, began + within_s)
    _check(there, bucket, made)
    return Verified(key, str(made.run_id), time.monotonic() - began)


def _deploy(there: Environment) -> str:
    """Deploy the study, or bring it to what this checkout runs; its bucket."""
    account = there.caller.split(":")[4]
    region = there.session.region_name
    bucket = f"wearline-{there.name}-check-{account}-{region}"
    document = DOCUMENT.format(study=STUDY, bucket=bucket, skdh=RELEASE.removeprefix("skdh-"))
    with tempfile.TemporaryDirectory(prefix="wearline-check-") as folder:
        path = Path(folder) / "study.yaml"
        path.write_text(document)
        deploy_study(there, path, create_buckets=True)
    return bucket


def _recording(moment: datetime) -> bytes:
    """Half a minute at a wrist, different each time: equal content would run once for ever."""
    start = moment.replace(tzinfo=None, microsecond=0)
    signal = wrist.signal(hours=0.01, hz=25, start=start, seed=moment.microsecond)
    with tempfile.TemporaryDirectory(prefix="wearline-check-") as folder:
        path = Path(folder) / "wrist.cwa"
        axivity.write(path, signal)
        return path.read_bytes()


def _await(there: Environment, bucket: str, key: str, deadline: float) -> PipelineRow:
    while True:
        row = there.ledger.object(STUDY, bucket, key)
        made = row.pipelines.get("read") if row else None
        if made is not None and made.disposition == "succeeded":
            return made
        if made is not None and made.disposition == "failed":
            raise NotVerified(there.name, f"its run failed ({made.reason}).")
        if time.monotonic() > deadline:
            raise NotVerified(there.name, _how_far(row, made))
        time.sleep(POLL_S)


def _how_far(row: ObjectRow | None, made: PipelineRow | None) -> str:
    if row is None:
        return "its upload did not reach the ledger in time (rule, queue or data-arrived)."
    if made is None:
        return "it was not taken for a recording."
    return f"in time it came only as far as {made.disposition} ({made.reason or 'no reason yet'})."


def _check(there: Environment, bucket: str, made: PipelineRow) -> None:
    """The result is there, and the processor of this checkout made it."""
    run = there.ledger.run(str(made.run_id))
    key = f"results/runs/{made.run_id}/attempts/{run.result if run else None}/run.json"
    document: dict[str, Any] = json.loads(
        there.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    )
    ours = release_signature(RELEASE).hash
    if document["verdict"] != "succeeded" or document["processor"]["hash"] != ours:
        raise NotVerified(there.name, f"s3://{bucket}/{key} is not what this checkout makes.")
