"""Whatever befalls the platform: after a sweep nothing is lost, and nothing ran twice."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.platform import Platform, platform
from click.testing import CliRunner

from tests.faults.making import Relay, hasten, messages_in, raising
from tests.trials import Trial
from wearline.core.ledger import RESULT_SHARDS, ObjectRow
from wearline_cli.main import main
from wearline_cli.standing import rows

pytestmark = pytest.mark.engine

STUDY = """
study: <study>
timezone: {default: Europe/London}
buckets: [{name: <study>-data}]
results: {bucket: <study>-data, prefix: biomarkers/}
catalog: {settle_minutes: 0}
files:
  wrist: {kind: data, key: "wrist/{subject}.cwa", format: axivity, pipelines: [look]}
  back: {kind: data, key: "back/{subject}.cwa", format: axivity, pipelines: [gauge]}
  heights:
    kind: metadata
    key: clinical/{part}.csv
    entity: {subject: {column: SUBJECT}}
    values: {height: {column: HEIGHT_CM, unit: cm, minimum: 50, maximum: 250, pick: only}}
pipelines:
  look: {skdh: 0.17.18, steps: []}
  gauge: {skdh: 0.17.18, requires: [height], steps: []}
"""
EACH = 15
SHARE = 0.1
PATIENCE_S = 200.0
MOST_SWEEPS = 12
QUEUES = (
    "DataQueueUrl", "MetadataQueueUrl", "DataBacklogQueueUrl", "MetadataBacklogQueueUrl",
    "EvaluationQueueUrl",
)  # fmt: skip


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A platform of the test's own, since it is stopped; its processor takes no time."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with platform(stand_in=True) as own:
        monkeypatch.setenv("WEARLINE_FOLDER", str(own.settings.folder))
        hasten(own.there)
        yield own


def test_whatever_happens_nothing_is_lost_and_nothing_runs_twice(
    deployed: Platform, tmp_path: Path
) -> None:
    study = Trial(deployed.there, "faults", tmp_path, PATIENCE_S)
    study.deploy(STUDY)
    told = tmp_path / "told"
    with raising(deployed.there, SHARE, told):
        with Relay(deployed.there, study.name).between() as relay:
            upload(study, "thrice")
            relay.deliver(objects=EACH + 1, times=3, lot=random.Random(7))  # noqa: S311
        with study.events_lost():
            upload(study, "unheard")
        upload(study, "purged")
        purge(study, "DataQueueUrl", "EvaluationQueueUrl", "MetadataQueueUrl")
        upload(study, "cut-short")
        study.eventually(lambda: under_way(study))
        deployed.restart()
        swept_to_rest(study)
    try_again_what_the_restart_cut_short(study)
    said = Counter(line.split()[1] for line in told.read_text().splitlines())
    assert said["raised"] > SHARE / 3 * said["invoked"], "functions did raise"
    nothing_is_lost(study, study.sweep())
    nothing_ran_twice(study)


def upload(study: Trial, name: str) -> None:
    """Recordings that wait for nothing, some that wait for heights, and in between the heights."""
    subjects = [f"{name}-{number}" for number in range(EACH)]
    for number, subject in enumerate(subjects):
        where = "back" if number % 4 == 0 else "wrist"
        study.put(f"{where}/{subject}.cwa", f"{subject} at the {where}")
        if number == EACH // 2:
            heights = "".join(f"{each},170\n" for each in subjects)
            study.put(f"clinical/{name}.csv", f"SUBJECT,HEIGHT_CM\n{heights}")


def purge(study: Trial, *queues: str) -> None:
    for queue in queues:
        study.there.sqs.purge_queue(QueueUrl=study.there.outputs[queue])


def all_rows(study: Trial) -> list[ObjectRow]:
    return list(rows(study.there.ledger, study.there.configuration(study.there.study(study.name))))


def dispositions(study: Trial) -> Counter[str]:
    return Counter(each.disposition for row in all_rows(study) for each in row.pipelines.values())


def under_way(study: Trial) -> bool:
    """Some of the runs are, and some of what was uploaded has not been looked at."""
    return dispositions(study)["running"] >= 2


def swept_to_rest(study: Trial) -> None:
    """Sweep until a sweep finds nothing and nothing is on its way to a verdict.

    Before the first, what a restart cut short may well say running for ever.
    """
    for _ in range(MOST_SWEEPS):
        study.eventually(lambda: not any(messages_in(study.there, each) for each in QUEUES))
        recovered = study.sweep()["recovered"]
        now = dispositions(study)
        if not recovered and not now["ready"] + now["running"]:
            return
    raise AssertionError(f"{MOST_SWEEPS} sweeps did not put it right:\n{study.told()}")


def try_again_what_the_restart_cut_short(study: Trial) -> None:
    """An execution that is gone failed for a reason that only a person may end."""
    failed = {
        each.reason.code if each.reason else ""
        for row in all_rows(study)
        for each in row.pipelines.values()
        if each.disposition == "failed"
    }
    if failed:
        CliRunner().invoke(main, ["retry", study.name, "--failed"], catch_exceptions=False)
        study.eventually(lambda: not dispositions(study)["failed"])
        swept_to_rest(study)


def nothing_is_lost(study: Trial, report: dict[str, object]) -> None:
    recordings = 4 * EACH
    assert (report["listed"], report["recovered"], report["unaccounted"]) == (recordings + 4, 0, 0)
    assert dispositions(study) == {"succeeded": recordings}
    assert report["pipelines_wanted"] == recordings
    assert not study.problems()


def nothing_ran_twice(study: Trial) -> None:
    """One run for each file, one execution for each attempt, and one committed result."""
    named = [each for row in all_rows(study) for each in row.pipelines.values()]
    runs = [each.run_id or "" for each in named]
    assert len(set(runs)) == len(runs)
    asked = sorted(f"{each.run_id}-{n + 1}" for each in named for n in range(each.attempt))
    assert sorted(study.executions()) == asked
    ledger = study.there.ledger
    results = [row for shard in range(RESULT_SHARDS) for row in ledger.results(study.name, shard)]
    assert sorted(row.run_id for row in results) == sorted(runs)
