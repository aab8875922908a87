"""A thousand uploads at once: every one has its run, none is lost, none runs twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from tests.faults.making import Relay, messages_in

from benchmarks import bare
from benchmarks.bare import BarePath
from benchmarks.platform import Platform, Study, platform
from benchmarks.results import Result

UPLOADS = 1_000
UPLOADERS = 16
POLL_S = 2.0
GIVE_UP_S = 900
SEED = 7


def measure() -> Iterator[Result]:
    with platform(stand_in=True) as deployed:
        path, study = BarePath(deployed), deployed.study("burst")
        warm(deployed.client("s3"), study, path)
        bare_s = _bare(deployed.client("s3"), path)
        began = _upload(deployed.client("s3"), study.bucket)
        until(lambda: study.ended() >= UPLOADS + 1, study.ended)
        runs, started, last = _account(deployed, study)
    uploads = f"{UPLOADS:,} uploads"
    yield Result("runs that were lost", UPLOADS - runs["named"], "runs")
    yield Result("runs that ran twice", runs["executions"] - runs["named"], "runs")
    yield Result.beside(f"{uploads}, to the start of the last run", started - began, "s",
                        "bare path", bare_s)  # fmt: skip
    yield Result.beside(f"{uploads}, to the last verdict", last - began, "s", "bare path", bare_s)


def measure_thrice() -> Iterator[Result]:
    """The same with every event delivered three times, and all of them shuffled."""
    with platform(stand_in=True) as deployed:
        path, study = BarePath(deployed), deployed.study("thrice")
        warm(deployed.client("s3"), study, path)
        with Relay(deployed.there, "thrice").between() as relay:
            _upload(deployed.client("s3"), study.bucket)
            began = time.time()
            relay.deliver(objects=UPLOADS, times=3, lot=random.Random(SEED))  # noqa: S311
            until(lambda: study.ended() >= UPLOADS + 1, study.ended)
        _until_delivered(deployed)
        runs, _, last = _account(deployed, study)
    events = f"{UPLOADS:,} uploads, each event three times and shuffled"
    ratio = runs["executions"] / runs["named"]
    yield Result(f"{events}: runs that were lost", UPLOADS - runs["named"], "runs")
    yield Result(f"{events}: executions for each run", round(ratio, 3), "")
    yield Result(f"{events}: first delivery to last verdict", round(last - began, 1), "s")


def _until_delivered(deployed: Platform) -> None:
    """Until no copy of an event is left that might start something."""

    def left() -> int:
        return messages_in(deployed.there, "DataQueueUrl")

    until(lambda: left() == 0, left)


def warm(s3: Any, study: Study, path: BarePath) -> None:
    """Have every function started before anything is measured."""
    for bucket in (study.bucket, bare.BUCKET):
        s3.put_object(Bucket=bucket, Key="raw/warm.cwa", Body=b"warm")
    until(lambda: bool(path.written()) and study.ended() == 1, study.ended)


def _bare(s3: Any, path: BarePath) -> float:
    began = _upload(s3, bare.BUCKET)
    until(lambda: len(path.written()) > UPLOADS, lambda: len(path.written()))
    return max(path.written().values()) - began


def _upload(s3: Any, bucket: str) -> float:
    """Put every object; when it began. All contents differ."""
    began = time.time()

    def put(number: int) -> None:
        s3.put_object(Bucket=bucket, Key=f"raw/S{number:04}.cwa", Body=f"{number}".encode() * 256)

    with ThreadPoolExecutor(UPLOADERS) as pool:
        list(pool.map(put, range(UPLOADS)))
    return began


def _account(deployed: Platform, study: Study) -> tuple[Counter[str], float, float]:
    """Runs named by files and executions started, the last start and the last verdict."""
    found = [run for run in study.runs() if not run.key.endswith("warm.cwa")]
    names = [name for name in deployed.executions.names() if name.rpartition("-")[0] in
             {run.run_id for run in found}]  # fmt: skip
    counted = Counter(named=len({run.run_id for run in found}), executions=len(names))
    verdicts = [_seconds(run.ended or "") for run in found if run.state == "succeeded"]
    started = max(deployed.executions.started(name) for name in names)
    return counted, started, max(verdicts)


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def until(done: Callable[[], bool], told: Callable[[], int]) -> None:
    """Wait until it is done. Raises TimeoutError with how many have arrived."""
    deadline = time.monotonic() + GIVE_UP_S
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {GIVE_UP_S} s only {told()} have arrived.")
        time.sleep(POLL_S)
