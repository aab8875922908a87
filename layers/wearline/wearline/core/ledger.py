"""The rows of the ledger, and the words they are written in.

Every row carries ``rev``: 0 for a row that does not exist yet, and one more with each
write. A write names the ``rev`` that it read and is refused when another came first.
Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

from wearline.core.run_summary import RunSummary

Kind = Literal["data", "metadata", "decisions", "device_log", "ignored"]
Disposition = Literal["waiting", "ready", "running", "succeeded", "failed", "excluded"]
RunState = Literal["running", "succeeded", "failed", "superseded"]
Verdict = Literal["succeeded", "failed"]
Lane = Literal["live", "backlog"]
# Who told of an object's current version: its event, a sweep, or a look for another reason.
ToldBy = Literal["event", "sweep", "wake_up", "run", "person"]

DISPOSITIONS: tuple[Disposition, ...] = (
    "waiting", "ready", "running", "succeeded", "failed", "excluded",
)  # fmt: skip
SHARDS = 8
RESULT_SHARDS = 16
# What a metadata row is about: a subject, its visit, and the day, as far as they are given.
Entity = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is: a code for machines, a sentence for a person."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One version of an object, as S3 answered HeadObject."""

    bucket: str
    key: str
    version_id: str | None
    etag: str
    size: int
    last_modified: str

    def same_content(self, other: FileVersion | None) -> bool:
        """True when both hold the same bytes for certain: equal ETag and size.

        An ETag that is no digest of the content (SSE-KMS) differs for equal bytes, which
        only costs a run; it never equals for different bytes.
        """
        return other is not None and (self.etag, self.size) == (other.etag, other.size)


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that is not known: which value, of whom, and why not."""

    name: str
    subject: str
    visit: str | None
    why: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Past:
    """A run that counted once and no longer does."""

    run_id: str
    disposition: str
    why: str
    until: str
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class PipelineRow:
    """Where one pipeline stands for one data file.

    ``run_id`` and ``attempt`` are pinned from ``ready`` on. ``stale`` says what a new
    plan would change of a succeeded run; nothing re-runs it but an applied plan. ``known``
    is the digest of the metadata that this was decided with: while the subject's is the
    same, so is the decision.
    """

    disposition: Disposition
    since: str
    run_id: str | None = None
    attempt: int = 0
    reason: Reason | None = None
    unmet: tuple[Unmet, ...] = ()
    stale: Reason | None = None
    past: tuple[Past, ...] = ()
    known: str = ""

    @property
    def set_aside(self) -> Reason | None:
        """The decision that excludes a result which is there: it stays, and counts no more."""
        return self.stale if self.stale is not None and self.stale.code == "excluded" else None

    @property
    def shown(self) -> Disposition:
        """The disposition as people are told it."""
        return "excluded" if self.set_aside else self.disposition

    @property
    def overtaken(self) -> Reason | None:
        """What an applied plan would compute a result anew for; of what still counts."""
        return None if self.set_aside else self.stale

    @property
    def why(self) -> str:
        """Why it stands so: every unmet requirement, or the one reason that there is."""
        if self.unmet and not self.set_aside:
            return " ".join(each.sentence for each in self.unmet)
        reason = self.set_aside or self.reason
        return reason.sentence if reason else ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the ledger holds of a source: the values of the version of ``version_rev``.

    It is older than the object's own ``version_rev`` while values are to be taken over or
    withdrawn, and it outlives the object's being metadata until that is done. ``faults``
    counts the problems of the file, those that concern no single row too.
    """

    version_rev: int
    configuration: str
    rows: int
    accepted: int
    rejected: int
    faults: int = 0

    @property
    def refused(self) -> bool:
        """True when nothing of the file counts, and not because it says nothing."""
        return self.accepted == 0 and self.faults > 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording's header says of its making: the device's serial number, and its start,
    ISO 8601 on the device's clock. None where the header does not say."""

    serial_number: str | None = None
    start: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """An object of a study bucket: what it is, its current version, and its pipelines.

    ``repeats`` are later versions with the same content, which run nothing again.
    ``version_rev`` is the rev at which the current version was registered. It orders the
    versions of a source, also in a bucket without versions; another reading of the same
    bytes, by another configuration, counts as another version. ``version`` is None once the
    object is deleted. ``told_by`` says who brought the current version, at ``arrived``.
    ``configuration`` is the digest of what the study asked for when the row was decided
    (``admission.asked``). ``let_go`` are runs that were under way when nobody asked for their
    pipeline any more: a sweep still looks after their end. ``recorded`` is what the header of the
    current version says, where a device log needs it, None as long as nobody has read it;
    ``assigned`` is the subject, visit and location that the log then gave. ``attempts_gone`` is
    the highest attempt at a run that was forgotten: up to it the name of an execution may be
    taken, though nothing is known of the run.
    """

    study: str
    bucket: str
    key: str
    kind: Kind
    rev: int = 0
    pattern: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    version: FileVersion | None = None
    version_rev: int = 0
    repeats: tuple[str, ...] = ()
    arrived: str = ""
    told_by: ToldBy = "event"
    reason: Reason | None = None
    configuration: str = ""
    pipelines: dict[str, PipelineRow] = field(default_factory=dict)
    acceptance: Acceptance | None = None
    let_go: tuple[str, ...] = ()
    recorded: Recorded | None = None
    assigned: dict[str, str] = field(default_factory=dict)
    attempts_gone: int = 0

    @property
    def whose(self) -> dict[str, str]:
        """The fields of the recording as it came: those of its key, and of the device log."""
        said = {name: value for name, value in self.assigned.items() if name != "location"}
        return {**self.fields, **said}

    @property
    def deleted(self) -> bool:
        return self.version is None

    def holds(self, current: FileVersion) -> bool:
        """True when what S3 holds now is the registered version, as far as it matters.

        The same bytes again run nothing again. Of a source of values their moment counts
        too: of two sources without a date in their keys, the one uploaded last decides.
        """
        registered = self.version
        if registered is None or not current.same_content(registered):
            return False
        dated = self.kind in ("metadata", "device_log")
        return not dated or current.last_modified == registered.last_modified

    @property
    def values_settled(self) -> bool:
        """False while values are to be taken over from the object, or withdrawn."""
        return self.acceptance is None or self.acceptance.version_rev == self.version_rev


@dataclass(frozen=True, slots=True)
class Try:
    """One start of a task within an attempt, and how it ended."""

    name: str
    started: str
    outcome: str | None = None
    reason: Reason | None = None
    log: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """The execution of one plan. ``result`` names the attempt that counts, as ``1.2``.

    ``subject`` is whom it was planned for, whosever the recording is by now. ``summary`` is
    None where no ``run.json`` came.
    """

    run_id: str
    study: str
    bucket: str
    key: str
    pipeline: str
    state: RunState
    attempt: int
    started: str
    rev: int = 0
    tries: tuple[Try, ...] = ()
    result: str | None = None
    reason: Reason | None = None
    ended: str | None = None
    cost: dict[str, float] = field(default_factory=dict)
    summary: RunSummary | None = None
    subject: str = ""

    @property
    def ended_for_good(self) -> bool:
        return self.state in ("succeeded", "failed")


@dataclass(frozen=True, slots=True)
class ResultRow:
    """The ``run.json`` of a verdict as it was when it was committed.

    Rows are in the order of their keys, as a listing of the results is; so a sweep sees what
    is missing or was altered without a read for each run. The audit trail vouches for the
    ``sha256``.
    """

    study: str
    run_id: str
    bucket: str
    key: str
    etag: str
    size: int
    rev: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A data file that depends on metadata of a subject.

    It is written before the metadata is read, and it stays when the requirement is met:
    a corrected value must find the files that were made with the old one.
    """

    study: str
    subject: str
    bucket: str
    key: str
    pipeline: str


@dataclass(frozen=True, slots=True)
class Source:
    """The file version that a metadata value came from."""

    bucket: str
    key: str
    version_id: str | None
    etag: str
    source_date: str | None
    last_modified: str

    @property
    def identity(self) -> tuple[str | None, ...]:
        """All of it, in order."""
        return (
            self.bucket,
            self.key,
            self.version_id,
            self.etag,
            self.source_date,
            self.last_modified,
        )


@dataclass(frozen=True, slots=True)
class MetadataRow:
    """What one source says of one entity: of each value its ``value``, ``unit``, ``column``
    and ``row``.

    ``source_rev`` orders the versions of the source: a late writer of an older version is
    refused. A row that the current version no longer holds stays as ``withdrawn``.
    """

    study: str
    subject: str
    visit: str | None
    source: Source
    source_rev: int
    pattern: str
    date: str | None = None
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    withdrawn: bool = False

    @property
    def entity(self) -> Entity:
        return (self.subject, self.visit, self.date)


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """Something that a person must do, opened once per cause. ``about`` names the cause."""

    study: str
    problem_id: str
    kind: str
    concerns: str
    sentence: str
    next_step: str
    open: bool
    opened: str
    about: tuple[str, ...] = ()
    rev: int = 0
    announced: bool = False
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A processor release as a study's stack deployed it.

    The hash is frozen here, so that a new processor image changes no plan until the study
    is deployed again. ``jobs`` are its Batch job definitions by ephemeral storage in GiB,
    where the environment has Batch.
    """

    hash: str
    task_definition: str
    jobs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A deployed study: which configuration counts, and the roles and tasks of its stack.

    ``salt`` is the key of its tombstones, made once and for ever. ``removed`` is when the study
    was taken down: its stack is gone or going, its data stay, and nothing new begins.
    """

    study: str
    configuration_version: str | None
    configuration_sha256: str
    access_role_arn: str
    releases: dict[str, Release]
    deployed: str
    rev: int = 0
    salt: str = ""
    removed: str | None = None


@dataclass(frozen=True, slots=True)
class TombstoneRow:
    """A subject that has withdrawn, as its keyed hash, and why."""

    study: str
    tombstone: str
    reason: str
    at: str
    rev: int = 0


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """What one attempt takes of its study's budget, expected or, once it is known, ``actual``."""

    study: str
    run_id: str
    attempt: int
    month: str
    micro_usd: int
    actual: bool = False
    rev: int = 0


@dataclass(frozen=True, slots=True)
class SpentRow:
    """A part of what a month's attempts took of a study's budget."""

    study: str
    month: str
    shard: int
    micro_usd: int = 0
    rev: int = 0


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """Who may sweep a study: an execution, since when, and the one that waits for its end."""

    study: str
    holder: str
    since: str
    successor: str | None = None
    rev: int = 0


def result_shard(run_id: str) -> int:
    """The shard of a run's result. Run ids are hexadecimal; the shards follow their order."""
    return int(run_id[0], 16) * RESULT_SHARDS // 16


def shard_of(key: str) -> int:
    """The shard of a key: spreads one bucket's rows over partitions, the same for ever."""
    return hashlib.sha256(key.encode("utf-8")).digest()[0] % SHARDS
