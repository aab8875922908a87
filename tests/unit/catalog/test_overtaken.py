"""A look that read the metadata early and wrote late leaves nothing of what it read."""

from __future__ import annotations

from tests.unit.catalog.quiet_world import PLAIN, QuietWorld

from wearline.core.ledger import MetadataRow

FILE = "raw/S1/V1.cwa"


def test_reading_that_was_overtaken_makes_no_result_stale() -> None:
    quiet = QuietWorld()
    quiet.upload("clinical/a_20260101.csv", b"ID,HEIGHT,WEIGHT\nS1,180,70\n")
    quiet.upload(FILE, b"A")
    quiet.run_all()
    assert quiet.row(FILE).pipelines["gait"].disposition == "succeeded"
    read, early = quiet.ledger.metadata, iter([list[MetadataRow]()])

    def nothing_at_first(study: str, subject: str) -> list[MetadataRow]:
        found = next(early, None)
        return read(study, subject) if found is None else found

    quiet.ledger.metadata = nothing_at_first  # type: ignore[method-assign]
    quiet.tell(PLAIN, FILE)
    assert next(early, None) is None
    assert quiet.row(FILE).pipelines["gait"].stale is None
