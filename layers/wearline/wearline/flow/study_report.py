"""Gather what the study report shows, and put the page beside the results.

Of the results only the pictures that the page embeds are read; everything else is in the ledger.
"""

from __future__ import annotations

from itertools import islice

from wearline.core.results import REPORT
from wearline.core.study import StudyConfiguration
from wearline.flow.known_metadata import known_metadata
from wearline.flow.studies import DeployedStudy
from wearline.ports import Ledger, World
from wearline.report.model import Known, report_model
from wearline.report.page import page
from wearline.report.pictures import Opened, embedded

# A page of this size opens at once and passes as an attachment of a mail.
PICTURES_BYTES = 8_000_000
# What a function reads and renders well within its memory and its minute.
MOST_OBJECTS = 8_000
NOBODY = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>Study report</title>'
    b"<p>Somebody withdrew while this page was made. The next sweep writes it anew.</p></html>"
)


class TooManyObjects(Exception):
    """The study is larger than what a function makes a page of; the command has no such bound."""

    def __init__(self, study: str) -> None:
        self.study = study
        super().__init__(
            f"{study} has more than {MOST_OBJECTS} objects: run wearline report {study} instead."
        )


class WithdrawnMeanwhile(Exception):
    """Somebody withdrew while the page was made; the next sweep makes it without them."""

    def __init__(self, study: str) -> None:
        self.study = study
        super().__init__(
            f"Somebody withdrew from {study} while its report was made: it is not shown."
        )


def write_report(world: World, study: DeployedStudy) -> int:
    """Write the report beside the results, over the last one; answer its bytes.

    Somebody may withdraw meanwhile, whose page would then be one too many: the tombstone comes
    before anything is removed, so a page is only put while there is none that is new. Where one
    came while it was put, a page that shows nobody goes over it; the withdrawal, which removes
    every version in the end, may have looked before.
    Raises TooManyObjects, WithdrawnMeanwhile, StoreUnavailable.
    """
    results = study.configuration.results

    def opened(path: str) -> bytes | None:
        return world.store.get(study.row, results.bucket, f"{results.prefix}{path}")

    before = world.ledger.tombstones(study.name)
    known = gather(world.ledger, study.configuration, world.now(), MOST_OBJECTS)
    content = report(known, opened, PICTURES_BYTES).encode()
    if world.ledger.tombstones(study.name) != before:
        raise WithdrawnMeanwhile(study.name)
    place = (study.row, results.bucket, f"{results.prefix}{REPORT}")
    world.store.put_page(*place, content)
    if world.ledger.tombstones(study.name) != before:
        world.store.put_page(*place, NOBODY)
        raise WithdrawnMeanwhile(study.name)
    return len(content)


def report(known: Known, opened: Opened, pictures_bytes: int) -> str:
    """The page, with pictures of at most so many bytes."""
    model = report_model(known)
    return page(model, embedded(model, opened, pictures_bytes))


def gather(
    ledger: Ledger, study: StudyConfiguration, now: str, most_objects: int | None = None
) -> Known:
    """What the ledger holds of a study. Raises TooManyObjects."""
    objects = (row for each in study.buckets for row in ledger.objects(study.study, each.name))
    rows = list(islice(objects, most_objects + 1 if most_objects else None))
    if most_objects is not None and len(rows) > most_objects:
        raise TooManyObjects(study.study)
    named = (each.run_id for row in rows for each in row.pipelines.values() if each.run_id)
    return Known(
        study=study,
        rows=rows,
        metadata=known_metadata(ledger, rows),
        runs={run.run_id: run for run in ledger.runs(named)},
        problems=[row for row in ledger.problems(study.study) if row.open],
        now=now,
    )
