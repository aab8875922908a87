"""``wearline audit`` over a folder that somebody else filled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from wearline.core.audit import Entry, entry_name
from wearline_cli.audit_commands import KeyLeadsOut, _put, audit


def verified(folder: Path) -> tuple[int, dict[str, object]]:
    """The exit status of a verification of a folder, and what it tells."""
    done = CliRunner().invoke(audit, ["verify", "--folder", str(folder), "--json"])
    assert isinstance(done.exception, SystemExit | None)
    told: dict[str, object] = json.loads(done.output)
    return done.exit_code, told


def filled(folder: Path, files: dict[str, bytes]) -> Path:
    entry = Entry("study gait", 1, None, "id", "2026", "arn", "retry", "intent", {})
    for key, content in {f"audit/{entry_name(1)}": entry.document(), **files}.items():
        _put(folder, key, content)
    return folder


@pytest.mark.parametrize("key", ["catalog/../../.bashrc", "/etc/passwd", "../x"])
def test_key_that_leads_out_of_the_folder_is_written_nowhere(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "copy"
    with pytest.raises(KeyLeadsOut):
        _put(folder, key, b"")
    assert list(tmp_path.rglob("*")) == []


def test_file_that_is_no_entry_is_a_fault_and_not_the_last_entry(tmp_path: Path) -> None:
    status, told = verified(filled(tmp_path, {"audit/notes.txt": b"hello"}))
    assert (status, told["head"]["n"]) == (1, 1)  # type: ignore[index]
    assert [each["code"] for each in told["faults"]] == ["unexpected"]  # type: ignore[attr-defined]


def test_entry_far_beyond_the_end_is_named_and_is_not_the_last_entry(tmp_path: Path) -> None:
    stray = entry_name(9_999_999_999)
    status, told = verified(filled(tmp_path, {f"audit/{stray}": b"{}"}))
    assert (status, told["head"]["n"]) == (1, 1)  # type: ignore[index]
    about = {each["about"] for each in told["faults"]}  # type: ignore[attr-defined]
    assert about == {stray}


@pytest.mark.parametrize("report", [b"{", b"[]", b'{"audit": {"n": []}}', b'{"audit": 5}'])
def test_report_that_cannot_be_read_is_a_fault(tmp_path: Path, report: bytes) -> None:
    status, told = verified(filled(tmp_path, {"catalog/reports/a.json": report}))
    assert status == 1
    assert [each["code"] for each in told["faults"]] == ["unreadable"]  # type: ignore[attr-defined]
