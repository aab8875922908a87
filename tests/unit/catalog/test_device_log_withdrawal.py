"""A recording that was forgotten for a device log's sake is taken up when the log is corrected."""

from __future__ import annotations

from tests.simulation.study import WORN
from tests.unit.catalog.quiet_world import STUDY, QuietWorld

from wearline.core.ledger import TombstoneRow
from wearline.core.withdrawal import WITHDRAWN, tombstone
from wearline.ports import Put

FILE, LOG = "worn/a.bin", "devices/a_20260101.csv"
HEADER = b"SERIAL,ID,VISIT,START,END\n"


def test_sweep_finds_whose_recording_is_somebody_elses_by_now() -> None:
    quiet = QuietWorld()
    quiet.deploy("by device log")
    mark = tombstone(quiet.study.row.salt, "S1")
    quiet.ledger.commit(Put(TombstoneRow(STUDY, mark, "asked for it", "2026-03-02")))
    quiet.upload(LOG, HEADER + b"101,S1,V1,2026-01-01,\n")
    quiet.upload(FILE, WORN[0])
    assert (quiet.row(FILE).reason, quiet.row(FILE).pipelines) == (WITHDRAWN, {})
    assert quiet.sweep()["recovered"] == 0
    quiet.upload(LOG, HEADER + b"101,S2,V1,2026-01-01,\n")
    quiet.queues.purge("evaluation")
    assert quiet.sweep()["recovered"] == 1
    quiet.deliver()
    assert quiet.row(FILE).assigned == {"subject": "S2", "visit": "V1"}
    assert quiet.sweep()["recovered"] == 0
