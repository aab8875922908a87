"""The demo's account must not close when a file is missing, lost, or stuck."""

from dataclasses import replace

import pytest

from wearline.core.ledger import Disposition, FileVersion, ObjectRow, Past, PipelineRow
from wearline_cli.demo.account import account
from wearline_cli.demo.uploads import EXPECTED, STAGES, Upload

UPLOADS = [upload for stage in STAGES for upload in stage.uploads]


def as_it_must_be() -> list[ObjectRow]:
    """The rows that the demo's uploads leave behind when all goes well."""
    rows = {upload.key: row_of(upload) for upload in UPLOADS}
    return list(rows.values())


def row_of(upload: Upload) -> ObjectRow:
    times = [each.content for each in UPLOADS if each.key == upload.key]
    row = ObjectRow(
        "study", "bucket", upload.key, upload.kind,
        version=FileVersion("bucket", upload.key, "v1", "etag", 1, "2024-01-01T00:00:00+00:00"),
    )  # fmt: skip
    if upload.kind != "data":
        return row
    ended: Disposition = "failed" if upload.content == "broken.cwa" else "succeeded"
    past = (Past("old", "succeeded", "A new version.", ""),) if len(set(times)) > 1 else ()
    repeats = ("v2",) if len(times) > len(set(times)) else ()
    pipeline = PipelineRow(ended, since="", run_id="run", past=past)
    return replace(row, pipelines={"pipeline": pipeline}, repeats=repeats)


def test_account_of_what_the_demo_expects_closes() -> None:
    summed = account(as_it_must_be(), UPLOADS)
    assert summed.faults(UPLOADS) == []
    assert summed.line == (
        "demo: 14 uploads = 11 data + 2 metadata + 1 ignored; runs: 8 succeeded,"
        " 1 failed as expected, 0 waiting, 1 superseded, 1 repeated; 0 lost"
    )


def test_every_upload_of_the_demo_is_a_run_a_repeat_or_no_data() -> None:
    data = sum(upload.kind == "data" for upload in UPLOADS)
    assert sum(EXPECTED.values()) == data


@pytest.mark.parametrize("index", range(len(as_it_must_be())))
def test_a_file_that_the_ledger_does_not_know_is_lost(index: int) -> None:
    rows = as_it_must_be()
    gone = rows.pop(index)
    summed = account(rows, UPLOADS)
    assert summed.lost == (gone.key,)
    assert f"{gone.key} is not in the ledger." in summed.faults(UPLOADS)


@pytest.mark.parametrize("stuck", ["waiting", "ready", "running"])
def test_a_run_that_is_not_done_is_a_fault(stuck: Disposition) -> None:
    rows = as_it_must_be()
    index = next(i for i, row in enumerate(rows) if row.pipelines)
    pipeline = replace(rows[index].pipelines["pipeline"], disposition=stuck)
    rows[index] = replace(rows[index], pipelines={"pipeline": pipeline})
    assert account(rows, UPLOADS).faults(UPLOADS)
