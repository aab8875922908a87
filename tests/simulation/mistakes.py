"""Known mistakes of such a platform, each made again for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, cast
from unittest.mock import patch

from tests.simulation import stream
from tests.simulation.ledger import SimulatedLedger
from wearline.aws.services import Queues
from wearline.core import lifecycle
from wearline.core.admission import gathered
from wearline.core.ledger import MetadataRow, ObjectRow, RunRow, WaitingRow
from wearline.core.plans import execution_name
from wearline.core.withdrawal import Withdrawn
from wearline.flow import budget, deciding, metadata, processing, settle
from wearline.flow.arrivals import metadata_changed
from wearline.flow.studies import DeployedStudy
from wearline.ports import World

INDEX_DELAY = 30
Mistake = Callable[[], AbstractContextManager[object]]


def reading_metadata_before_waiting() -> AbstractContextManager[object]:
    """Metadata that comes between the read and the waiting row wakes nobody."""

    def read_first(
        world: World, study: DeployedStudy, row: ObjectRow, pipelines: Sequence[str], _: Withdrawn
    ) -> list[MetadataRow]:
        def read(entity: str) -> list[MetadataRow]:
            found = world.ledger.metadata(study.name, entity)
            for name in pipelines:
                world.ledger.put_waiting(WaitingRow(study.name, entity, row.bucket, row.key, name))
            return found

        return gathered(study.configuration, row, read) if pipelines else []

    return patch.object(settle, "_metadata", read_first)


@dataclass(frozen=True)
class _Index:
    """A global secondary index of the waiting rows: it does not hold yet what is new."""

    ledger: SimulatedLedger

    def waiting(self, study: str, subject: str) -> Iterator[WaitingRow]:
        a_moment_ago = self.ledger.scheduler.steps - INDEX_DELAY
        for row in self.ledger.waiting(study, subject):
            if self.ledger.waiting_since[row] < a_moment_ago:
                yield row


def waking_through_a_stale_index() -> AbstractContextManager[object]:
    """The waiting row is there, and the index does not say so yet."""

    def wake(world: World, study: str, subject: str) -> int:
        index: Any = _Index(cast("SimulatedLedger", world.ledger))
        return metadata_changed(replace(world, ledger=index), study, subject)

    return patch.object(stream, "metadata_changed", wake)


def marking_before_starting() -> AbstractContextManager[object]:
    """A crash in between leaves what says running and is not."""

    def mark_first(world: World, row: ObjectRow, name: str, lane: str) -> ObjectRow:
        pipeline = row.pipelines[name]
        order = {
            "study": row.study,
            "run_id": pipeline.run_id,
            "attempt": pipeline.attempt,
            "lane": lane,
        }
        started = lifecycle.started(pipeline, world.now())
        marked = settle._commit(world, row, lifecycle.with_pipeline(row, name, started))
        world.executions.start(execution_name(pipeline.run_id or "", pipeline.attempt), order)
        return marked

    return patch.object(settle, "_start", mark_first)


def a_random_execution_name() -> AbstractContextManager[object]:
    """What is started again runs again."""
    numbers = count()
    return patch.object(
        settle, "execution_name", lambda run_id, attempt: f"{run_id}-{attempt}-{next(numbers)}"
    )


def ignoring_failed_entries() -> AbstractContextManager[object]:
    """A batch that is taken in parts loses the other parts."""

    def send_once(queues: Queues, queue: str, texts: list[str]) -> None:
        queues._client.send_message_batch(
            QueueUrl=queue,
            Entries=[{"Id": str(i), "MessageBody": text} for i, text in enumerate(texts)],
        )

    return patch.object(Queues, "_send_batch", send_once)


def a_late_duplicate_overwrites() -> AbstractContextManager[object]:
    """A verdict is given again, by what is there now."""
    return patch.object(RunRow, "ended_for_good", property(lambda _: False))


def planning_what_is_pinned() -> AbstractContextManager[object]:
    """A second look at a file that is ready computes another run."""
    decide = deciding._decide

    def forgetful(
        world: World, study: DeployedStudy, row: ObjectRow, asked: deciding.Asked
    ) -> object:
        pipeline = row.pipelines.get(asked.name)
        if pipeline is not None and pipeline.disposition in ("ready", "running"):
            others = {key: each for key, each in row.pipelines.items() if key != asked.name}
            row = replace(row, pipelines=others)
        return decide(world, study, row, asked)

    return patch.object(deciding, "_decide", forgetful)


def believing_the_first_head() -> AbstractContextManager[object]:
    """An object that changes between HEAD and commit is not looked at again."""
    return patch.object(settle, "_stands", lambda *_: True)


def planning_with_what_was_read() -> AbstractContextManager[object]:
    """The values of a plan may be withdrawn before the row names its run."""
    return patch.object(deciding, "Decision", _resting_on_runs_alone(deciding.Decision))


def _resting_on_runs_alone(decision: type[Any]) -> Callable[..., object]:
    def decided(pipeline: object, rests_on: tuple[object, ...] = ()) -> object:
        return decision(pipeline, tuple(row for row in rests_on if isinstance(row, RunRow)))

    return decided


def writing_values_of_an_older_version() -> AbstractContextManager[object]:
    """A late worker does not look whether its version of a source still counts."""
    return patch.object(metadata, "_require_current", lambda *_: None)


def deciding_by_the_study_as_it_was() -> AbstractContextManager[object]:
    """A worker that read the study before its deployment undoes what the deployment's sweep did."""
    return patch.object(settle, "_deployed_since", lambda *_: None)


def holding_what_was_let_in() -> AbstractContextManager[object]:
    """A budget that is deployed between start and mark holds an attempt that is at work."""
    return patch.object(budget, "_was_let_in", lambda *_: False)


def replacing_a_result_before_there_is_room() -> AbstractContextManager[object]:
    """A result counts no more, and the run in its place is held."""

    def replace_at_once(
        world: World,
        study: DeployedStudy,
        row: ObjectRow,
        asked: deciding.Asked,
        allowance: budget.Allowance,
    ) -> deciding.Decision:
        decision = deciding._directed(world, study, row, asked)
        decision = decision or deciding._decide(world, study, row, asked)
        assert row.version is not None
        allowed = allowance.let_in(row, asked.name, decision.pipeline)
        return replace(decision, pipeline=allowed)

    return patch.object(settle, "within_budget", replace_at_once)


def waiting_for_the_device_alone() -> AbstractContextManager[object]:
    """A device log leads to a subject, whose values then come unheard."""
    put_waiting = SimulatedLedger.put_waiting

    def put(ledger: SimulatedLedger, row: WaitingRow) -> None:
        if not row.key.startswith("worn/") or row.subject.startswith("device:"):
            put_waiting(ledger, row)

    return patch.object(SimulatedLedger, "put_waiting", put)


def keeping_the_name_of_who_withdrew() -> AbstractContextManager[object]:
    """What comes after the tombstone still says whose the recording was."""
    return patch.object(metadata, "without", lambda row, _: row)


def keeping_what_was_planned_for_who_withdrew() -> AbstractContextManager[object]:
    """A recording was corrected to be somebody else's; its result still tells of who withdrew."""
    return patch.object(settle, "theirs", lambda *_: [])


def writing_what_a_withdrawal_removed() -> AbstractContextManager[object]:
    """A worker that read the plan before it was removed writes the run again."""
    return patch.object(processing, "_is_removed", lambda *_: False)


# Found by histories with a device log.
WITH_A_DEVICE_LOG: Mapping[str, Mistake] = {
    mistake.__name__: mistake
    for mistake in (
        reading_metadata_before_waiting,
        waiting_for_the_device_alone,
        keeping_the_name_of_who_withdrew,
        keeping_what_was_planned_for_who_withdrew,
    )
}
# Found by histories with a budget.
WITH_A_BUDGET: Mapping[str, Mistake] = {
    mistake.__name__: mistake
    for mistake in (holding_what_was_let_in, replacing_a_result_before_there_is_room)
}
MISTAKES: Mapping[str, Mistake] = {
    mistake.__name__: mistake
    for mistake in (
        reading_metadata_before_waiting,
        waking_through_a_stale_index,
        marking_before_starting,
        a_random_execution_name,
        ignoring_failed_entries,
        a_late_duplicate_overwrites,
        planning_what_is_pinned,
        believing_the_first_head,
        planning_with_what_was_read,
        writing_values_of_an_older_version,
        deciding_by_the_study_as_it_was,
    )
}
