"""Uploads one after the other: how long from the PUT to the start of the execution."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import bare
from benchmarks.bare import BarePath
from benchmarks.burst import until, warm
from benchmarks.platform import Platform, Study, platform
from benchmarks.results import Result

UPLOADS = 100
EVERY_S = 0.5


def measure() -> Iterator[Result]:
    with platform(stand_in=True) as deployed:
        path, study = BarePath(deployed), deployed.study("trickle")
        s3 = deployed.client("s3")
        warm(s3, study, path)
        put = [_put(s3, bucket, number) for number in range(UPLOADS)
               for bucket in (study.bucket, bare.BUCKET)]  # fmt: skip
        until(lambda: study.ended() > UPLOADS and len(path.written()) > UPLOADS, study.ended)
        starts, written = _starts(deployed, study), path.written()
    ours = [starts[key] - at for bucket, key, at in put if bucket == study.bucket]
    theirs = [written[key] - at for bucket, key, at in put if bucket == bare.BUCKET]
    for name, figure in (("median", statistics.median), ("99th percentile", _percentile_99)):
        yield Result.beside(
            f"PUT to execution start, {name}", figure(ours), "s", "bare path", figure(theirs)
        )


def _put(s3: Any, bucket: str, number: int) -> tuple[str, str, float]:
    """Put one object, then leave it time; bucket, key, and the moment before."""
    key, at = f"raw/S{number:04}.cwa", time.time()
    s3.put_object(Bucket=bucket, Key=key, Body=f"{number}".encode() * 256)
    time.sleep(EVERY_S / 2)
    return bucket, key, at


def _starts(deployed: Platform, study: Study) -> dict[str, float]:
    """When the execution of each file started."""
    executions = deployed.executions
    return {run.key: executions.started(f"{run.run_id}-1") for run in study.runs()}


def _percentile_99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
