"""Whose a recording is, by a device log, on the deployed platform."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.trials import Trial
from wearline.core.ledger import MetadataRow
from wearline_cli.main import main
from wearline_recordings import axivity, wrist

from .conftest import STUDY

pytestmark = pytest.mark.engine

WORN = """  worn: {kind: data, key: "worn/{box}/{name}.cwa", format: axivity, device_log: devices,
         pipelines: [height]}
  devices:
    kind: device_log
    key: clinical/devices/{part}_{date:%Y%m%d}.csv
    serial: {column: DEVICE}
    subject: {column: SUBJECT}
    visit: {column: VISIT}
    location: {column: WORN, map: {left: left_wrist}}
    start: {column: FROM}
    end: {column: TO}
  decisions: {kind: decisions, key: "decisions/{part}_{date:%Y%m%d}.csv"}
pipelines:
"""
LOG = "DEVICE,SUBJECT,VISIT,WORN,FROM,TO\n"


@pytest.fixture(scope="session")
def logged(shared_trial: Callable[[str, str], Trial]) -> Trial:
    return shared_trial("logged", STUDY.replace("pipelines:\n", WORN, 1))


def recorded_by(device: int) -> bytes:
    """Half a minute on the morning of the 11th of March."""
    signal = wrist.signal(hours=0.01, hz=25, start=datetime(2024, 3, 11, 9), seed=device)  # noqa: DTZ001
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "worn.cwa"
        axivity.write(path, signal, device_id=device)
        return path.read_bytes()


def heights(*subjects: str) -> str:
    return "SUBJECT,VISIT,HEIGHT_CM\n" + "".join(f"{each},V1,175\n" for each in subjects)


def test_recording_waits_for_its_device_then_for_its_subject_then_runs_and_becomes_stale(
    logged: Trial, subject: str
) -> None:
    key, log = f"worn/a/{subject}.cwa", f"clinical/devices/{subject}_20240320.csv"
    logged.put(key, recorded_by(70001))
    (unmet,) = logged.pipeline(key, "waiting").unmet
    assert unmet.sentence.startswith("The device log names nobody who had device 70001")
    logged.put(log, f"{LOG}70001,{subject},V1,left,2024-03-10,2024-03-17\n")
    logged.eventually(lambda: logged.pipeline(key, "waiting").unmet[0].name == "height")
    logged.put(f"clinical/heights/{subject}_20240301.csv", heights(subject, f"{subject}b"))
    plan = logged.record(logged.pipeline(key, "succeeded"))["plan"]
    place = {"subject": subject, "visit": "V1", "location": "left_wrist"}
    assert plan["identity"]["recording"] == place
    assert plan["origin"]["device_log"]["source"]["key"] == log
    logged.put(log, f"{LOG}70001,{subject}b,V1,left,2024-03-10,2024-03-17\n")
    stale = logged.eventually(lambda: logged.pipeline(key, "succeeded").stale)
    assert stale.code == "plan_differs"


@pytest.mark.usefixtures("aws")
def test_withdrawal_finds_the_recordings_that_a_device_log_gives_to_a_subject(
    logged: Trial, subject: str
) -> None:
    key, log = f"worn/b/{uuid.uuid4().hex}.cwa", f"clinical/devices/x{subject}_20240320.csv"
    logged.put(log, f"{LOG}70002,{subject},V1,left,2024-03-10,\n")
    logged.put(f"clinical/heights/{subject}_20240301.csv", heights(subject))
    logged.put(key, recorded_by(70002))
    run_id = logged.pipeline(key, "succeeded").run_id
    words = ["withdraw", logged.name, subject, "--confirm", "--reason", "asked", "--json"]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert json.loads(done.output)["removed"]["runs"] == 1
    row = logged.row(key)
    assert row is not None
    assert (row.kind, row.reason.code if row.reason else None) == ("ignored", "withdrawn")
    assert logged.there.ledger.run(run_id or "") is None
    said = metadata(logged, "device:70002")
    assert subject not in str([each.values for each in said])
    logged.delete(log)
    logged.eventually(lambda: all(each.withdrawn for each in metadata(logged, "device:70002")))
    logged.eventually(lambda: logged.pipeline(key, "waiting").unmet[0].subject == "device:70002")


def metadata(trial: Trial, entity: str) -> list[MetadataRow]:
    return trial.there.ledger.metadata(trial.name, entity)


def test_recording_without_a_known_device_says_so_and_a_decision_by_its_key_moves_it_on(
    logged: Trial, subject: str
) -> None:
    key = f"worn/c/{subject}.cwa"
    logged.put(key, b"no recording")
    failed = logged.pipeline(key, "failed", run_is_not="")
    assert failed.reason is not None
    assert failed.reason.code == "no_serial_number"
    decision = f"{key},,,reassign,subject={subject}; visit=V1,seen on the label,me,2024-04-01\n"
    logged.put(
        f"decisions/{subject}_20240401.csv",
        f"key,subject,visit,action,details,reason,author,date\n{decision}",
    )
    logged.eventually(lambda: logged.pipeline(key, "waiting").unmet[0].subject == subject)
