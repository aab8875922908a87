"""Who withdraws: a name that nobody has is told, with the one that was probably meant."""

from __future__ import annotations

from tests.unit.catalog.quiet_world import STUDY, QuietWorld

from wearline_cli.withdraw_command import of_nobody


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
