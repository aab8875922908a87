"""A recording that was forgotten for a device log's sake is taken up when the log is corrected."""

from __future__ import annotations

from tests.simulation.study import WORN
from tests.unit.catalog.quiet_world import PLAIN, STUDY, QuietWorld

from wearline.core.ledger import TombstoneRow
from wearline.core.withdrawal import WITHDRAWN, still_tells, tombstone
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


def test_result_made_under_the_name_of_who_withdraws_makes_way_for_the_right_ones_run() -> None:
    quiet = QuietWorld()
    quiet.deploy("by device log")
    quiet.upload("notes/a.csv", b"ID,HEIGHT\nS1,180\nS2,165\n")
    quiet.upload(LOG, HEADER + b"101,S1,V1,2026-01-01,\n")
    quiet.upload(FILE, WORN[0])
    quiet.run_all()
    first = {name: each.run_id for name, each in quiet.row(FILE).pipelines.items()}
    quiet.upload(LOG, HEADER + b"101,S2,V1,2026-01-01,\n")
    quiet.deliver()
    quiet.tell(PLAIN, FILE)
    assert all(each.stale for each in quiet.row(FILE).pipelines.values())
    mark = tombstone(quiet.study.row.salt, "S1")
    quiet.ledger.commit(Put(TombstoneRow(STUDY, mark, "asked for it", "2026-03-02")))
    runs = set(filter(None, first.values()))
    assert still_tells(quiet.row(FILE), {"S1"}, runs)
    quiet.tell(PLAIN, FILE)
    assert not still_tells(quiet.row(FILE), {"S1"}, runs)
    assert quiet.row(FILE).assigned == {"subject": "S2", "visit": "V1"}
    quiet.run_all()
    for name, pipeline in quiet.row(FILE).pipelines.items():
        run = quiet.ledger.run(pipeline.run_id or "")
        assert run is not None
        assert (pipeline.disposition, run.subject, pipeline.stale) == ("succeeded", "S2", None)
        assert pipeline.run_id != first[name]
