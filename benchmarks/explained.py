"""`wearline explain`, start of Python included, where the ledger holds 100,000 files."""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from botocore.config import Config

from benchmarks.burst import until
from benchmarks.catalog import FILES_OF_SUBJECT, row_of
from benchmarks.platform import Platform, Study, platform
from benchmarks.results import Result
from wearline.aws import rows
from wearline.core.ledger import ObjectRow
from wearline_cli.environments import Environment
from wearline_cli.main import GARBAGE
from wearline_cli.study_deployment import deploy_study

FILES = 100_000
SUBJECTS = FILES // FILES_OF_SUBJECT
BATCH = 25
TIMES = 9
GOAL_S = 1.0
NAME = "explained"
SOURCE = "clinical/heights_1.csv"
# The letter O for the figure 0, as it happens at a site.
MISSPELLED, MEANT = "S0O12345", "S0012345"
STUDY = f"""
study: {NAME}
timezone: {{default: Europe/London}}
buckets: [{{name: {NAME}-data}}]
results: {{bucket: {NAME}-data, prefix: biomarkers/}}
files:
  wrist:
    {{kind: data, key: "raw/{{site}}/{{subject}}/{{visit}}_wrist.cwa", format: axivity,
     location: wrist, pipelines: [gait]}}
  heights:
    kind: metadata
    key: clinical/heights_{{version}}.csv
    entity: {{subject: {{column: SUBJECT}}}}
    values: {{height: {{column: HEIGHT_CM, unit: cm}}}}
pipelines:
  gait: {{skdh: 0.17.18, steps: [], requires: [height]}}
"""


def measure() -> Iterator[Result]:
    with platform(stand_in=True) as deployed:
        path = deployed.folder / f"{NAME}.yaml"
        path.write_text(STUDY)
        done = deploy_study(deployed.there, path, create_buckets=True)
        study = Study(deployed.there, done.configuration)
        waiting, unknown = _files(deployed, study)
        _fill(deployed, study)
        waits = _explained(deployed, f"s3://{study.bucket}/{waiting}", MEANT)
        misses = _explained(deployed, f"s3://{study.bucket}/{unknown}", "nearest pattern")
        read = _rows_a_second(study)
    for name, (wall, cpu) in (("a misspelled subject", waits), ("a key of no pattern", misses)):
        of = f"a ledger of {FILES:,} files and {SUBJECTS:,} subjects, {name}"
        yield Result.beside(of, wall, "s", "goal", GOAL_S)
        yield Result(f"{of}, the command's own CPU", round(cpu, 3), "CPU s")
    yield Result("rows of the ledger, read", round(read), "rows/CPU s")


def _files(deployed: Platform, study: Study) -> tuple[str, str]:
    """A recording that waits, a table with another's height, and a key of no pattern."""
    waiting, unknown = f"raw/US000/{MISSPELLED}/V1_wrist.cwa", "raw/US000/V1_wrist.cwa"
    s3 = deployed.client("s3")
    for key, body in (
        (waiting, "w"),
        (unknown, "u"),
        (SOURCE, f"SUBJECT,HEIGHT_CM\n{MEANT},170\n"),
    ):
        s3.put_object(Bucket=study.bucket, Key=key, Body=body)

    def arrived() -> int:
        return len(study.rows())

    until(lambda: arrived() >= 3, arrived)
    return waiting, unknown


def _fill(deployed: Platform, study: Study) -> None:
    """Write the rows that so many files would have, and the subjects that the table would name."""
    there, name = deployed.there, study.configuration.study
    made = (_row(study, number) for number in range(FILES))
    _write(there, there.tables.objects, (rows.revised_key(row) | rows.item(row) for row in made))
    partition = rows.source_partition(name, study.bucket, SOURCE)
    subjects = (f"S{number:07}" for number in range(SUBJECTS))
    _write(
        there,
        there.tables.metadata,
        (
            rows.key(partition, rows.digest(subject, None, None)) | {"subject": {"S": subject}}
            for subject in subjects
        ),
    )


def _row(study: Study, number: int) -> ObjectRow:
    row = row_of(number)
    pipelines = {"gait": row.pipelines["gait"]}
    name = study.configuration.study
    return replace(row, study=name, bucket=study.bucket, pipelines=pipelines)


def _write(there: Environment, table: str, items: Iterator[Any]) -> None:
    # To check so many parameters would take most of the time.
    quick = Config(parameter_validation=False)
    dynamodb = there.session.client("dynamodb", endpoint_url=there.endpoint, config=quick)
    while batch := list(islice(items, BATCH)):
        dynamodb.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]}
        )


def _explained(deployed: Platform, url: str, expected: str) -> tuple[float, float]:
    """The median of the command's wall time, and of its CPU time, of several."""
    walls, cpus = [], []
    for _ in range(TIMES):
        began, before = time.perf_counter(), _cpu_of_children()
        answer = _command(deployed, "explain", url)
        walls.append(time.perf_counter() - began)
        cpus.append(_cpu_of_children() - before)
        if expected not in answer:
            raise AssertionError(f"this does not explain it: {answer}")
    return statistics.median(walls), statistics.median(cpus)


def _rows_a_second(study: Study) -> float:
    """Every row of the ledger, as commands and sweeps read them."""
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE)
    began = time.process_time()
    read = study.there.ledger.objects(study.configuration.study, study.bucket)
    rate = sum(1 for _ in read) / (time.process_time() - began)
    gc.set_threshold(*before)
    return rate


def _command(deployed: Platform, *arguments: str) -> str:
    environment = {**os.environ, "WEARLINE_FOLDER": str(deployed.settings.folder)}
    return subprocess.check_output(["wearline", *arguments], env=environment, text=True)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
