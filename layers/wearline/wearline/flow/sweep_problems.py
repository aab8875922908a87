"""Problems are looked over: those whose cause has ended close, those not announced are."""

from __future__ import annotations

from collections.abc import Callable

from wearline.core.ledger import ProblemRow
from wearline.core.results import run_of_record
from wearline.flow.decisions import names_nothing
from wearline.flow.problems import announce, close_ended_problem, has_cause
from wearline.flow.studies import DeployedStudy
from wearline.flow.sweep_results import Stretch
from wearline.ports import RowChanged, StoreUnavailable, World


def sweep_problems(
    world: World,
    study: DeployedStudy,
    cursor: str,
    has_time: Callable[[], bool],
    stretch: Stretch,
) -> None:
    """A worker may have died between ending a cause and closing its problem, or before it told."""

    def has_its_cause(world: World, row: ProblemRow) -> bool:
        return _has_cause(world, study, row)

    for row in world.ledger.problems(study.name, after=cursor):
        if row.open:
            if not has_its_cause(world, row):
                close_ended_problem(world, row, has_its_cause)
                stretch.counts["problems_closed"] += 1
            elif not row.announced:
                _announce(world, row)
                stretch.counts["problems_announced"] += 1
        if not has_time():
            stretch.cursor = row.problem_id
            return


def _announce(world: World, row: ProblemRow) -> None:
    try:
        announce(world, row)
    except RowChanged:
        return  # Whoever was at it announces it, or the next sweep does.


def _has_cause(world: World, study: DeployedStudy, row: ProblemRow) -> bool:
    match row.kind, row.about:
        case "decision_names_nothing", _:
            return names_nothing(world, row)
        case (("bucket_missing" | "bucket_forbidden"), (bucket,)):
            configuration = study.configuration
            names = {each.name for each in configuration.buckets}
            return bucket in {*names, configuration.results.bucket}
        case (("result_missing" | "result_altered"), (bucket, key, etag, size)):
            if world.ledger.run(run_of_record(key)) is None:
                return False  # Its subject withdrew while a sweep looked.
            try:
                found = world.store.head(study.row, bucket, key)
            except StoreUnavailable:
                return True
            return found is None or (found.etag, str(found.size)) != (etag, size)
    return has_cause(world, row)
