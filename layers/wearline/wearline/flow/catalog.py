"""A sweep's beginning and end: whose turn it is, what there is to sweep, what it came to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from wearline.core.account import report
from wearline.core.ledger import LeaseRow
from wearline.core.plans import canonical_json
from wearline.core.problems import bucket_unreadable, scope_prefix
from wearline.core.sections import MOST_SECTIONS, Section, object_sections, result_sections
from wearline.flow.auditing import AuditChain, chain_sweep
from wearline.flow.problems import MOST_CONFLICTS, close_problems, open_problem
from wearline.flow.studies import DeployedStudy, close_configuration_problems
from wearline.ports import Put, RowChanged, StoreUnavailable, World

MOST_MISFITS = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """Sweep now, wait for another sweep's end, or leave it to the one that waits already."""

    state: Literal["go", "wait", "joined"]
    joined: str | None = None


def take_turn(world: World, study: str, execution: str) -> Turn:
    """One sweep of a study at a time, and one that waits.

    ::

        holder ended or none ──put holder=me──> go
        holder sweeps, nobody waits ──put successor=me──> wait, ask again
        holder sweeps, another waits ──> joined: that one begins after now, and sees all

    The lease holds the execution's ARN, so that it passes on when that one has ended, however
    it ended. Two sweeps at once would do no harm: a sweep only hands on.
    """
    for _ in range(MOST_CONFLICTS):
        try:
            return _take_turn(world, study, execution)
        except RowChanged:
            continue
    raise RowChanged(f"the lease of {study}'s sweeps changed {MOST_CONFLICTS} times in a row")


def _take_turn(world: World, study: str, execution: str) -> Turn:
    lease = world.ledger.lease(study)
    if lease is None:
        return _hold(world, LeaseRow(study, execution, world.now()))
    if lease.holder == execution:
        return Turn("go")
    successor = lease.successor if lease.successor != execution else None
    if successor is not None and world.executions.is_sweeping(successor):
        return Turn("joined", successor)
    if world.executions.is_sweeping(lease.holder):
        if lease.successor != execution:
            world.ledger.commit(Put(replace(lease, successor=execution)))
        return Turn("wait")
    return _hold(world, replace(lease, holder=execution, since=world.now(), successor=None))


def _hold(world: World, lease: LeaseRow) -> Turn:
    world.ledger.commit(Put(lease))
    return Turn("go")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What there is to sweep of a study, and its buckets that cannot be read."""

    sections: list[Section] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def resolve_sections(world: World, study: DeployedStudy) -> Resolved:
    """Split a study's buckets into sections. Each that cannot be read is an open problem."""
    close_configuration_problems(world, study.name)
    resolved = Resolved()
    for bucket in _buckets(study):
        try:
            sections = list(_sections(world, study, bucket))
        except StoreUnavailable as unavailable:
            tell_unreadable(world, study, unavailable)
            resolved.unreadable.append(bucket)
        else:
            for kind in ("bucket_missing", "bucket_forbidden"):
                close_problems(world, study.name, scope_prefix(kind, bucket))
            resolved.sections.extend(sections)
    resolved.sections.append(Section("problems"))
    return resolved


def tell_unreadable(world: World, study: DeployedStudy, unavailable: StoreUnavailable) -> None:
    open_problem(
        world,
        bucket_unreadable(
            study.name,
            unavailable.bucket,
            missing=unavailable.missing,
            sentence=str(unavailable),
        ),
    )


def _buckets(study: DeployedStudy) -> list[str]:
    """The study's buckets, and the one of its results."""
    names = [bucket.name for bucket in study.configuration.buckets]
    return list(dict.fromkeys([*names, study.configuration.results.bucket]))


def _sections(world: World, study: DeployedStudy, bucket: str) -> Iterator[Section]:
    """Raises StoreUnavailable."""
    configuration = study.configuration
    results = configuration.results
    folders = set(world.store.folders(study.row, bucket, ""))
    holds_results = bucket == results.bucket
    if bucket in {each.name for each in configuration.buckets}:
        for files in configuration.files.values():
            prefix = files.template.list_prefix.rpartition("/")[0]
            if prefix and bucket in configuration.buckets_of(files):
                folders.update(world.store.folders(study.row, bucket, f"{prefix}/"))
        most = max(2, MOST_SECTIONS // len(configuration.buckets))
        yield from object_sections(bucket, folders, results.prefix if holds_results else None, most)
    if holds_results:
        yield from result_sections(bucket)


def finish_sweep(
    world: World,
    study: DeployedStudy,
    sweep: str,
    started: str,
    sections: Sequence[Mapping[str, Any]],
    unreadable: Sequence[str] = (),
    chain: AuditChain | None = None,
) -> dict[str, Any]:
    """Sum up a sweep, and put the report beside the results, once for each sweep.

    Its entry in the audit trail is noted in the report: who would write the trail anew would
    have to change reports in another bucket too.
    """
    lost = [each["unreadable"] for each in sections if each.get("unreadable")]
    unswept = {*unreadable, *lost}
    summed = {
        **report(study.name, sections, unreadable=unswept),
        "sweep": sweep,
        "started": started,
        "finished": world.now(),
    }
    results = study.configuration.results
    try:
        if chain is not None:
            complete = results.bucket not in unswept
            summed["audit"] = asdict(
                chain_sweep(world, chain, study, sweep, started, complete=complete)
            )
        summed["misfits"] = _misfits(world, study, sweep)
        world.store.put_once(
            study.row, results.bucket, report_key(study, sweep, started), canonical_json(summed)
        )
    except StoreUnavailable as unavailable:
        tell_unreadable(world, study, unavailable)
    return {name: value for name, value in summed.items() if name != "misfits"}


def report_key(study: DeployedStudy, sweep: str, started: str) -> str:
    """Reports in the order of their sweeps' beginnings."""
    return f"{study.configuration.results.prefix}catalog/reports/{started}_{sweep}.json"


def misfits_prefix(study: DeployedStudy, sweep: str) -> str:
    return f"{study.configuration.results.prefix}catalog/misfits/{sweep}/"


def _misfits(world: World, study: DeployedStudy, sweep: str) -> list[dict[str, str]]:
    """The first of what did not fit. Keys stay beside the results: no state machine sees them."""
    bucket = study.configuration.results.bucket
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for part in world.store.list(study.row, bucket, misfits_prefix(study, sweep)):
        for each in json.loads(world.store.get(study.row, bucket, part.key) or b"[]"):
            found[each["bucket"], each["key"], each["finding"]] = each
        if len(found) >= MOST_MISFITS:
            break
    return list(found.values())[:MOST_MISFITS]
