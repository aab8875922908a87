"""Tombstones are obeyed by whatever would make something of a subject.

::

    withdraw:  tombstone put ──> rows read, work stopped, results removed
    settle:    row committed ──> tombstones read ──> start, or settle again

Whoever commits a row reads the tombstones after that, and who puts a tombstone reads the rows
after that: of the two, one sees the other. So nothing starts that is not stopped.
"""

from __future__ import annotations

from wearline.core.withdrawal import Withdrawn
from wearline.flow.studies import DeployedStudy
from wearline.ports import RowChanged, World


def withdrawn(world: World, study: DeployedStudy) -> Withdrawn:
    """Who has withdrawn by now."""
    if not study.row.salt:
        return Withdrawn("")
    return Withdrawn(study.row.salt, world.ledger.tombstones(study.name))


def require_the_same(world: World, study: DeployedStudy, before: Withdrawn) -> None:
    """Raises RowChanged when somebody has withdrawn since."""
    if withdrawn(world, study) != before:
        raise RowChanged(f"{study.name}: a subject has withdrawn")
