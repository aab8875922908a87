"""The audit trail on the deployed platform, and its verification on a copy without AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.integration.test_catalog import FILE, STUDY, states, walk, wearline
from tests.trials import Trial
from wearline.core.audit import entry_name
from wearline_cli.auditing import NotAudited, audited, environment_chain, study_chain

pytestmark = pytest.mark.engine


@pytest.fixture
def study(new_trial: Callable[[str], Trial], aws: object) -> Trial:
    return new_trial(STUDY)


def copied(study: Trial, folder: Path) -> Path:
    told = wearline("audit", "copy", study.name, str(folder))
    assert told.exit_code == 0, told.output
    return folder


def faults(folder: Path, *options: str) -> set[str]:
    told = wearline("audit", "verify", "--folder", str(folder), "--json", *options)
    found = json.loads(told.output)["faults"]
    assert told.exit_code == (1 if found else 0)
    return {each["code"] for each in found}


def test_trail_of_a_study_is_verified_there_and_on_a_copy(study: Trial, tmp_path: Path) -> None:
    study.put(FILE, walk())
    assert states(study)["look"] == "succeeded"
    # Nothing has failed, so this is no act.
    assert wearline("retry", study.name, "--failed").exit_code == 0
    assert wearline("results", "freeze", study.name, "interim").exit_code == 0
    study.sweep()
    shown = json.loads(wearline("audit", "show", study.name, "--json").output)
    assert [(each["action"], each["phase"]) for each in shown] == [
        ("deploy_study", "intent"),
        ("deploy_study", "done"),
        ("sweep", "sweep"),
        ("freeze", "intent"),
        ("freeze", "done"),
        ("sweep", "sweep"),
    ]
    assert shown[0]["by"].startswith("arn:")
    assert "S101" not in json.dumps(shown)
    told = wearline("audit", "verify", study.name)
    assert (told.exit_code, "6 entries, 0 faults" in told.output) == (0, True), told.output
    copy = copied(study, tmp_path)
    assert not faults(copy)
    [record] = copy.glob("runs/*/attempts/*/run.json")
    record.write_bytes(record.read_bytes().replace(b"succeeded", b"SUCCEEDED", 1))
    assert faults(copy) == {"record_changed"}
    record.unlink()
    assert faults(copy) == {"record_missing"}


def test_tampering_with_a_copy_shows_and_reports_hold_the_end(study: Trial, tmp_path: Path) -> None:
    copy = copied(study, tmp_path)
    assert not faults(copy)
    last = copy / "audit" / entry_name(3)
    kept = last.read_bytes()
    last.unlink()
    assert faults(copy) == {"missing"}
    last.write_bytes(kept)
    first = copy / "audit" / entry_name(1)
    first.write_bytes(first.read_bytes().replace(b"deploy_study", b"deploy_other"))
    assert "changed" in faults(copy)


def test_nothing_is_done_where_the_trail_cannot_be_written(
    study: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")

    before = study.there.ledger.study(study.name)
    monkeypatch.setattr(study.there.s3, "put_object", refuse)
    with pytest.raises(NotAudited):
        study.deploy(STUDY)
    assert study.there.ledger.study(study.name) == before


def test_act_that_fails_is_told_as_failed(study: Trial) -> None:
    def act() -> None:
        with audited(study.there, None, "redrive"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    entries = environment_chain(study.there).entries()
    last = json.loads(entries[max(entries)])
    assert (last["phase"], last["facts"]) == ("failed", {"error": "ZeroDivisionError"})


def test_entry_cannot_be_put_a_second_time(study: Trial) -> None:
    chain = study_chain(study.there, study.name)
    before = chain.read(1)
    assert not chain.put_once(1, b"{}")
    assert chain.read(1) == before
    assert not chain.overwritten()


def test_runs_of_a_subject_who_withdrew_are_missed_by_nobody(study: Trial, tmp_path: Path) -> None:
    study.put(FILE, walk())
    study.put("raw/S102/V1.csv", walk(30))
    assert states(study)["look"] == states(study, "raw/S102/V1.csv")["look"] == "succeeded"
    study.sweep()
    done = wearline("withdraw", study.name, "S101", "--confirm", "--reason", "asked")
    assert done.exit_code == 0, done.output
    study.sweep()
    copy = copied(study, tmp_path)
    assert not faults(copy)
    assert len(list(copy.glob("runs/*/attempts/*/run.json"))) == 1
    assert b"S101" not in b"".join(path.read_bytes() for path in (copy / "audit").iterdir())
