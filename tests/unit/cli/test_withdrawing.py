"""Who withdraws: a name that nobody has is told, with the one that was probably meant."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from tests.unit.catalog.quiet_world import STUDY, QuietWorld

from wearline_cli import withdraw_command
from wearline_cli.withdraw_command import of_nobody
from wearline_cli.withdrawal import Inventory


def test_misspelled_subject_is_told_with_the_one_that_was_probably_meant() -> None:
    quiet = QuietWorld()
    quiet.upload("clinical/a_20260101.csv", b"ID,HEIGHT,WEIGHT\nS104,180,70\n")
    quiet.upload("raw/S205/V1.cwa", b"A")

    def told(subject: str) -> str:
        return of_nobody(quiet.ledger, quiet.study.configuration, subject)

    nobody = f"No file and no metadata of {STUDY} is of "
    assert told("S1O4") == f"{nobody}S1O4. Did you mean S104?"
    assert told("S2O5") == f"{nobody}S2O5. Did you mean S205?"
    assert told("somebody else") == f"{nobody}somebody else."


@pytest.mark.parametrize("files", [0, 1])
def test_a_name_that_nobody_has_is_told_when_it_is_done_as_well(
    monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    quiet = QuietWorld()
    quiet.upload("raw/S205/V1.cwa", b"A")
    study = quiet.study
    there = SimpleNamespace(
        ledger=quiet.ledger, study=lambda _: study.row, configuration=lambda _: study.configuration
    )
    rows: Any = None
    found = Inventory([], [], rows, [], [], 0, [], counts={"files": files})
    removed = {"removed": found.counts, "kept": []}
    monkeypatch.setattr(withdraw_command, "environment", lambda _: there)
    monkeypatch.setattr(withdraw_command, "inventory", lambda *_: found)
    monkeypatch.setattr(withdraw_command, "withdraw", lambda *_: removed)
    asked = [STUDY, "S2O5", "--confirm", "--reason", "asked"]
    done = CliRunner().invoke(withdraw_command.withdraw_subject, asked)
    assert done.exit_code == 0, done.output
    told = f"No file and no metadata of {STUDY} is of S2O5. Did you mean S205?"
    assert (told in " ".join(done.output.split())) == (files == 0)
