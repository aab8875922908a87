"""The few interfaces that the protocols need of the world.

``wearline.aws`` implements them on AWS, the simulator in memory with the semantics that
matter. Nothing here imports either.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from wearline.core.ledger import (
    ChargeRow,
    Entity,
    FileVersion,
    LeaseRow,
    MetadataRow,
    ObjectRow,
    ProblemRow,
    ResultRow,
    RunRow,
    SpentRow,
    StudyRow,
    TombstoneRow,
    WaitingRow,
)
from wearline.core.study import StudyConfiguration

QueueName = Literal["evaluation", "data_backlog", "metadata_backlog", "died_executions", "problems"]
RevisedRow = (
    ObjectRow
    | RunRow
    | ResultRow
    | ProblemRow
    | StudyRow
    | LeaseRow
    | TombstoneRow
    | ChargeRow
    | SpentRow
)


class RowChanged(Exception):
    """Another writer came first. Read again and decide again; nothing was written."""


class StoreUnavailable(Exception):
    """A bucket could not be read. ``missing`` tells an absent bucket from a forbidden one."""

    def __init__(self, bucket: str, *, missing: bool) -> None:
        self.bucket, self.missing = bucket, missing
        what = "does not exist" if missing else "may not be read by the study's access role"
        super().__init__(f"Bucket {bucket} {what}.")


class ConfigurationUnreadable(Exception):
    """The stored configuration of a study is missing or does not fit the models."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write ``row`` as its next rev, if the stored row still has ``row.rev`` (0: absent)."""

    row: RevisedRow


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing, and refuse the whole commit unless the row still has ``row.rev``.

    A row of metadata still stands while its ``source_rev`` is the same and its values are
    not withdrawn.
    """

    row: RevisedRow | MetadataRow


class Ledger(Protocol):
    """The tables. Every read is strongly consistent."""

    def object(self, study: str, bucket: str, key: str) -> ObjectRow | None: ...

    def objects(
        self, study: str, bucket: str, after: str = "", until: str = ""
    ) -> Iterator[ObjectRow]:
        """Rows of a bucket in order of the keys' UTF-8 bytes: after a key, up to another."""
        ...

    def run(self, run_id: str) -> RunRow | None: ...

    def runs(self, run_ids: Iterable[str]) -> Iterator[RunRow]:
        """Those of these runs that are known, in any order."""
        ...

    def results(self, study: str, shard: int, after: str = "") -> Iterator[ResultRow]:
        """Rows of a shard of the results in order of their keys, after a key."""
        ...

    def charge(self, run_id: str, attempt: int) -> ChargeRow | None: ...

    def spent(self, study: str, month: str) -> Iterator[SpentRow]:
        """The parts of what a month's attempts took of a study's budget."""
        ...

    def tombstones(self, study: str) -> frozenset[str]:
        """Of every subject that has withdrawn from a study."""
        ...

    def lease(self, study: str) -> LeaseRow | None: ...

    def study(self, study: str) -> StudyRow | None: ...

    def commit(self, *writes: Put | Check) -> None:
        """All of the writes or none. Raises RowChanged."""
        ...

    def put_waiting(self, row: WaitingRow) -> None: ...

    def waiting(self, study: str, subject: str) -> Iterator[WaitingRow]: ...

    def metadata(self, study: str, subject: str) -> list[MetadataRow]: ...

    def list_entities(self, rows: Iterable[MetadataRow]) -> None:
        """List the rows' entities under their source, for ``entities_of`` to find."""
        ...

    def put_metadata(self, rows: Iterable[MetadataRow]) -> None:
        """Write each row unless the ledger holds a newer version of its source."""
        ...

    def entities_of(self, study: str, bucket: str, key: str) -> Iterator[Entity]:
        """Every entity that any version of a source ever held."""
        ...

    def problem(self, study: str, problem_id: str) -> ProblemRow | None: ...

    def problems(self, study: str, prefix: str = "", after: str = "") -> Iterator[ProblemRow]:
        """Those whose ids begin with a prefix, in order; or those after an id."""
        ...


class Store(Protocol):
    """The study's buckets, through the study's own access role."""

    def head(
        self, study: StudyRow, bucket: str, key: str, version_id: str | None = None
    ) -> FileVersion | None:
        """What S3 says is there now, or of one version. None when there is nothing.

        Raises StoreUnavailable.
        """
        ...

    def read(self, study: StudyRow, file: FileVersion) -> bytes | None:
        """The bytes of exactly this version, or None when it is gone."""
        ...

    def read_range(
        self, study: StudyRow, file: FileVersion, start: int, length: int
    ) -> bytes | None:
        """A part of exactly this version, shorter where it ends. None when it is gone."""
        ...

    def get(self, study: StudyRow, bucket: str, key: str) -> bytes | None:
        """The current bytes of an object of Wearline's own (plan.json, run.json)."""
        ...

    def put_once(self, study: StudyRow, bucket: str, key: str, content: bytes) -> None:
        """Write unless the key exists. An existing object is left as it is."""
        ...

    def put_page(self, study: StudyRow, bucket: str, key: str, content: bytes) -> None:
        """Write an HTML page for people, over what the key holds. No result is ever such a page."""
        ...

    def list(
        self, study: StudyRow, bucket: str, prefix: str, after: str = ""
    ) -> Iterator[FileVersion]:
        """Current objects in order of the keys' UTF-8 bytes. Without version ids."""
        ...

    def folders(self, study: StudyRow, bucket: str, prefix: str) -> builtins.list[str]:
        """The folders right below a prefix, each with its prefix and slash; a page of them."""
        ...


class Configurations(Protocol):
    def load(self, row: StudyRow) -> StudyConfiguration:
        """The checked configuration that a study row names. Raises ConfigurationUnreadable."""
        ...


class Executions(Protocol):
    def start(self, name: str, order: Mapping[str, Any]) -> None:
        """Start a Processing execution. A name that was started before is success."""
        ...

    def is_running(self, name: str) -> bool: ...

    def is_sweeping(self, execution: str) -> bool:
        """Whether an execution of the Catalog, by its ARN, has not ended."""
        ...


class Messages(Protocol):
    def send(self, queue: QueueName, bodies: Iterable[Mapping[str, Any]]) -> None:
        """Send every body. Failed entries of a batch are sent again; raises if some stay."""
        ...


class Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a protocol may touch."""

    ledger: Ledger
    store: Store
    configurations: Configurations
    executions: Executions
    messages: Messages
    clock: Clock

    def now(self) -> str:
        return self.clock.now().isoformat(timespec="milliseconds")
