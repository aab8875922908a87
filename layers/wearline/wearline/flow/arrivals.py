"""What each kind of message sets off: an object named, a subject's metadata changed."""

from __future__ import annotations

from dataclasses import dataclass

from wearline.core.directives import Directive
from wearline.core.ledger import Lane, ObjectRow, ToldBy
from wearline.core.study import SourceFile, classify
from wearline.flow.settle import settle
from wearline.flow.studies import deployed_study
from wearline.ports import World


@dataclass(frozen=True, slots=True)
class Notice:
    """Word that something may have happened to an object: an event's, or a sweep's."""

    study: str
    bucket: str
    key: str
    told_by: ToldBy = "event"
    directive: Directive | None = None

    @property
    def lane(self) -> Lane:
        return "backlog" if self.told_by in ("sweep", "person") else "live"


def data_arrived(world: World, notice: Notice) -> ObjectRow | None:
    """Settle the object unless it is metadata, whose own rule brings it to its own function."""
    return _arrived(world, notice, metadata=False)


def metadata_arrived(world: World, notice: Notice) -> ObjectRow | None:
    """Settle the object if it is metadata, or was."""
    return _arrived(world, notice, metadata=True)


def _arrived(world: World, notice: Notice, *, metadata: bool) -> ObjectRow | None:
    """None also where the study is unknown: a problem is open, and the sweep that follows
    its deployment takes the object up."""
    study = deployed_study(world, notice.study)
    if study is None:
        return None
    what = classify(study.configuration, notice.bucket, notice.key)
    if isinstance(what, SourceFile) != metadata:
        return None
    return settle(
        world,
        study,
        notice.bucket,
        notice.key,
        notice.lane,
        told_by=notice.told_by,
        directive=notice.directive,
    )


def metadata_changed(world: World, study: str, subject: str) -> int:
    """Have every file looked at again that depends on a subject's metadata.

    Files that wait may start, files that are done may have become stale. Returns how many.
    """
    found = {(row.bucket, row.key) for row in world.ledger.waiting(study, subject)}
    world.messages.send(
        "evaluation",
        ({"study": study, "bucket": bucket, "key": key} for bucket, key in sorted(found)),
    )
    return len(found)
