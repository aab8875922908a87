"""A bucket that already holds 2,000 objects becomes a study's: until every run has started."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.platform import Platform, Study, platform
from benchmarks.results import Result
from wearline_cli.catalog_commands import await_sweep, start_sweep
from wearline_cli.study_deployment import deploy_study

OBJECTS = 2_000
UPLOADERS = 16
POLL_S = 2.0
GIVE_UP_S = 1_200
NAME = "onboarding"
STUDY = f"""
study: {NAME}
timezone: {{default: America/New_York}}
buckets: [{{name: {NAME}-data}}]
results: {{bucket: {NAME}-data, prefix: biomarkers/}}
catalog: {{settle_minutes: 0}}
files:
  wrist:
    {{kind: data, key: "raw/{{site}}/{{subject}}.cwa", format: axivity, location: wrist,
     pipelines: [look]}}
pipelines:
  look: {{skdh: 0.17.18, steps: []}}
"""


def measure() -> Iterator[Result]:
    with platform(stand_in=True) as deployed:
        _fill(deployed)
        path = deployed.folder / f"{NAME}.yaml"
        path.write_text(STUDY)
        began = time.time()
        done = deploy_study(deployed.there, path)
        report = await_sweep(deployed.there, done.sweep)
        swept = time.time()
        study = Study(deployed.there, done.configuration)
        _until_started(study)
        started = time.time()
        sums = await_sweep(deployed.there, start_sweep(deployed.there, NAME))
    objects = f"{OBJECTS:,} objects in the bucket"
    yield Result(
        f"{objects}, not found by the first sweep", OBJECTS - report["recovered"], "objects"
    )
    yield Result(f"{objects}, unaccounted by the second", sums["unaccounted"], "objects")
    yield Result(f"{objects}, deployment and first sweep", round(swept - began, 1), "s")
    yield Result.beside(
        f"{objects}, to the start of the last run", started - began, "s",
        "deployment and first sweep", swept - began,
    )  # fmt: skip


def _fill(deployed: Platform) -> None:
    """Before anybody thought of Wearline; so no event tells of it."""
    s3, bucket = deployed.client("s3"), f"{NAME}-data"
    s3.create_bucket(Bucket=bucket)

    def put(number: int) -> None:
        key = f"raw/US{number % 8:02}/S{number:05}.cwa"
        s3.put_object(Bucket=bucket, Key=key, Body=f"{number}".encode() * 256)

    with ThreadPoolExecutor(UPLOADERS) as pool:
        list(pool.map(put, range(OBJECTS)))


def _until_started(study: Study) -> None:
    """Until each file's run has its execution, or has ended already."""
    deadline = time.monotonic() + GIVE_UP_S
    while (there := _started(study)) < OBJECTS:
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {GIVE_UP_S} s only {there} of {OBJECTS} runs have started.")
        time.sleep(POLL_S)


def _started(study: Study) -> int:
    states = [each.disposition for row in study.rows() for each in row.pipelines.values()]
    return sum(state in ("running", "succeeded", "failed") for state in states)
